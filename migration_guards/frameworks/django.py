"""Django: numbered Python files in the `migrations` package of an app, with `class Migration`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    Code,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Dynamic,
    ModifyColumn,
    Opaque,
    Other,
    RenameColumn,
    RenameIndex,
    RenameTable,
    ValidateConstraint,
)
from migration_guards.builders import django as fields
from migration_guards.builders import django_edits
from migration_guards.builders.calls import statement
from migration_guards.builders.numbering import after, deed
from migration_guards.definitions import Column, Constraint, Holds, Index
from migration_guards.frameworks.framework import Framework, Link, heads
from migration_guards.graph import ranks
from migration_guards.model import Intent, Migration, Operation, Script, Source, Statement, Wrap
from migration_guards.programs import Scope, Step, callee_name, dotted, top
from migration_guards.servers import database, server
from migration_guards.sql import reader
from rules.core.codebase import Codebase, FileReader
from rules.core.finding import Edit
from rules.syntax.program import Bind, Call, Class, Expr, Items, Program
from rules.syntax.python_program import python_program


@dataclass(frozen=True, slots=True)
class Node:
    """What a file says of its place: (app, name) pairs as `app.name`. `found` is false when it is no migration."""

    found: bool
    parents: tuple[str, ...]
    replaces: tuple[str, ...]


def _migration(program: Program) -> tuple[Class | None, dict[str, Expr]]:
    for statement_ in program.statements:
        if (
            isinstance(statement_, Bind)
            and isinstance(statement_.value, Class)
            and statement_.value.name == "Migration"
        ):
            found = statement_.value
            return found, {field.name: field.value for field in found.fields if field.value is not None}
    return None, {}


def _pairs(expr: Expr | None, scope: Scope) -> tuple[str, ...]:
    listed = scope.value(expr)
    values = listed.values if isinstance(listed, Items) else ()
    pairs = [scope.strings(one) for one in values]
    return tuple(f"{pair[0]}.{pair[1]}" for pair in pairs if len(pair) == 2)


def _node(path: str, content: bytes) -> Node:
    program = python_program(path, content)
    scope = top(program)
    found, given = _migration(program)
    return Node(found is not None, _pairs(given.get("dependencies"), scope), _pairs(given.get("replaces"), scope))


_NODES = FileReader("django migration", "1", Node, _node)


class Django(Framework):
    """Django. Each file runs in a transaction of its own on PostgreSQL and SQLite, unless it says `atomic = False`."""

    name = "django"
    by_graph = True

    def _nodes(self, code: Codebase) -> dict[str, Node]:
        return code.read_files(_NODES, [path for path in code.files if self._may_be(code, PurePosixPath(path))])

    def links(self, code: Codebase) -> Iterable[Link]:
        for path, node in self._nodes(code).items():
            if node.found:
                app = _key(path).partition(".")[0]
                yield Link(path, _key(path), node.parents, node.replaces, app)

    def forgotten(self, path: str, code: Codebase) -> str:
        """django-linear-migrations keeps the newest name in `max_migration.txt`."""
        place = PurePosixPath(path)
        kept = str(place.with_name("max_migration.txt"))
        newest = max(
            (p for p in code.files if PurePosixPath(p).parent == place.parent and self._may_be(code, PurePosixPath(p))),
            default="",
        )
        said = (code.text(kept) or b"").decode(errors="replace").strip() if kept in code.files else None
        return kept if said is not None and path == newest and said != place.stem else ""

    def sources(self, code: Codebase) -> Iterable[Source]:
        nodes = self._nodes(code)
        named = {_key(path): node.parents for path, node in nodes.items() if node.found}
        depth = ranks(named)
        homes = sorted(
            (p.removesuffix("manage.py") for p in code.files if p.rpartition("/")[2] == "manage.py"), key=len
        )
        for path, node in nodes.items():
            if node.found:
                home = next((h for h in reversed(homes) if path.startswith(h)), "")
                dialect, _ = database(code, path)
                order = (depth.get(_key(path), 0), path)
                yield Source(path, f"{home or './'}manage.py", order, dialect, server(code, path, dialect))

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        made, _ = _migration(python_program(operation.path, operation.migration.content))
        return django_edits.rewritten(operation, intent, made)

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        app = _key(migration.path).partition(".")[0]
        links = list(self.links(code))
        newest = heads([link for link in links if link.group == app], links)
        head = newest[0].name.partition(".")[2] if len(newest) == 1 else ""
        number = head.partition("_")[0]
        if not number.isdigit():
            return None
        path = PurePosixPath(migration.path).with_name(f"{after(number)}_{deed(slug)}.py")
        return (Edit(str(path), None, django_edits.following(app, head, sql).encode()),)

    def _may_be(self, code: Codebase, path: PurePosixPath) -> bool:
        inside = path.parent.name == "migrations" and path.suffix == ".py" and path.name != "__init__.py"
        return inside and str(path.with_name("env.py")) not in code.files

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        program = python_program(source.path, content)
        scope = top(program)
        _, given = _migration(program)
        read = Operations(source, PurePosixPath(source.path).parent.parent.name)
        up = tuple(read.listed(given.get("operations"), scope))
        wrap = Wrap.NONE if scope.const(given.get("atomic")) is False else Wrap.FILE
        replaced = tuple(f"replaces:{name}" for name in _pairs(given.get("replaces"), scope))
        back = None if read.irreversible else tuple(read.back)
        parents = _pairs(given.get("dependencies"), scope)
        return Script(up, back, wrap, _key(source.path), parents, replaced)


def _key(path: str) -> str:
    place = PurePosixPath(path)
    return f"{place.parent.parent.name}.{place.stem}"


QUIET = frozenset({
    "AlterModelOptions", "AlterModelManagers", "AlterOrderWithRespectTo", "AlterModelTableComment", "AlterConstraint",
})  # fmt: skip
"""Operations that change nothing in the database, or nothing that matters."""


class Operations:
    """What the operations of a migration do: one method an operation, found by its name.

    `back` collects what `reverse_sql` says; `irreversible` is set by an operation that gives no way back.
    """

    def __init__(self, source: Source, app: str) -> None:
        self._dialect = source.dialect
        self._app = app
        self.back: list[Statement] = []
        self.irreversible = False

    def listed(self, expr: Expr | None, scope: Scope) -> Iterator[Statement]:
        value = scope.value(expr)
        if value is not None and not isinstance(value, Items):
            yield statement(scope.content, value.at, [Opaque(reason="the operations are put together elsewhere")])
        for one in value.values if isinstance(value, Items) else ():
            call = scope.value(one)
            if isinstance(call, Call):
                yield from self._operation(Step(call, scope))
            else:
                yield statement(scope.content, one.at, [Opaque(reason="the operation is not shown")])

    def _operation(self, step: Step) -> Iterator[Statement]:
        name = callee_name(step.call)
        if name == "RunSQL":
            yield from self._run_sql(step)
        elif name == "SeparateDatabaseAndState":
            yield from self.listed(step.argument(0, "database_operations"), step.scope)
        else:
            handler: Callable[[Step], Iterable[Action]] | None = getattr(self, f"on_{name}", None)
            known = handler(step) if handler else self._other(step, name)
            yield statement(step.scope.content, step.call.at, known)

    def _other(self, step: Step, name: str) -> Iterator[Action]:
        if name in QUIET or name.endswith(("Extension", "Collation")):
            yield Other(what=name)
        else:
            yield Opaque(reason=f"{dotted(step.call.callee)} is an operation of the project's own")

    def _run_sql(self, step: Step) -> Iterator[Statement]:
        back = step.argument(1, "reverse_sql")
        self.irreversible |= back is None
        if back is not None and not dotted(back).endswith("noop"):
            self.back += self._sql(back, step)
        yield from self._sql(step.argument(0, "sql"), step)

    def _sql(self, expr: Expr | None, step: Step) -> Iterator[Statement]:
        value = step.scope.value(expr)
        if isinstance(value, Items):
            for one in value.values:
                pair = step.scope.value(one)
                yield from self._sql(pair.values[0] if isinstance(pair, Items) and pair.values else one, step)
            return
        fragment = step.scope.sql(expr)
        if fragment is None:
            yield statement(step.scope.content, step.call.at, [Dynamic(text=dotted(expr) or "SQL that is not shown")])
        else:
            yield from reader.statements(fragment.text, self._dialect, fragment.place)

    def _table(self, step: Step, *names: str) -> str:
        return f"{self._app}_{(step.string(0, *(names or ('model_name',))) or '').lower()}"

    def on_RunPython(self, step: Step) -> Iterator[Action]:
        back = step.argument(1, "reverse_code")
        self.irreversible |= back is None
        yield Code(name=dotted(step.argument(0, "code")), reversible=back is not None)

    def on_CreateModel(self, step: Step) -> Iterator[Action]:
        table = self._table(step, "name")
        options = step.scope.record(step.argument(-1, "options"))
        listed = step.scope.value(step.argument(1, "fields"))
        columns: list[Column] = []
        for pair in listed.values if isinstance(listed, Items) else ():
            item = step.scope.value(pair)
            if isinstance(item, Items) and len(item.values) == 2:
                name, field = step.scope.string(item.values[0]), fields.field_of(item.values[1], step.scope)
                if name and field and fields.kind_of(field) not in fields.MANY | fields.VIRTUAL:
                    columns.append(fields.column_of(name, field, self._app, self._dialect))
        if step.scope.const(options.get("managed")) is not False:
            yield CreateTable(table, tuple(columns))

    def on_DeleteModel(self, step: Step) -> Iterator[Action]:
        yield DropTable(self._table(step, "name"))

    def on_RenameModel(self, step: Step) -> Iterator[Action]:
        new = step.string(1, "new_name") or ""
        yield RenameTable(self._table(step, "old_name"), f"{self._app}_{new.lower()}")

    def on_AlterModelTable(self, step: Step) -> Iterator[Action]:
        yield RenameTable(self._table(step, "name"), step.string(1, "table") or self._table(step, "name"))

    def _field(self, step: Step) -> tuple[str, str, Step | None]:
        return self._table(step), step.string(1, "name") or "", fields.field_of(step.argument(2, "field"), step.scope)

    def on_AddField(self, step: Step) -> Iterator[Action]:
        table, name, field = self._field(step)
        if field is None:
            yield Opaque(table, "the field is not shown")
        elif fields.kind_of(field) in fields.MANY:
            yield CreateTable(f"{table}_{name}")
        elif fields.kind_of(field) not in fields.VIRTUAL:
            yield AddColumn(table, fields.column_of(name, field, self._app, self._dialect))

    def on_AlterField(self, step: Step) -> Iterator[Action]:
        table, name, field = self._field(step)
        if field is not None and fields.kind_of(field) not in fields.MANY | fields.VIRTUAL:
            column = fields.column_of(name, field, self._app, self._dialect)
            yield ModifyColumn(table, column.name, column)

    def on_RemoveField(self, step: Step) -> Iterator[Action]:
        yield DropColumn(self._table(step), step.string(1, "name") or "")

    def on_RenameField(self, step: Step) -> Iterator[Action]:
        yield RenameColumn(self._table(step), step.string(1, "old_name") or "", step.string(2, "new_name") or "")

    def _index(self, step: Step, concurrently: bool) -> Iterator[Action]:
        table = self._table(step)
        made = step.scope.value(step.argument(1, "index"))
        inner = Step(made, step.scope) if isinstance(made, Call) else None
        columns = tuple(c.lstrip("-") for c in inner.scope.strings(inner.argument(-1, "fields"))) if inner else ()
        name = (inner.string(-1, "name") if inner else None) or ""
        yield CreateIndex(table, Index(name, table, columns), concurrently)

    def on_AddIndex(self, step: Step) -> Iterator[Action]:
        return self._index(step, concurrently=False)

    def on_AddIndexConcurrently(self, step: Step) -> Iterator[Action]:
        return self._index(step, concurrently=True)

    def on_RemoveIndex(self, step: Step) -> Iterator[Action]:
        yield DropIndex(self._table(step), step.string(1, "name") or "")

    def on_RemoveIndexConcurrently(self, step: Step) -> Iterator[Action]:
        yield DropIndex(self._table(step), step.string(1, "name") or "", concurrently=True)

    def on_RenameIndex(self, step: Step) -> Iterator[Action]:
        yield RenameIndex(self._table(step), step.string(2, "old_name") or "", step.string(1, "new_name") or "")

    def on_AlterUniqueTogether(self, step: Step) -> Iterator[Action]:
        value = step.scope.value(step.argument(1, "unique_together"))
        groups = value.values if isinstance(value, Items) else ()
        for group in (
            groups if any(isinstance(step.scope.value(g), Items) for g in groups) else ([value] if groups else [])
        ):
            yield AddConstraint(self._table(step, "name"), Constraint(Holds.UNIQUE, columns=step.scope.strings(group)))

    def on_AlterIndexTogether(self, step: Step) -> Iterator[Action]:
        value = step.scope.value(step.argument(1, "index_together"))
        table = self._table(step, "name")
        for group in value.values if isinstance(value, Items) else ():
            yield CreateIndex(table, Index("", table, step.scope.strings(group)))

    def on_AddConstraint(self, step: Step, not_valid: bool = False) -> Iterator[Action]:
        table = self._table(step)
        made = step.scope.value(step.argument(1, "constraint"))
        inner = Step(made, step.scope) if isinstance(made, Call) else None
        if inner is None:
            yield Opaque(table, "the constraint is not shown")
            return
        name, kind = inner.string(-1, "name") or "", callee_name(inner.call)
        columns = inner.scope.strings(inner.argument(-1, "fields"))
        partial = inner.argument(-1, "condition") is not None
        if kind == "UniqueConstraint" and (partial or not columns):
            yield CreateIndex(table, Index(name, table, columns, unique=True, partial=partial))
        elif kind == "UniqueConstraint":
            yield AddConstraint(table, Constraint(Holds.UNIQUE, name, columns))
        elif kind == "ExclusionConstraint":
            yield AddConstraint(table, Constraint(Holds.EXCLUDE, name))
        else:
            yield AddConstraint(table, Constraint(Holds.CHECK, name, not_valid=not_valid))

    def on_AddConstraintNotValid(self, step: Step) -> Iterator[Action]:
        return self.on_AddConstraint(step, not_valid=True)

    def on_ValidateConstraint(self, step: Step) -> Iterator[Action]:
        yield ValidateConstraint(self._table(step), step.string(1, "name") or "")

    def on_RemoveConstraint(self, step: Step) -> Iterator[Action]:
        yield DropConstraint(self._table(step), step.string(1, "name") or "")
