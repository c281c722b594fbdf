"""Alembic: Python files with `revision` and `down_revision` below a folder with `env.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterType,
    CreateIndex,
    CreateTable,
    Delete,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropTable,
    Dynamic,
    Insert,
    Opaque,
    RenameColumn,
    RenameTable,
    Select,
    SetDefault,
    SetNotNull,
    Update,
)
from migration_guards.builders import alembic_edits
from migration_guards.builders.calls import statement
from migration_guards.builders.numbering import deed
from migration_guards.builders.sqlalchemy import column_of, constraint_of, type_of
from migration_guards.definitions import Constraint, Holds, Index, Reference
from migration_guards.frameworks.framework import Framework, Link, heads
from migration_guards.graph import ranks
from migration_guards.model import Dialect, Intent, Migration, Operation, Script, Source, Statement, Wrap
from migration_guards.programs import Scope, Step, callee_name, dotted, steps, top
from migration_guards.servers import database, server
from migration_guards.sql import reader
from rules.core.codebase import Codebase, FileReader
from rules.core.finding import Edit
from rules.core.source import Span
from rules.syntax.program import Argument, Call, Const, Expr, Function, Member, Program
from rules.syntax.python_program import python_program
from rules.syntax.trees import parse, text, walk


@dataclass(frozen=True, slots=True)
class Revision:
    """What a file says of its place: its name and those it comes after. An empty name is no migration."""

    name: str
    parents: tuple[str, ...]


def revision_of(program: Program) -> Revision:
    scope = top(program)
    parents = scope.strings(scope.names.get("down_revision"))
    return Revision(scope.string(scope.names.get("revision")) or "", parents)


class Alembic(Framework):
    """Alembic. All pending files run in one transaction, unless `env.py` says `transaction_per_migration`."""

    name = "alembic"
    by_graph = True

    def _revisions(self, code: Codebase) -> Iterator[tuple[str, dict[str, Revision]]]:
        """The revisions below each folder with `env.py`."""
        homes = {path.removesuffix("env.py") for path in code.files if path.endswith("/env.py") or path == "env.py"}
        for home in sorted(homes):
            files = [p for p in code.files if p.startswith(f"{home}versions/") and p.endswith(".py")]
            yield home, code.read_files(_REVISIONS, files)

    def links(self, code: Codebase) -> Iterable[Link]:
        for _, found in self._revisions(code):
            yield from (Link(path, one.name, one.parents) for path, one in found.items() if one.name)

    def rebase(self, path: str, after: str, code: Codebase) -> tuple[Edit, ...] | None:
        content = code.text(path) or b""
        value = top(python_program(path, content)).names.get("down_revision")
        if not isinstance(value, Const) or not isinstance(value.value, str):
            return None
        quote = content[value.at.start : value.at.start + 1].decode()
        return (Edit(path, value.at, f"{quote}{after}{quote}".encode()),)

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        return alembic_edits.rewritten(operation, intent)

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        links = list(self.links(code))
        newest = heads([link for link in links if link.path.startswith(f"{migration.source.history}/")], links)
        if len(newest) != 1:
            return None
        head = newest[0].name
        revision, name = alembic_edits.revision_after(head), deed(slug)
        path = PurePosixPath(migration.path).with_name(f"{revision}_{name}.py")
        return (Edit(str(path), None, alembic_edits.following(revision, head, name, sql).encode()),)

    def sources(self, code: Codebase) -> Iterable[Source]:
        for home, found in self._revisions(code):
            depth = ranks({r.name: r.parents for r in found.values()})
            dialect, _ = database(code, home)
            for path, revision in found.items():
                if revision.name:
                    order = (depth.get(revision.name, 0), revision.name)
                    yield Source(path, home.rstrip("/"), order, dialect, server(code, home, dialect))

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        program = python_program(source.path, content)
        scope = top(program)
        revision = revision_of(program)
        apart = _apart(source.path, content)
        read = Operations(source.dialect)
        up, back = (self._statements(read, scope, name, apart) for name in ("upgrade", "downgrade"))
        return Script(up or (), back, Wrap.ALL, revision.name, revision.parents)

    def _statements(self, read: Operations, scope: Scope, name: str, apart: list[Span]) -> tuple[Statement, ...] | None:
        function = scope.names.get(name)
        if not isinstance(function, Function):
            return None
        found = [s for step in steps(function.body.statements, scope) for s in read.statements(step)]
        return tuple(replace(s, apart=any(b.start <= s.span.start < b.end for b in apart)) for s in found)


def _revision(path: str, content: bytes) -> Revision:
    return revision_of(python_program(path, content))


_REVISIONS = FileReader("alembic revision", "1", Revision, _revision)


def _apart(path: str, content: bytes) -> list[Span]:
    """The blocks of `with ....autocommit_block():`, which run outside of the transaction."""
    blocks = [node for node in walk(parse(path, content)) if node.type == "with_statement"]
    heads = [(node, text(node.child(1))) for node in blocks]
    return [Span(node.start_byte, node.end_byte) for node, head in heads if "autocommit_block" in head]


class Operations:
    """What the calls of `op` and of batch operations do: one method an operation, found by its name."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def statements(self, step: Step) -> Iterator[Statement]:
        """The statements of a call; nothing for calls that are not the database's."""
        name = callee_name(step.call)
        if name in ("execute", "exec_driver_sql"):
            yield from self._executed(step)
            return
        table = self._batch(step)
        if table is None and dotted(step.call.callee).rpartition(".")[0] not in ("op", "alembic.op"):
            return
        handler: Callable[[Step, str], Iterable[Action]] | None = getattr(self, f"op_{name}", None)
        if handler is None:
            if name not in ("batch_alter_table", "get_bind", "get_context", "f", "inline_literal"):
                yield statement(step.scope.content, step.call.at, [Opaque(reason=f"op.{name} is not known")])
            return
        shift = step if table is None else _with_table(step, table)
        yield statement(
            step.scope.content, step.call.at, handler(shift, shift.string(0, "table_name", "source_table") or "")
        )

    def _batch(self, step: Step) -> str | None:
        """The table of a batch operation's object."""
        callee = step.call.callee
        owner = step.scope.value(callee.of) if isinstance(callee, Member) else None
        if isinstance(owner, Call) and callee_name(owner) == "batch_alter_table":
            return Step(owner, step.scope).string(0, "table_name")
        return None

    def _executed(self, step: Step) -> Iterator[Statement]:
        given = step.argument(0, "sqltext", "statement")
        fragment = step.scope.sql(given)
        if fragment is None:
            yield statement(step.scope.content, step.call.at, [_expressed(given)])
            return
        yield from reader.statements(fragment.text, self._dialect, fragment.place)

    def op_add_column(self, step: Step, table: str) -> Iterator[Action]:
        column = column_of(step.argument(1, "column"), step.scope, self._dialect)
        yield AddColumn(table, column) if column else Opaque(table, "the column is not shown")

    def op_drop_column(self, step: Step, table: str) -> Iterator[Action]:
        yield DropColumn(table, step.string(1, "column_name") or "")

    def op_alter_column(self, step: Step, table: str) -> Iterator[Action]:
        name = step.string(1, "column_name") or ""
        if (kind := step.argument(-1, "type_")) is not None:
            using = step.string(-1, "postgresql_using") or ""
            old = type_of(step.argument(-1, "existing_type"), step.scope, self._dialect)
            yield AlterType(table, name, type_of(kind, step.scope, self._dialect), using, old=old)
        nullable = step.flag("nullable")
        if nullable is not None and nullable is not step.flag("existing_nullable"):
            yield DropNotNull(table, name) if nullable else SetNotNull(table, name)
        if (default := step.argument(-1, "server_default")) is not None:
            shown = step.scope.string(default)
            dropped = step.scope.const(default) is None and shown in (None, "")
            yield DropDefault(table, name) if dropped else SetDefault(table, name, shown or "")
        if (new := step.string(-1, "new_column_name")) is not None and new != name:
            yield RenameColumn(table, name, new)

    def op_create_table(self, step: Step, table: str) -> Iterator[Action]:
        given = [argument.value for argument in step.call.arguments[1:] if argument.name is None]
        columns = [column for one in given if (column := column_of(one, step.scope, self._dialect))]
        held = [constraint for one in given if (constraint := constraint_of(one, step.scope))]
        exists = step.flag("if_not_exists") is True
        yield CreateTable(table, tuple(columns), tuple(held), if_not_exists=exists)

    def op_drop_table(self, step: Step, table: str) -> Iterator[Action]:
        yield DropTable(table, if_exists=step.flag("if_exists") is True)

    def op_rename_table(self, step: Step, table: str) -> Iterator[Action]:
        yield RenameTable(step.string(0, "old_table_name") or "", step.string(1, "new_table_name") or "")

    def op_create_index(self, step: Step, table: str) -> Iterator[Action]:
        name, on = step.string(0, "index_name") or "", step.string(1, "table_name") or ""
        columns = step.scope.strings(step.argument(2, "columns"))
        partial = step.argument(-1, "postgresql_where") is not None
        method = step.string(-1, "postgresql_using") or ""
        index = Index(name, on, columns, step.flag("unique") is True, method, partial)
        yield CreateIndex(on, index, step.flag("postgresql_concurrently") is True, step.flag("if_not_exists") is True)

    def op_drop_index(self, step: Step, table: str) -> Iterator[Action]:
        name, on = step.string(0, "index_name") or "", step.string(1, "table_name") or ""
        yield DropIndex(on, name, step.flag("postgresql_concurrently") is True, step.flag("if_exists") is True)

    def op_create_foreign_key(self, step: Step, table: str) -> Iterator[Action]:
        name, source = step.string(0, "constraint_name") or "", step.string(1, "source_table") or ""
        reference = Reference(
            step.string(2, "referent_table") or "", step.scope.strings(step.argument(4, "remote_cols"))
        )
        columns = step.scope.strings(step.argument(3, "local_cols"))
        yield AddConstraint(source, self._held(step, Holds.FOREIGN, name, columns, reference))

    def op_create_unique_constraint(self, step: Step, table: str) -> Iterator[Action]:
        name, on = step.string(0, "constraint_name") or "", step.string(1, "table_name") or ""
        yield AddConstraint(on, self._held(step, Holds.UNIQUE, name, step.scope.strings(step.argument(2, "columns"))))

    def op_create_primary_key(self, step: Step, table: str) -> Iterator[Action]:
        name, on = step.string(0, "constraint_name") or "", step.string(1, "table_name") or ""
        yield AddConstraint(on, self._held(step, Holds.PRIMARY, name, step.scope.strings(step.argument(2, "columns"))))

    def op_create_check_constraint(self, step: Step, table: str) -> Iterator[Action]:
        name, on = step.string(0, "constraint_name") or "", step.string(1, "table_name") or ""
        text = step.string(2, "condition") or ""
        held = reader.statements(f"ALTER TABLE t ADD CHECK ({text})", Dialect.POSTGRES, lambda span: span)
        proved = [c.action.constraint.proves for s in held for c in s.clauses if isinstance(c.action, AddConstraint)]
        made = self._held(step, Holds.CHECK, name, ())
        yield AddConstraint(
            on,
            Constraint(
                Holds.CHECK, name, expression=text, not_valid=made.not_valid, proves=proved[0] if proved else ()
            ),
        )

    def op_create_exclude_constraint(self, step: Step, table: str) -> Iterator[Action]:
        name, on = step.string(0, "constraint_name") or "", step.string(1, "table_name") or ""
        yield AddConstraint(on, Constraint(Holds.EXCLUDE, name))

    def _held(
        self, step: Step, holds: Holds, name: str, columns: tuple[str, ...], reference: Reference | None = None
    ) -> Constraint:
        not_valid = step.flag("postgresql_not_valid") is True
        index = step.string(-1, "postgresql_using_index") or ""
        return Constraint(holds, name, columns, reference, not_valid=not_valid, using_index=index)

    def op_drop_constraint(self, step: Step, table: str) -> Iterator[Action]:
        name, on = step.string(0, "constraint_name") or "", step.string(1, "table_name") or ""
        kinds = {"foreignkey": Holds.FOREIGN, "unique": Holds.UNIQUE, "check": Holds.CHECK, "primary": Holds.PRIMARY}
        yield DropConstraint(on, name, kinds.get(step.string(2, "type_") or "", Holds.UNKNOWN))

    def op_bulk_insert(self, step: Step, table: str) -> Iterator[Action]:
        target = step.scope.value(step.argument(0, "table"))
        name = Step(target, step.scope).string(0) if isinstance(target, Call) else None
        yield Insert(name or "")


