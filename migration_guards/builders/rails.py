"""Active Record's schema statements, one function `on_<statement>` each (Rails 8.0 guides, Migrations)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropTable,
    ModifyColumn,
    Other,
    RenameColumn,
    RenameIndex,
    RenameTable,
    SetDefault,
    SetNotNull,
    ValidateConstraint,
)
from migration_guards.builders.calls import written as literal
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.model import Dialect
from migration_guards.objects import AddEnumValue, CreateEnum, CreateObject, DropObject
from migration_guards.programs import Step, callee_name, steps
from migration_guards.sql.reader import called
from rules.core.source import Span
from rules.syntax.program import Argument, Call, Const, Function, Member, Name

Placed = tuple[Action, Span]

_POSTGRES = {
    "string": "character varying", "text": "text", "integer": "integer", "bigint": "bigint",
    "float": "double precision", "decimal": "numeric", "numeric": "numeric", "datetime": "timestamp without time zone",
    "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone",
    "time": "time without time zone", "date": "date", "binary": "bytea", "boolean": "boolean", "json": "json",
    "jsonb": "jsonb", "uuid": "uuid", "inet": "inet", "citext": "citext", "hstore": "hstore",
    "primary_key": "bigserial",
}  # fmt: skip
_MYSQL = {
    "string": "varchar(255)", "text": "text", "integer": "int", "bigint": "bigint", "float": "float",
    "decimal": "decimal", "datetime": "datetime(6)", "timestamp": "datetime(6)", "time": "time", "date": "date",
    "binary": "blob", "boolean": "tinyint(1)", "json": "json", "primary_key": "bigint",
}  # fmt: skip


def table_of_model(name: str) -> str:
    """`UserProfile` as `user_profiles`: the table that Active Record looks for, in the regular cases."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if snake.endswith("y") and snake[-2:-1] not in ("a", "e", "o", "u"):
        return f"{snake[:-1]}ies"
    return snake + ("es" if snake.endswith(("s", "x", "ch", "sh")) else "s")


def _column(step: Step, name: str, kind: str, dialect: Dialect) -> Column:
    scope = step.scope
    limit = scope.const(step.argument(-1, "limit"))
    numbers = [str(n) for key in ("precision", "scale") if isinstance(n := scope.const(step.argument(-1, key)), int)]
    base = (_MYSQL if dialect is Dialect.MYSQL else _POSTGRES).get(kind, kind)
    if kind in ("string", "varchar") and isinstance(limit, int):
        base = f"{base.partition('(')[0]}({limit})"
    elif kind in ("decimal", "numeric") and numbers:
        base = f"{base}({','.join(numbers)})"
    elif kind == "integer" and limit == 8:
        base = "bigint"
    if step.flag("unsigned"):
        base += " unsigned"
    default = step.argument(-1, "default")
    function = scope.value(default)
    shown = scope.const(default)
    written = ""
    if isinstance(function, Function):
        inner = list(function.body.statements)
        value = getattr(inner[0], "value", None) if inner else None
        written = scope.string(value) or "(not shown)"
    elif default is not None and not (isinstance(function, Const) and shown is None):
        written = "(not shown)" if shown is None else literal(shown)
    return Column(
        name,
        base + ("[]" if step.flag("array") else ""),
        not_null=step.flag("null") is False,
        default=written,
        calls=called(written) if isinstance(function, Function) else (),
        primary=kind == "primary_key" or step.flag("primary_key") is True,
        identity=kind == "primary_key",
        generated=("stored" if step.flag("stored") else "virtual") if kind == "virtual" else "",
    )


def _table(step: Step) -> str:
    return step.string(0) or ""


def on_create_table(step: Step, dialect: Dialect) -> Iterator[Action]:
    table = _table(step)
    columns: list[Column] = []
    indexes: list[Index] = []
    held: list[Constraint] = []
    if step.scope.const(step.argument(-1, "id")) is not False:
        columns.append(Column("id", "bigint", True, identity=True, primary=True))
    for action, _ in _inside(step, table, dialect):
        if isinstance(action, AddColumn):
            columns.append(action.column)
        elif isinstance(action, CreateIndex):
            indexes.append(action.index)
        elif isinstance(action, AddConstraint):
            held.append(action.constraint)
    if step.flag("force") or step.string(-1, "force") == "cascade":
        yield DropTable(table, step.string(-1, "force") == "cascade", True)
    yield CreateTable(
        table, tuple(columns), tuple(held), tuple(indexes), if_not_exists=step.flag("if_not_exists") is True
    )


def on_create_join_table(step: Step, dialect: Dialect) -> Iterator[Action]:
    names = sorted(step.scope.strings(step.argument(0)) + step.scope.strings(step.argument(1)))
    yield CreateTable(step.string(-1, "table_name") or "_".join(names))


def on_change_table(step: Step, dialect: Dialect) -> Iterator[Placed]:
    return _inside(step, _table(step), dialect)


