"""node-pg-migrate: files with `up(pgm)` and `down(pgm)`; each runs in a transaction unless it says `noTransaction`."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterType,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropTable,
    RenameColumn,
    RenameTable,
    SetDefault,
    SetNotNull,
    Trigger,
)
from migration_guards.builders import javascript_edits
from migration_guards.builders.calls import written
from migration_guards.builders.javascript import Head, Module, Operations, ScriptRunner, module_of
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.model import Clause, Dialect, Intent, Operation, Source, Wrap
from migration_guards.objects import AddEnumValue, CreateEnum, CreateObject, DropObject, RenameObject
from migration_guards.programs import Scope, Step, callee_name, inner_calls
from migration_guards.sql import reader
from migration_guards.sql.reader import called
from migration_guards.sql.rewrite import builds_only
from rules.core.codebase import Codebase
from rules.core.finding import Edit
from rules.syntax.javascript_program import javascript_program
from rules.syntax.program import Call, Const, Expr, Items, Record


class NodePgMigrate(ScriptRunner):
    """node-pg-migrate, for PostgreSQL alone."""

    name = "node-pg-migrate"
    query = "pgm.sql"

    def owns(self, head: Head) -> bool:
        return not head.is_class and (head.param == "pgm" or head.annotation == "MigrationBuilder")

    def operations(self, source: Source) -> Operations:
        return _Operations(Dialect.POSTGRES)

    def sources(self, code: Codebase) -> Iterator[Source]:
        for source in super().sources(code):
            version = source.server if source.dialect is Dialect.POSTGRES else ()
            yield Source(source.path, source.history, source.order, Dialect.POSTGRES, version)

    def wrap(self, module: Module) -> Wrap:
        up = module.functions.get("up")
        calls = inner_calls(up.body.statements) if up else ()
        return Wrap.NONE if any(callee_name(call) == "noTransaction" for call in calls) else Wrap.FILE

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        found = javascript_edits.concurrently(operation) if intent is Intent.CONCURRENTLY else None
        if found is None:
            return super().rewrite(operation, intent)
        if not operation.transaction:
            return (found,)
        out = self._out(operation) if builds_only(operation) else None
        return (out, found) if out else None

    def _out(self, operation: Operation) -> Edit | None:
        content = operation.migration.content
        up = module_of(javascript_program(operation.path, content)).functions.get("up")
        builder = up.params[0].name if up and up.params else ""
        text = f"{builder}.noTransaction();"
        return javascript_edits.first_line(operation.path, content, up, text) if builder else None


class _Operations(Operations):
    queries = frozenset({"sql"})
    quiet = frozenset({"noTransaction", "func", "grantOnTables", "comment", "db"})

    def _name(self, expr: Expr | None, scope: Scope) -> str:
        given = scope.record(expr)
        if given:
            schema, name = scope.string(given.get("schema")), scope.string(given.get("name")) or ""
            return f"{schema}.{name}" if schema and schema != "public" else name
        return scope.string(expr) or ""

    def _columns(self, expr: Expr | None, scope: Scope) -> list[Column]:
        return [self._column(name, value, scope) for name, value in scope.record(expr).items()]

    def _column(self, name: str, expr: Expr | None, scope: Scope) -> Column:
        value = scope.value(expr)
        if not isinstance(value, Record):
            kind = scope.string(value) or ""
            return Column(name, "serial" if kind == "id" else kind, identity=kind == "id", primary=kind == "id")
        given = scope.record(value)
        kind = scope.string(given.get("type")) or ""
        default, calls = self._default(given.get("default"), scope)
        far = scope.string(given.get("references")) or self._name(given.get("references"), scope)
        primary = scope.const(given.get("primaryKey")) is True
        return Column(
            name,
            {"varchar": "character varying", "int": "integer", "timestamptz": "timestamp with time zone"}.get(
                kind, kind
            ),
            not_null=primary or scope.const(given.get("notNull")) is True,
            default=default,
            calls=calls,
            identity="sequenceGenerated" in given or kind.endswith("serial"),
            generated="stored" if "expressionGenerated" in given else "",
            primary=primary,
            unique=scope.const(given.get("unique")) is True,
            references=Reference(far.partition("(")[0].strip('" ')) if far else None,
        )

    def _default(self, expr: Expr | None, scope: Scope) -> tuple[str, tuple[str, ...]]:
        value = scope.value(expr)
        if value is None or (isinstance(value, Const) and value.value is None):
            return "", ()
        if isinstance(value, Call) and callee_name(value) == "func":
            text = Step(value, scope).string(0) or ""
            return text, called(text)
        shown = scope.const(value)
        return ("(not shown)" if shown is None else written(shown)), ()

    def on_createTable(self, step: Step) -> Iterator[Action]:
        exists = step.scope.const(step.scope.record(step.argument(2)).get("ifNotExists")) is True
        columns = tuple(self._columns(step.argument(1), step.scope))
        yield CreateTable(self._name(step.argument(0), step.scope), columns, if_not_exists=exists)

    def on_dropTable(self, step: Step) -> Iterator[Action]:
        given = step.scope.record(step.argument(1))
        cascade, exists = (step.scope.const(given.get(key)) is True for key in ("cascade", "ifExists"))
        yield DropTable(self._name(step.argument(0), step.scope), cascade, exists)

    def on_renameTable(self, step: Step) -> Iterator[Action]:
        yield RenameTable(self._name(step.argument(0), step.scope), self._name(step.argument(1), step.scope))

    def on_addColumns(self, step: Step) -> Iterator[Action]:
        for column in self._columns(step.argument(1), step.scope):
            yield AddColumn(self._name(step.argument(0), step.scope), column)

    on_addColumn = on_addColumns

    def on_dropColumns(self, step: Step) -> Iterator[Action]:
        value = step.scope.value(step.argument(1))
        names = list(step.scope.record(value)) if isinstance(value, Record) else step.scope.strings(value)
        for name in names:
            yield DropColumn(self._name(step.argument(0), step.scope), name)

    on_dropColumn = on_dropColumns

    def on_renameColumn(self, step: Step) -> Iterator[Action]:
        yield RenameColumn(self._name(step.argument(0), step.scope), step.string(1) or "", step.string(2) or "")

    def on_alterColumn(self, step: Step) -> Iterator[Action]:
        table, name, scope = self._name(step.argument(0), step.scope), step.string(1) or "", step.scope
        given = scope.record(step.argument(2))
        if "type" in given:
            column = self._column(name, step.argument(2), scope)
            yield AlterType(table, name, column.type, scope.string(given.get("using")) or "")
        if "default" in given:
            default, calls = self._default(given["default"], scope)
            yield SetDefault(table, name, default, calls) if default else DropDefault(table, name)
        if "notNull" in given or "allowNull" in given:
            strict = scope.const(given.get("notNull")) is True or scope.const(given.get("allowNull")) is False
            yield (SetNotNull if strict else DropNotNull)(table, name)

    def on_createIndex(self, step: Step) -> Iterator[Action]:
        table, scope = self._name(step.argument(0), step.scope), step.scope
        given = scope.record(step.argument(2))
        columns = scope.strings(step.argument(1))
        unique, concurrently, exists = (
            scope.const(given.get(key)) is True for key in ("unique", "concurrently", "ifNotExists")
        )
        name = scope.string(given.get("name")) or f"{table}_{'_'.join(columns)}_index"
        method = scope.string(given.get("method")) or ""
        yield CreateIndex(table, Index(name, table, columns, unique, method, "where" in given), concurrently, exists)

    on_addIndex = on_createIndex

    def on_dropIndex(self, step: Step) -> Iterator[Action]:
        table, scope = self._name(step.argument(0), step.scope), step.scope
        given = scope.record(step.argument(2))
        name = scope.string(given.get("name")) or f"{table}_{'_'.join(scope.strings(step.argument(1)))}_index"
        concurrently, exists = (scope.const(given.get(key)) is True for key in ("concurrently", "ifExists"))
        yield DropIndex(table, name, concurrently, exists)

    def on_addConstraint(self, step: Step) -> Iterator[Action]:
        table, name, scope = self._name(step.argument(0), step.scope), step.string(1) or "", step.scope
        text = step.string(2)
        if text is not None:
            said = reader.statements(f"ALTER TABLE t ADD CONSTRAINT c {text}", Dialect.POSTGRES, lambda span: span)
            for clause in [clause for one in said for clause in one.clauses]:
                yield from _renamed(clause, table, name)
            return
        given = scope.record(step.argument(2))
        if "primaryKey" in given:
            yield AddConstraint(table, Constraint(Holds.PRIMARY, name, scope.strings(given["primaryKey"])))
        if "unique" in given:
            yield AddConstraint(table, Constraint(Holds.UNIQUE, name, scope.strings(given["unique"])))
        if "check" in given:
            yield AddConstraint(table, Constraint(Holds.CHECK, name, expression=scope.string(given["check"]) or ""))
        if "exclude" in given:
            yield AddConstraint(table, Constraint(Holds.EXCLUDE, name))
        foreign = scope.value(given.get("foreignKeys"))
        for one in foreign.values if isinstance(foreign, Items) else [foreign] if foreign is not None else []:
            key = scope.record(one)
            far = (scope.string(key.get("references")) or self._name(key.get("references"), scope)).partition("(")[0]
            yield AddConstraint(
                table, Constraint(Holds.FOREIGN, name, scope.strings(key.get("columns")), Reference(far.strip('" ')))
            )

    on_createConstraint = on_addConstraint

    def on_dropConstraint(self, step: Step) -> Iterator[Action]:
        yield DropConstraint(self._name(step.argument(0), step.scope), step.string(1) or "")

    def on_createType(self, step: Step) -> Iterator[Action]:
        name = self._name(step.argument(0), step.scope)
        values = step.scope.strings(step.argument(1))
        yield CreateEnum("", name, values) if values else CreateObject("", "type", name)

    on_addType = on_createType

    def on_addTypeValue(self, step: Step) -> Iterator[Action]:
        yield AddEnumValue("", self._name(step.argument(0), step.scope), step.string(1) or "")

    def on_renameType(self, step: Step) -> Iterator[Action]:
        yield RenameObject("", "type", self._name(step.argument(0), step.scope), step.string(1) or "")

    def _dropped(self, step: Step, what: str) -> Iterator[Action]:
        given = step.scope.record(step.argument(len(step.call.arguments) - 1))
        cascade = step.scope.const(given.get("cascade")) is True
        yield DropObject("", what, self._name(step.argument(0), step.scope), cascade)

    def on_dropType(self, step: Step) -> Iterator[Action]:
        return self._dropped(step, "type")

    def on_dropView(self, step: Step) -> Iterator[Action]:
        return self._dropped(step, "view")

    def on_dropMaterializedView(self, step: Step) -> Iterator[Action]:
        return self._dropped(step, "materialized view")

    def on_dropFunction(self, step: Step) -> Iterator[Action]:
        return self._dropped(step, "function")

    def on_dropSchema(self, step: Step) -> Iterator[Action]:
        return self._dropped(step, "schema")

    def on_dropExtension(self, step: Step) -> Iterator[Action]:
        return self._dropped(step, "extension")

    def _made(self, step: Step, what: str) -> Iterator[Action]:
        yield CreateObject("", what, self._name(step.argument(0), step.scope))

    def on_createView(self, step: Step) -> Iterator[Action]:
        return self._made(step, "view")

    def on_createMaterializedView(self, step: Step) -> Iterator[Action]:
        return self._made(step, "materialized view")

    def on_createFunction(self, step: Step) -> Iterator[Action]:
        return self._made(step, "function")

    def on_createSchema(self, step: Step) -> Iterator[Action]:
        return self._made(step, "schema")

    def on_createExtension(self, step: Step) -> Iterator[Action]:
        return self._made(step, "extension")

    on_addExtension = on_createExtension

    def on_createSequence(self, step: Step) -> Iterator[Action]:
        return self._made(step, "sequence")

    def on_createTrigger(self, step: Step) -> Iterator[Action]:
        yield Trigger(self._name(step.argument(0), step.scope), step.string(1) or "", "create")

    def on_dropTrigger(self, step: Step) -> Iterator[Action]:
        yield Trigger(self._name(step.argument(0), step.scope), step.string(1) or "", "drop")


def _renamed(clause: Clause, table: str, name: str) -> Iterator[Action]:
    action = clause.action
    if isinstance(action, AddConstraint):
        held = action.constraint
        yield AddConstraint(
            table,
            Constraint(
                held.holds, name, held.columns, held.references, held.expression, held.not_valid, held.using_index,
                held.enforced, held.proves,
            ),
        )  # fmt: skip