def _expressed(expr: Expr | None) -> Action:
    """What SQLAlchemy's own expressions do: `table.update().where(...).values(...)` and its like."""
    names = dotted(expr).split(".")
    table, said = names[0], set(names[1:])
    if "update" in said or names[0] == "update":
        return Update(table, (), "where" in said)
    if "delete" in said or names[0] == "delete":
        return Delete(table, "where" in said)
    if "insert" in said or names[0] == "insert":
        return Insert(table)
    return Select() if "select" in said or names[0] == "select" else Dynamic(text=dotted(expr) or "a built statement")


_SECOND = frozenset({
    "create_index", "drop_index", "create_foreign_key", "create_unique_constraint", "create_primary_key",
    "create_check_constraint", "create_exclude_constraint", "drop_constraint",
})  # fmt: skip
"""Operations whose first argument is a name and whose second is the table."""


def _with_table(step: Step, table: str) -> Step:
    """A batch operation as the plain one: with the table in its place among the arguments."""
    call = step.call
    at = 1 if callee_name(call) in _SECOND else 0
    given = Argument(Const(Span(call.at.start, call.at.start), table))
    plain = [argument for argument in call.arguments if argument.name is None]
    named = [argument for argument in call.arguments if argument.name is not None]
    return Step(Call(call.at, call.callee, (*plain[:at], given, *plain[at:], *named)), step.scope)
