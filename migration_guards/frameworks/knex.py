"""Knex: files with `up(knex)` and `down(knex)`; each runs in a transaction unless its `config` says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
    DropNotNull,
    DropTable,
    Insert,
    ModifyColumn,
    Opaque,
    RenameColumn,
    RenameTable,
    SetNotNull,
    Truncate,
    Update,
)
from migration_guards.builders import javascript_edits
from migration_guards.builders.calls import statement, written
from migration_guards.builders.edits import call_of, sql_within
from migration_guards.builders.javascript import Head, Module, Operations, ScriptRunner, module_of
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.model import Intent, Operation, Source, Statement, Wrap
from migration_guards.objects import CreateObject, DropObject
from migration_guards.programs import Scope, Step, callee_name, chain, dotted, steps
from migration_guards.sql.reader import called
from rules.core.finding import Edit
from rules.core.source import Span
from rules.syntax.javascript_program import javascript_program
from rules.syntax.program import Call, Const, Expr, Function, Member, Name

_TYPES = {
    "increments": "serial", "bigIncrements": "bigserial", "integer": "integer", "tinyint": "smallint",
    "smallint": "smallint", "bigInteger": "bigint", "bigint": "bigint", "text": "text", "float": "real",
    "double": "double precision", "boolean": "boolean", "date": "date", "datetime": "timestamp with time zone",
    "dateTime": "timestamp with time zone", "timestamp": "timestamp with time zone", "time": "time without time zone",
    "binary": "bytea", "json": "json", "jsonb": "jsonb", "uuid": "uuid", "string": "character varying(255)",
    "decimal": "numeric(8,2)", "enu": "text", "enum": "text", "specificType": "", "geometry": "geometry",
}  # fmt: skip
_MODIFIERS = frozenset({
    "notNullable", "nullable", "defaultTo", "unsigned", "references", "inTable", "onDelete", "onUpdate", "unique",
    "index", "primary", "comment", "alter", "first", "after", "collate", "checkPositive", "checkIn", "withKeyName",
    "checkLength", "checkRegex", "checkNegative", "checkBetween", "deferrable",
})  # fmt: skip
_CHANGES = frozenset({"update", "del", "delete", "insert", "truncate", "batchInsert"})
_NARROWS = frozenset({"where", "whereIn", "whereNull", "whereNotNull", "whereNot", "whereRaw", "andWhere", "limit",
                      "whereNotIn", "whereExists", "whereBetween", "join", "whereLike"})  # fmt: skip


class Knex(ScriptRunner):
    """Knex."""

    name = "knex"
    query = "knex.raw"

    def owns(self, head: Head) -> bool:
        return not head.is_class and (head.param in ("knex", "trx") or head.annotation.rpartition(".")[2] == "Knex")

    def operations(self, source: Source) -> Operations:
        return _Operations(source.dialect)

    def wrap(self, module: Module) -> Wrap:
        config = module.scope.record(module.settings.get("config"))
        return Wrap.NONE if module.scope.const(config.get("transaction")) is False else Wrap.FILE

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        """Knex's builder has no word for either; SQL in `raw` has, with a `config` at the end of the file."""
        content = operation.migration.content
        program = javascript_program(operation.path, content)
        if call_of(operation, program) is not None:
            return None
        head = "export const config" if javascript_edits.is_modern(operation.path, content) else "exports.config"
        text = f"\n{head} = {{ transaction: false }};\n"
        said = "config" in module_of(program).settings
        out = None if said else Edit(operation.path, Span(len(content), len(content)), text.encode())
        return sql_within(operation, intent, out)


