"""SQLAlchemy's columns, types and constraints."""

from __future__ import annotations

from migration_guards.definitions import Column, Constraint, Holds, Reference
from migration_guards.model import Dialect
from migration_guards.programs import Scope, Step, callee_name
from migration_guards.sql.reader import called
from rules.syntax.program import Call, Expr, Member, Name

_TYPES = {
    "Integer": "integer", "INTEGER": "integer", "INT": "integer", "BigInteger": "bigint", "BIGINT": "bigint",
    "SmallInteger": "smallint", "SMALLINT": "smallint", "Boolean": "boolean", "BOOLEAN": "boolean", "Date": "date",
    "DATE": "date", "Float": "double precision", "FLOAT": "double precision", "Double": "double precision",
    "DOUBLE_PRECISION": "double precision", "REAL": "real", "Text": "text", "TEXT": "text", "UnicodeText": "text",
    "LargeBinary": "bytea", "BYTEA": "bytea", "JSON": "json", "JSONB": "jsonb", "UUID": "uuid", "Uuid": "uuid",
    "Interval": "interval", "INTERVAL": "interval", "INET": "inet", "CIDR": "cidr", "TSVECTOR": "tsvector",
    "CITEXT": "citext", "HSTORE": "hstore",
}  # fmt: skip
_SIZED = {
    "String": "character varying", "VARCHAR": "character varying", "Unicode": "character varying",
    "AutoString": "character varying", "CHAR": "character", "NVARCHAR": "character varying", "Numeric": "numeric",
    "NUMERIC": "numeric", "DECIMAL": "numeric", "Enum": "enum", "ENUM": "enum",
}  # fmt: skip
_MYSQL = {
    "integer": "int", "boolean": "tinyint(1)", "double precision": "double", "bytea": "blob", "jsonb": "json",
    "character varying": "varchar", "character": "char", "numeric": "decimal",
    "timestamp without time zone": "datetime", "timestamp with time zone": "datetime",
}  # fmt: skip


def type_of(expr: Expr | None, scope: Scope, dialect: Dialect) -> str:
    """The type as SQL; empty when the source does not show it."""
    expr = scope.value(expr)
    call = expr if isinstance(expr, Call) else None
    callee = call.callee if call else expr
    name = callee.name if isinstance(callee, Member) else callee.id if isinstance(callee, Name) else ""
    step = Step(call, scope) if call else None
    found = _sized(name, step, dialect) if name in _SIZED else _timed(name, step) or _TYPES.get(name, "")
    if name == "ARRAY" and step is not None:
        inner = type_of(step.argument(0, "item_type"), scope, dialect)
        return f"{inner}[]" if inner else ""
    head, paren, rest = found.partition("(")
    return _MYSQL.get(head, head) + paren + rest if dialect is Dialect.MYSQL else found


def _timed(name: str, step: Step | None) -> str:
    if name in ("DateTime", "TIMESTAMP", "DATETIME"):
        aware = step is not None and step.flag("timezone") is True
        return f"timestamp {'with' if aware else 'without'} time zone"
    return "time without time zone" if name in ("Time", "TIME") else ""


def _sized(name: str, step: Step | None, dialect: Dialect) -> str:
    base = _SIZED[name]
    if step is None:
        return base
    if base == "enum":
        return step.scope.string(step.argument(-1, "name")) or base
    values = [step.argument(0, "length", "precision"), step.argument(1, "scale") if base == "numeric" else None]
    numbers = [str(value) for one in values if isinstance(value := step.scope.const(one), int)]
    return f"{base}({','.join(numbers)})" if numbers else base


def column_of(expr: Expr | None, scope: Scope, dialect: Dialect) -> Column | None:
    """What `sa.Column(...)` makes; None when it is no column."""
    expr = scope.value(expr)
    if not isinstance(expr, Call) or callee_name(expr) != "Column":
        return None
    step = Step(expr, scope)
    name = step.string(0, "name")
    if name is None:
        return None
    inside = [a.value for a in expr.arguments[1:] if a.name is None and isinstance(a.value, Call)]
    calls = {callee_name(c): c for c in inside if isinstance(c, Call)}
    primary = step.flag("primary_key") is True
    nullable = step.flag("nullable")
    default = _default(step.argument(-1, "server_default"), scope)
    return Column(
        name,
        type_of(step.argument(1, "type_"), scope, dialect),
        not_null=primary or nullable is False,
        default=default[0],
        calls=default[1],
        identity="Identity" in calls or step.flag("autoincrement") is True,
        generated=_generated(calls.get("Computed"), scope),
        primary=primary,
        unique=step.flag("unique") is True,
        references=_foreign(calls.get("ForeignKey"), scope),
    )


def _generated(call: Call | None, scope: Scope) -> str:
    if call is None:
        return ""
    return "stored" if Step(call, scope).flag("persisted") is True else "virtual"


def _foreign(call: Call | None, scope: Scope) -> Reference | None:
    if call is None:
        return None
    target = Step(call, scope).string(0, "column") or ""
    table, _, column = target.rpartition(".")
    return Reference(table.removeprefix("public."), (column,) if column else ()) if table else None


def _default(expr: Expr | None, scope: Scope) -> tuple[str, tuple[str, ...]]:
    """A server default as SQL with the functions it calls; a default that is not shown stands as it is written."""
    value = scope.value(expr)
    if value is None or (scope.const(value) is None and hasattr(value, "value")):
        return "", ()
    if isinstance(value, Call) and callee_name(value) in ("now", "current_timestamp", "uuid4", "gen_random_uuid"):
        return f"{callee_name(value)}()", (callee_name(value),)
    shown = scope.string(value)
    if shown is None:
        return "(not shown)", ()
    return shown or "''", called(shown) if shown else ()


def constraint_of(expr: Expr | None, scope: Scope) -> Constraint | None:
    """What `sa.ForeignKeyConstraint(...)` and its like make; None when it is none of them."""
    expr = scope.value(expr)
    if not isinstance(expr, Call):
        return None
    step = Step(expr, scope)
    kind = callee_name(expr)
    name = step.scope.string(step.argument(-1, "name")) or ""
    if kind == "ForeignKeyConstraint":
        far = step.scope.strings(step.argument(1, "refcolumns"))
        table = far[0].rpartition(".")[0] if far else ""
        reference = Reference(table, tuple(one.rpartition(".")[2] for one in far))
        return Constraint(Holds.FOREIGN, name, step.scope.strings(step.argument(0, "columns")), reference)
    listed = tuple(text for a in expr.arguments if a.name is None and (text := scope.string(a.value)) is not None)
    if kind == "PrimaryKeyConstraint":
        return Constraint(Holds.PRIMARY, name, listed)
    if kind == "UniqueConstraint":
        return Constraint(Holds.UNIQUE, name, listed)
    if kind == "CheckConstraint":
        return Constraint(Holds.CHECK, name, expression=listed[0] if listed else "")
    return None
