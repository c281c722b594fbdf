"""Sequelize: files with `up(queryInterface, Sequelize)` and `down`, each statement by itself."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    CreateIndex,
    CreateTable,
    Delete,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Insert,
    ModifyColumn,
    RenameColumn,
    RenameTable,
    Update,
)
from migration_guards.builders import javascript_edits
from migration_guards.builders.calls import written
from migration_guards.builders.javascript import Head, Module, Operations, ScriptRunner
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.model import Dialect, Intent, Operation, Source, Wrap
from migration_guards.programs import Scope, Step, callee_name, dotted, inner_calls
from migration_guards.sql.reader import called
from rules.core.finding import Edit
from rules.syntax.program import Call, Const, Expr, Record

_POSTGRES = {
    "TEXT": "text", "INTEGER": "integer", "BIGINT": "bigint", "SMALLINT": "smallint", "BOOLEAN": "boolean",
    "DATE": "timestamp with time zone", "DATEONLY": "date", "TIME": "time without time zone", "UUID": "uuid",
    "JSON": "json", "JSONB": "jsonb", "FLOAT": "double precision", "DOUBLE": "double precision", "REAL": "real",
    "BLOB": "bytea", "CITEXT": "citext", "TSVECTOR": "tsvector", "INET": "inet",
}  # fmt: skip
_MYSQL = _POSTGRES | {
    "DATE": "datetime", "TIME": "time", "BOOLEAN": "tinyint(1)", "UUID": "char(36)", "FLOAT": "float",
    "DOUBLE": "double", "BLOB": "blob", "INTEGER": "int",
}  # fmt: skip


class Sequelize(ScriptRunner):
    """Sequelize CLI and Umzug. No transaction, unless the file opens one with `sequelize.transaction`."""

    name = "sequelize"
    query = "queryInterface.sequelize.query"

    def owns(self, head: Head) -> bool:
        return not head.is_class and (
            head.param in ("queryInterface", "qi") or head.annotation.endswith("QueryInterface")
        )

    def operations(self, source: Source) -> Operations:
        return _Operations(source.dialect)

    def wrap(self, module: Module) -> Wrap:
        up = module.functions.get("up")
        calls = inner_calls(up.body.statements) if up else ()
        return Wrap.FILE if any(callee_name(call) == "transaction" for call in calls) else Wrap.NONE

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        found = javascript_edits.concurrently(operation) if intent is Intent.CONCURRENTLY else None
        if found is None:
            return super().rewrite(operation, intent)
        return None if operation.transaction else (found,)


class _Operations(Operations):
    queries = frozenset({"query"})
    quiet = frozenset({
        "describeTable", "showAllTables", "tableExists", "showIndex", "showConstraint", "commit", "rollback",
        "transaction", "getForeignKeyReferencesForTable", "select", "literal", "fn",
    })  # fmt: skip

    def _type(self, expr: Expr | None, scope: Scope) -> str:
        value = scope.value(expr)
        call = value if isinstance(value, Call) else None
        name = (call and callee_name(call)) or dotted(value).rpartition(".")[2]
        step = Step(call, scope) if call else None
        sized = {"STRING": "character varying", "CHAR": "character", "DECIMAL": "numeric"}
        if name in sized:
            base = (
                {"character varying": "varchar"}.get(sized[name], sized[name])
                if self.dialect is Dialect.MYSQL
                else sized[name]
            )
            given = [scope.const(argument.value) for argument in call.arguments] if call else []
            numbers = [str(n) for n in given if isinstance(n, int)] or (["255"] if name == "STRING" else [])
            return f"{base}({','.join(numbers)})" if numbers else base
        if name == "ARRAY" and step is not None:
            inner = self._type(step.argument(0), scope)
            return f"{inner}[]" if inner else ""
        return scope.string(value) or (_MYSQL if self.dialect is Dialect.MYSQL else _POSTGRES).get(name, "")

    def _column(self, name: str, expr: Expr | None, scope: Scope) -> Column:
        value = scope.value(expr)
        given = scope.record(value) if isinstance(value, Record) else {}
        kind = self._type(given.get("type") if given else value, scope)
        far = scope.record(given.get("references"))
        table = scope.string(far.get("model")) or scope.string(scope.record(far.get("model")).get("tableName"))
        default, calls = self._default(given.get("defaultValue"), scope)
        primary = scope.const(given.get("primaryKey")) is True
        return Column(
            name,
            kind,
            not_null=primary or ("allowNull" in given and scope.const(given["allowNull"]) is False),
            default=default,
            calls=calls,
            identity=scope.const(given.get("autoIncrement")) is True,
            primary=primary,
            unique=bool(scope.const(given.get("unique"))),
            references=Reference(table) if table else None,
        )

    def _default(self, expr: Expr | None, scope: Scope) -> tuple[str, tuple[str, ...]]:
        value = scope.value(expr)
        if value is None or dotted(value).endswith(("UUIDV4", "UUIDV1")):
            return "", ()
        if isinstance(value, Call) and callee_name(value) in ("literal", "fn"):
            text = Step(value, scope).string(0) or ""
            text = f"{text}()" if callee_name(value) == "fn" and text else text
            return text or "(not shown)", called(text)
        if dotted(value).endswith("NOW"):
            return "now()", ("now",)
        shown = scope.const(value)
        if shown is None:
            return ("", ()) if isinstance(value, Const) else ("(not shown)", ())
        return written(shown), ()

    def _table(self, step: Step) -> str:
        value = step.argument(0)
        return step.scope.string(value) or step.scope.string(step.scope.record(value).get("tableName")) or ""

    def on_createTable(self, step: Step) -> Iterator[Action]:
        given = step.scope.record(step.argument(1))
        columns = tuple(self._column(name, value, step.scope) for name, value in given.items())
        yield CreateTable(self._table(step), columns)

    def on_dropTable(self, step: Step) -> Iterator[Action]:
        yield DropTable(self._table(step))

    def on_renameTable(self, step: Step) -> Iterator[Action]:
        yield RenameTable(self._table(step), step.string(1) or "")

    def on_addColumn(self, step: Step) -> Iterator[Action]:
        yield AddColumn(self._table(step), self._column(step.string(1) or "", step.argument(2), step.scope))

    def on_removeColumn(self, step: Step) -> Iterator[Action]:
        yield DropColumn(self._table(step), step.string(1) or "")

    def on_renameColumn(self, step: Step) -> Iterator[Action]:
        yield RenameColumn(self._table(step), step.string(1) or "", step.string(2) or "")

    def on_changeColumn(self, step: Step) -> Iterator[Action]:
        name = step.string(1) or ""
        yield ModifyColumn(self._table(step), name, self._column(name, step.argument(2), step.scope), restated=True)

    def on_addIndex(self, step: Step) -> Iterator[Action]:
        first = step.scope.strings(step.argument(1))
        given = step.scope.record(step.argument(2 if first else 1))
        columns = first or step.scope.strings(given.get("fields"))
        unique = step.scope.const(given.get("unique")) is True or step.scope.string(given.get("type")) == "UNIQUE"
        table = self._table(step)
        name = step.scope.string(given.get("name")) or step.scope.string(given.get("indexName")) or ""
        index = Index(name or f"{table}_{'_'.join(columns)}", table, columns, unique, partial="where" in given)
        yield CreateIndex(table, index, step.scope.const(given.get("concurrently")) is True)

    def on_removeIndex(self, step: Step) -> Iterator[Action]:
        table = self._table(step)
        name = step.string(1) or f"{table}_{'_'.join(step.scope.strings(step.argument(1)))}"
        given = step.scope.record(step.argument(2))
        yield DropIndex(table, name, step.scope.const(given.get("concurrently")) is True)

    def on_addConstraint(self, step: Step) -> Iterator[Action]:
        given = step.scope.record(step.argument(1))
        kinds = {
            "foreign key": Holds.FOREIGN,
            "unique": Holds.UNIQUE,
            "check": Holds.CHECK,
            "primary key": Holds.PRIMARY,
        }
        holds = kinds.get((step.scope.string(given.get("type")) or "").lower(), Holds.UNKNOWN)
        far = step.scope.record(given.get("references"))
        reference = Reference(step.scope.string(far.get("table")) or "") if far else None
        name = step.scope.string(given.get("name")) or ""
        yield AddConstraint(
            self._table(step), Constraint(holds, name, step.scope.strings(given.get("fields")), reference)
        )

    def on_removeConstraint(self, step: Step) -> Iterator[Action]:
        yield DropConstraint(self._table(step), step.string(1) or "")

    def on_bulkInsert(self, step: Step) -> Iterator[Action]:
        yield Insert(self._table(step))

    def _restricted(self, step: Step, position: int) -> bool:
        value = step.scope.value(step.argument(position))
        return value is not None and not (isinstance(value, Record) and not value.entries)

    def on_bulkUpdate(self, step: Step) -> Iterator[Action]:
        yield Update(self._table(step), tuple(step.scope.record(step.argument(1))), self._restricted(step, 2))

    def on_bulkDelete(self, step: Step) -> Iterator[Action]:
        yield Delete(self._table(step), self._restricted(step, 1))