class _Operations(Operations):
    queries = frozenset({"raw"})

    def statements(self, step: Step) -> Iterator[Statement]:
        """The statements of a chain such as `knex.schema.createTable(...).dropTable(...)` or `knex("t").del()`."""
        links = chain(step.call)
        root = dotted(links[0].callee).partition(".")[0]
        if root not in self.names | {"trx", "db"} and callee_name(links[0]) not in self.queries:
            return
        names = [callee_name(link) for link in links]
        if any(name in _CHANGES for name in names) and "schema" not in dotted(links[0].callee):
            yield statement(step.scope.content, step.call.at, self._rows(links, names, step.scope))
            return
        for link in links:
            inner = Step(link, step.scope)
            if callee_name(link) in self.queries:
                yield from self.query(inner, inner.argument(0))
            elif handler := getattr(self, f"on_{callee_name(link)}", None):
                yield statement(step.scope.content, _end(link), handler(inner))

    def _rows(self, links: list[Call], names: list[str], scope: Scope) -> Iterator[Action]:
        first = Step(links[0], scope)
        table = first.string(0) if isinstance(links[0].callee, Name) else None
        for link in links:
            if callee_name(link) in ("from", "into", "table"):
                table = table or Step(link, scope).string(0)
        table = table or first.string(0) or ""
        restricted = bool(_NARROWS & set(names))
        change = next(link for link in links if callee_name(link) in _CHANGES)
        kind = callee_name(change)
        if kind == "update":
            columns = tuple(scope.record(Step(change, scope).argument(0)))
            yield Update(table, columns, restricted)
        elif kind == "truncate":
            yield Truncate(table)
        else:
            yield Insert(table) if kind in ("insert", "batchInsert") else Delete(table, restricted)

    def on_createTable(self, step: Step) -> Iterator[Action]:
        table = step.string(0) or ""
        columns: list[Column] = []
        held: list[Constraint] = []
        for action, _ in self._inside(step, table):
            if isinstance(action, AddColumn):
                columns.append(action.column)
            elif isinstance(action, AddConstraint):
                held.append(action.constraint)
        yield CreateTable(
            table, tuple(columns), tuple(held), if_not_exists=callee_name(step.call).endswith("NotExists")
        )

    on_createTableIfNotExists = on_createTable

    def on_alterTable(self, step: Step) -> Iterator[tuple[Action, Span]]:
        return self._inside(step, step.string(0) or "")

    on_table = on_alterTable

    def on_dropTable(self, step: Step) -> Iterator[Action]:
        yield DropTable(step.string(0) or "")

    def on_dropTableIfExists(self, step: Step) -> Iterator[Action]:
        yield DropTable(step.string(0) or "", if_exists=True)

    def on_renameTable(self, step: Step) -> Iterator[Action]:
        yield RenameTable(step.string(0) or "", step.string(1) or "")

    def on_createView(self, step: Step) -> Iterator[Action]:
        yield CreateObject("", "view", step.string(0) or "")

    def on_dropView(self, step: Step) -> Iterator[Action]:
        yield DropObject("", "view", step.string(0) or "")

    on_dropViewIfExists = on_dropView

    def on_dropSchema(self, step: Step) -> Iterator[Action]:
        yield DropObject("", "schema", step.string(0) or "")

    on_dropSchemaIfExists = on_dropSchema

    def _inside(self, step: Step, table: str) -> Iterator[tuple[Action, Span]]:
        block = next((a.value for a in step.call.arguments if isinstance(step.scope.value(a.value), Function)), None)
        function = step.scope.value(block)
        for inner in steps(function.body.statements, step.scope) if isinstance(function, Function) else ():
            links = chain(inner.call)
            for action in self._said(links, inner.scope, table):
                yield action, inner.call.at

    def _said(self, links: list[Call], scope: Scope, table: str) -> Iterator[Action]:
        first = Step(links[0], scope)
        name = callee_name(links[0])
        handler = getattr(self, f"in_{name}", None)
        if handler is not None:
            yield from handler(first, table, links, scope)
        elif name in _TYPES:
            yield from self._column(first, name, links[1:], table, scope)
        elif name not in _MODIFIERS:
            yield Opaque(table, f"table.{name} is not known")

    def _column(self, first: Step, kind: str, rest: list[Call], table: str, scope: Scope) -> Iterator[Action]:
        name = first.string(0) or ("id" if "ncrements" in kind else "")
        numbers = [str(n) for a in first.call.arguments[1:] if isinstance(n := scope.const(a.value), int)]
        base = first.string(1) or "" if kind == "specificType" else _TYPES[kind]
        if numbers and kind in ("string", "decimal"):
            base = f"{base.partition('(')[0]}({','.join(numbers)})"
        made = Column(name, base, identity="ncrements" in kind, primary="ncrements" in kind)
        said = {callee_name(link): Step(link, scope) for link in rest}
        default = said["defaultTo"].argument(0) if "defaultTo" in said else None
        shown = self._default(default, scope)
        target = said["inTable"].string(0) if "inTable" in said else None
        far = (said["references"].string(0) or "") if "references" in said else ""
        made = replace(
            made,
            not_null="notNullable" in said,
            default=shown if default is not None else "",
            calls=called(shown) if "(" in shown and default is not None else (),
            primary=made.primary or "primary" in said,
            unique="unique" in said,
            references=Reference(target or far.rpartition(".")[0]) if "references" in said else None,
        )
        if "alter" in said:
            yield ModifyColumn(table, name, made, restated=True)
            return
        yield AddColumn(table, made)
        if "index" in said:
            yield CreateIndex(table, Index(said["index"].string(0) or f"{table}_{name}_index", table, (name,)))

    def _default(self, expr: Expr | None, scope: Scope) -> str:
        value = scope.value(expr)
        if isinstance(value, Call):
            if isinstance(value.callee, Member) and dotted(value.callee).endswith(("fn.now", "fn.uuid")):
                return "now()" if value.callee.name == "now" else "gen_random_uuid()"
            return scope.string(value.arguments[0].value) or "(not shown)" if value.arguments else "(not shown)"
        shown = scope.const(value)
        if shown is None:
            return "" if isinstance(value, Const) else "(not shown)"
        return written(shown)

    def in_timestamps(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        filled = "now()" if any(scope.const(a.value) is True for a in step.call.arguments[1:]) else ""
        for name in ("created_at", "updated_at"):
            yield AddColumn(
                table, Column(name, "timestamp with time zone", bool(filled), filled, ("now",) if filled else ())
            )

    def in_dropColumn(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        for argument in step.call.arguments:
            for name in scope.strings(argument.value):
                yield DropColumn(table, name)

    in_dropColumns = in_dropColumn

    def in_dropTimestamps(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield DropColumn(table, "created_at")
        yield DropColumn(table, "updated_at")

    def in_renameColumn(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield RenameColumn(table, step.string(0) or "", step.string(1) or "")

    def in_setNullable(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield DropNotNull(table, step.string(0) or "")

    def in_dropNullable(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield SetNotNull(table, step.string(0) or "")

    def in_index(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        columns = scope.strings(step.argument(0))
        yield CreateIndex(table, Index(step.string(1) or f"{table}_{'_'.join(columns)}_index", table, columns))

    def in_unique(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        columns = scope.strings(step.argument(0))
        given = scope.record(step.argument(1))
        name = step.string(1) or scope.string(given.get("indexName")) or f"{table}_{'_'.join(columns)}_unique"
        if scope.const(given.get("useConstraint")) is False:
            yield CreateIndex(table, Index(name, table, columns, unique=True))
        else:
            yield AddConstraint(table, Constraint(Holds.UNIQUE, name, columns))

    def in_primary(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield AddConstraint(table, Constraint(Holds.PRIMARY, step.string(1) or "", scope.strings(step.argument(0))))

    def in_foreign(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        columns = scope.strings(step.argument(0))
        said = {callee_name(link): Step(link, scope) for link in links[1:]}
        far = (said["references"].string(0) or "") if "references" in said else ""
        target = (said["inTable"].string(0) if "inTable" in said else None) or far.rpartition(".")[0]
        name = step.string(1) or f"{table}_{'_'.join(columns)}_foreign"
        yield AddConstraint(table, Constraint(Holds.FOREIGN, name, columns, Reference(target)))

    def in_check(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield AddConstraint(table, Constraint(Holds.CHECK, step.string(2) or "", expression=step.string(0) or ""))

    def _name(self, step: Step, table: str, scope: Scope, ending: str) -> str:
        return step.string(1) or f"{table}_{'_'.join(scope.strings(step.argument(0)))}_{ending}"

    def in_dropForeign(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield DropConstraint(table, self._name(step, table, scope, "foreign"), Holds.FOREIGN)

    def in_dropUnique(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield DropConstraint(table, self._name(step, table, scope, "unique"), Holds.UNIQUE)

    def in_dropPrimary(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield DropConstraint(table, step.string(0) or f"{table}_pkey", Holds.PRIMARY)

    def in_dropChecks(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        for argument in step.call.arguments:
            for name in scope.strings(argument.value):
                yield DropConstraint(table, name, Holds.CHECK)

    def in_dropIndex(self, step: Step, table: str, links: list[Call], scope: Scope) -> Iterator[Action]:
        yield DropIndex(table, self._name(step, table, scope, "index"))


def _end(call: Call) -> Span:
    """The last link of a chain by itself: from its name to its closing parenthesis."""
    if isinstance(call.callee, Member) and isinstance(call.callee.of, Call):
        return Span(call.callee.at.end - len(call.callee.name.encode()), call.at.end)
    return call.at