def _inside(step: Step, table: str, dialect: Dialect) -> Iterator[Placed]:
    """What the block of `create_table` or `change_table` says of its table, each in its place."""
    block = next((a.value for a in step.call.arguments if isinstance(a.value, Function)), None)
    for inner in steps(block.body.statements, step.scope) if block is not None else ():
        if isinstance(inner.call.callee, Member):
            for action in _said(inner, table, dialect):
                yield action, inner.call.at


_IN_BLOCKS = {
    "references": "add_reference", "belongs_to": "add_reference", "timestamps": "add_timestamps",
    "remove": "remove_columns", "column": "add_column", "index": "add_index",
    "check_constraint": "add_check_constraint", "foreign_key": "add_foreign_key", "change": "change_column",
    "change_default": "change_column_default", "rename": "rename_column", "remove_index": "remove_index",
    "remove_references": "remove_reference", "change_null": "change_column_null",
    "remove_timestamps": "remove_timestamps", "exclusion_constraint": "add_exclusion_constraint",
    "unique_constraint": "add_unique_constraint", "remove_check_constraint": "remove_check_constraint",
    "remove_foreign_key": "remove_foreign_key",
}  # fmt: skip
"""Calls of a table's block, and the statements that they are short for."""


def _said(step: Step, table: str, dialect: Dialect) -> Iterator[Action]:
    name = callee_name(step.call)
    whole = _on(step, table)
    if name in _IN_BLOCKS:
        handler: Callable[[Step, Dialect], Iterator[Action]] = globals()[f"on_{_IN_BLOCKS[name]}"]
        yield from handler(whole, dialect)
    else:
        for column in [a.value for a in step.call.arguments if a.name is None]:
            if (said := step.scope.string(column)) is not None:
                yield AddColumn(table, _column(step, said, name, dialect))
                if step.argument(-1, "index") is not None and step.flag("index") is not False:
                    yield CreateIndex(table, Index(f"index_{table}_on_{said}", table, (said,)))


def _on(step: Step, table: str) -> Step:
    """A call inside a table's block as the statement that names the table."""
    call = step.call
    given = Argument(Const(Span(call.at.start, call.at.start), table))
    return Step(Call(call.at, Name(call.at, callee_name(call)), (given, *call.arguments)), step.scope)


def on_add_column(step: Step, dialect: Dialect) -> Iterator[Action]:
    table, name = _table(step), step.string(1) or ""
    yield AddColumn(table, _column(step, name, step.string(2) or "", dialect), step.flag("if_not_exists") is True)
    if step.argument(-1, "index") is not None and step.flag("index") is not False:
        yield CreateIndex(table, Index(f"index_{table}_on_{name}", table, (name,)))


def on_add_columns(step: Step, dialect: Dialect) -> Iterator[Action]:
    for argument in step.call.arguments[1:]:
        if argument.name is None and (name := step.scope.string(argument.value)) is not None:
            yield AddColumn(_table(step), _column(step, name, step.string(-1, "type") or "", dialect))


def on_add_timestamps(step: Step, dialect: Dialect) -> Iterator[Action]:
    nullable = step.flag("null") is True
    default = "(not shown)" if step.argument(-1, "default") is not None else ""
    kind = (_MYSQL if dialect is Dialect.MYSQL else _POSTGRES)["datetime"]
    for name in ("created_at", "updated_at"):
        yield AddColumn(_table(step), Column(name, kind, not nullable, default))


def on_add_reference(step: Step, dialect: Dialect) -> Iterator[Action]:
    table = _table(step)
    for argument in step.call.arguments[1:]:
        name = step.scope.string(argument.value) if argument.name is None else None
        if name is None:
            continue
        column = _column(step, f"{name}_id", step.string(-1, "type") or "bigint", dialect)
        yield AddColumn(table, column)
        options = step.scope.record(step.argument(-1, "index"))
        if step.flag("index") is not False:
            unique = step.scope.const(options.get("unique")) is True
            concurrently = step.scope.string(options.get("algorithm")) == "concurrently"
            index = Index(f"index_{table}_on_{name}_id", table, (f"{name}_id",), unique)
            yield CreateIndex(table, index, concurrently)
        foreign = step.scope.record(step.argument(-1, "foreign_key"))
        if step.flag("foreign_key") is True or foreign:
            target = step.scope.string(foreign.get("to_table")) or table_of_model(name)
            loose = step.scope.const(foreign.get("validate")) is False
            held = Constraint(Holds.FOREIGN, columns=(f"{name}_id",), references=Reference(target), not_valid=loose)
            yield AddConstraint(table, held)


on_add_belongs_to = on_add_reference


