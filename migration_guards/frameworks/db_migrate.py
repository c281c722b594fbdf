"""db-migrate: files with `exports.up = (db, callback)`; SQL goes to the server as it is."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Insert,
    ModifyColumn,
    RenameColumn,
    RenameTable,
)
from migration_guards.builders.calls import written
from migration_guards.builders.javascript import Head, Module, Operations, ScriptRunner
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.model import Source, Wrap
from migration_guards.programs import Scope, Step
from rules.syntax.program import Expr, Record

_CALLS = frozenset({
    "runSql", "addColumn", "removeColumn", "renameColumn", "changeColumn", "createTable", "dropTable", "renameTable",
    "addIndex", "removeIndex", "addForeignKey", "removeForeignKey", "insert", "all",
})  # fmt: skip


class DbMigrate(ScriptRunner):
    """db-migrate. No transaction; one call of `runSql` is one query, and so one transaction on PostgreSQL."""

    name = "db-migrate"
    rank = 1

    def owns(self, head: Head) -> bool:
        return not head.is_class and head.param in ("db", "_db", "driver") and bool(_CALLS & set(head.called))

    def operations(self, source: Source) -> Operations:
        return _Operations(source.dialect)

    def wrap(self, module: Module) -> Wrap:
        return Wrap.SCRIPT


class _Operations(Operations):
    queries = frozenset({"runSql"})
    quiet = frozenset({"all", "startMigration", "endMigration"})

    def _column(self, name: str, expr: Expr | None, scope: Scope) -> Column:
        value = scope.value(expr)
        given = scope.record(value) if isinstance(value, Record) else {}
        kind = (scope.string(given.get("type")) if given else scope.string(value)) or ""
        size = scope.const(given.get("length"))
        primary = scope.const(given.get("primaryKey")) is True
        default = scope.const(given.get("defaultValue"))
        return Column(
            name,
            {"int": "integer", "string": "character varying"}.get(kind, kind) + (f"({size})" if size else ""),
            not_null=primary or scope.const(given.get("notNull")) is True,
            default=written(default) if default is not None else "(not shown)" if "defaultValue" in given else "",
            identity=scope.const(given.get("autoIncrement")) is True,
            primary=primary,
            unique=scope.const(given.get("unique")) is True,
        )

    def on_createTable(self, step: Step) -> Iterator[Action]:
        given = step.scope.record(step.argument(1))
        columns = step.scope.record(given["columns"]) if isinstance(given.get("columns"), Record) else given
        made = tuple(self._column(name, value, step.scope) for name, value in columns.items())
        yield CreateTable(step.string(0) or "", made)

    def on_dropTable(self, step: Step) -> Iterator[Action]:
        yield DropTable(step.string(0) or "")

    def on_renameTable(self, step: Step) -> Iterator[Action]:
        yield RenameTable(step.string(0) or "", step.string(1) or "")

    def on_addColumn(self, step: Step) -> Iterator[Action]:
        yield AddColumn(step.string(0) or "", self._column(step.string(1) or "", step.argument(2), step.scope))

    def on_removeColumn(self, step: Step) -> Iterator[Action]:
        yield DropColumn(step.string(0) or "", step.string(1) or "")

    def on_renameColumn(self, step: Step) -> Iterator[Action]:
        yield RenameColumn(step.string(0) or "", step.string(1) or "", step.string(2) or "")

    def on_changeColumn(self, step: Step) -> Iterator[Action]:
        name = step.string(1) or ""
        column = self._column(name, step.argument(2), step.scope)
        yield ModifyColumn(step.string(0) or "", name, column, restated=True)

    def on_addIndex(self, step: Step) -> Iterator[Action]:
        table, name = step.string(0) or "", step.string(1) or ""
        unique = step.scope.const(step.argument(3)) is True
        yield CreateIndex(table, Index(name, table, step.scope.strings(step.argument(2)), unique))

    def on_removeIndex(self, step: Step) -> Iterator[Action]:
        first, second = step.string(0) or "", step.string(1)
        yield DropIndex(first, second) if second else DropIndex("", first)

    def on_addForeignKey(self, step: Step) -> Iterator[Action]:
        columns = tuple(step.scope.record(step.argument(3)))
        reference = Reference(step.string(1) or "")
        yield AddConstraint(step.string(0) or "", Constraint(Holds.FOREIGN, step.string(2) or "", columns, reference))

    def on_removeForeignKey(self, step: Step) -> Iterator[Action]:
        yield DropConstraint(step.string(0) or "", step.string(1) or "", Holds.FOREIGN)

    def on_insert(self, step: Step) -> Iterator[Action]:
        yield Insert(step.string(0) or "")