def on_remove_column(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield DropColumn(_table(step), step.string(1) or "", if_exists=step.flag("if_exists") is True)


def on_remove_columns(step: Step, dialect: Dialect) -> Iterator[Action]:
    for argument in step.call.arguments[1:]:
        name = step.scope.string(argument.value) if argument.name is None else None
        if name is not None:
            yield DropColumn(_table(step), name)


def on_remove_timestamps(step: Step, dialect: Dialect) -> Iterator[Action]:
    for name in ("created_at", "updated_at"):
        yield DropColumn(_table(step), name)


def on_remove_reference(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield DropColumn(_table(step), f"{step.string(1) or ''}_id")


on_remove_belongs_to = on_remove_reference


def on_rename_column(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield RenameColumn(_table(step), step.string(1) or "", step.string(2) or "")


def on_rename_table(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield RenameTable(_table(step), step.string(1) or "")


def on_drop_table(step: Step, dialect: Dialect) -> Iterator[Action]:
    for argument in step.call.arguments:
        name = step.scope.string(argument.value) if argument.name is None else None
        if name is not None:
            yield DropTable(name, step.string(-1, "force") == "cascade", step.flag("if_exists") is True)


def on_change_column(step: Step, dialect: Dialect) -> Iterator[Action]:
    name = step.string(1) or ""
    yield ModifyColumn(_table(step), name, _column(step, name, step.string(2) or "", dialect), restated=True)


def on_change_column_null(step: Step, dialect: Dialect) -> Iterator[Action]:
    name = step.string(1) or ""
    nullable = step.scope.const(step.argument(2))
    yield (DropNotNull if nullable else SetNotNull)(_table(step), name)


def on_change_column_default(step: Step, dialect: Dialect) -> Iterator[Action]:
    value = step.argument(2) or step.argument(-1, "to")
    table, name = _table(step), step.string(1) or ""
    shown = step.scope.const(value)
    empty = isinstance(step.scope.value(value), Const) and shown is None
    yield DropDefault(table, name) if empty else SetDefault(table, name, literal(shown))


def on_add_index(step: Step, dialect: Dialect) -> Iterator[Action]:
    table, columns = _table(step), step.scope.strings(step.argument(1))
    name = step.string(-1, "name") or f"index_{table}_on_{'_and_'.join(columns)}"
    partial = step.argument(-1, "where") is not None
    kind = step.string(-1, "using") or step.string(-1, "type") or ""
    index = Index(name, table, columns, step.flag("unique") is True, kind, partial)
    exists = step.flag("if_not_exists") is True
    yield CreateIndex(table, index, step.string(-1, "algorithm") == "concurrently", exists)


def on_remove_index(step: Step, dialect: Dialect) -> Iterator[Action]:
    table = _table(step)
    columns = step.scope.strings(step.argument(1)) or step.scope.strings(step.argument(-1, "column"))
    name = step.string(-1, "name") or f"index_{table}_on_{'_and_'.join(columns)}"
    yield DropIndex(table, name, step.string(-1, "algorithm") == "concurrently", step.flag("if_exists") is True)


def on_rename_index(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield RenameIndex(_table(step), step.string(1) or "", step.string(2) or "")


def on_add_foreign_key(step: Step, dialect: Dialect) -> Iterator[Action]:
    table, target = _table(step), step.string(1) or ""
    columns = step.scope.strings(step.argument(-1, "column")) or (f"{target.removesuffix('s')}_id",)
    name = step.string(-1, "name") or ""
    loose = step.flag("validate") is False
    yield AddConstraint(table, Constraint(Holds.FOREIGN, name, columns, Reference(target), not_valid=loose))


def on_remove_foreign_key(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield DropConstraint(_table(step), step.string(-1, "name") or step.string(1, "column") or "", Holds.FOREIGN)


def on_validate_foreign_key(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield ValidateConstraint(_table(step), step.string(-1, "name") or step.string(1) or "")


on_validate_check_constraint = on_validate_constraint = on_validate_foreign_key


def on_add_check_constraint(step: Step, dialect: Dialect) -> Iterator[Action]:
    text, name = step.string(1) or "", step.string(-1, "name") or ""
    proved = re.fullmatch(r"\s*\(?\s*\"?(\w+)\"?\s+IS\s+NOT\s+NULL\s*\)?\s*", text, re.I)
    loose = step.flag("validate") is False
    proves = (proved[1],) if proved else ()
    yield AddConstraint(_table(step), Constraint(Holds.CHECK, name, expression=text, not_valid=loose, proves=proves))


def on_remove_check_constraint(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield DropConstraint(_table(step), step.string(-1, "name") or "", Holds.CHECK)


def on_add_exclusion_constraint(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield AddConstraint(_table(step), Constraint(Holds.EXCLUDE, step.string(-1, "name") or ""))


def on_add_unique_constraint(step: Step, dialect: Dialect) -> Iterator[Action]:
    name, index = step.string(-1, "name") or "", step.string(-1, "using_index") or ""
    held = Constraint(Holds.UNIQUE, name, step.scope.strings(step.argument(1)), using_index=index)
    yield AddConstraint(_table(step), held)


def on_create_enum(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield CreateEnum("", step.string(0) or "", step.scope.strings(step.argument(1)))


def on_add_enum_value(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield AddEnumValue("", step.string(0) or "", step.string(1) or "")


def on_drop_enum(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield DropObject("", "type", step.string(0) or "")


def on_enable_extension(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield CreateObject("", "extension", step.string(0) or "")


def on_disable_extension(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield DropObject("", "extension", step.string(0) or "")


def on_change_column_comment(step: Step, dialect: Dialect) -> Iterator[Action]:
    yield Other(_table(step), "comment")


on_change_table_comment = on_change_column_comment
