"""Rails: `db/migrate/<time>_<name>.rb`, classes with `change`, or `up` and `down`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath

from migration_guards.actions import Action, Delete, Dynamic, Update
from migration_guards.builders import rails as tables
from migration_guards.builders import rails_edits
from migration_guards.builders.calls import statement
from migration_guards.builders.numbering import deed, following
from migration_guards.frameworks.framework import Framework
from migration_guards.model import Dialect, Intent, Migration, Operation, Script, Source, Statement, Wrap
from migration_guards.programs import Scope, Step, callee_name, dotted, steps, top
from migration_guards.servers import database, server
from migration_guards.sql import reader
from rules.core.codebase import Codebase
from rules.core.finding import Edit
from rules.core.source import Span
from rules.syntax.program import Bind, Call, Class, Expr, Function, Index, Member, Name, Program
from rules.syntax.ruby_program import ruby_program

_FILE = re.compile(r"(?:^|/)db/(?:\w+_)?migrate/(\d+)_\w+\.rb$")
_BLOCKS = frozenset(
    {"safety_assured", "say_with_time", "transaction", "suppress_messages", "up", "up_only", "reversible"}
)
_ROWS = frozenset({"update_all", "delete_all", "destroy_all"})


class Rails(Framework):
    """Active Record. Each file runs in a transaction on PostgreSQL, unless it says `disable_ddl_transaction!`."""

    name = "rails"

    def sources(self, code: Codebase) -> Iterable[Source]:
        for path in code.files:
            if match := _FILE.search(path):
                place = PurePosixPath(path)
                dialect, _ = database(code, path)
                version = server(code, path, dialect)
                yield Source(path, str(place.parent), (int(match[1]), place.name), dialect, version)

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        program = ruby_program(source.path, content)
        made = _class(program)
        scope = top(program)
        methods = {method.name: method for method in made.methods} if made else {}
        for name, value in [(f.name, f.value) for f in made.fields] if made else []:
            if name and value is not None:
                scope = scope.bound(Name(value.at, name), value)
        said = (
            {callee_name(f.value) if isinstance(f.value, Call) else dotted(f.value) for f in made.fields}
            if made
            else set()
        )
        apart = "disable_ddl_transaction!" in said or source.dialect is Dialect.MYSQL
        read = Operations(source.dialect)
        forward = methods.get("change") or methods.get("up")
        up = tuple(s for step in self._steps(forward, scope) for s in read.statements(step)) if forward else ()
        back: tuple[Statement, ...] | None = () if "change" in methods and not read.irreversible else None
        if "down" in methods:
            back = tuple(s for step in self._steps(methods["down"], scope) for s in read.statements(step))
        return Script(up, back, Wrap.NONE if apart else Wrap.FILE, str(source.order[0]))

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        made = _class(ruby_program(operation.path, operation.migration.content))
        return rails_edits.rewritten(operation, intent, made)

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        number, name = following(code.files, migration.source.history), deed(slug)
        made = _class(ruby_program(migration.path, migration.content))
        base = next((one for one in made.bases if isinstance(one, Index)), None) if made else None
        if number is None or base is None:
            return None
        version = migration.content[base.of.at.end : base.at.end].decode()
        path = f"{migration.source.history}/{number}_{name}_{number}.rb"
        return (Edit(path, None, rails_edits.following(number, name, version, sql).encode()),)

    def _steps(self, function: Function, scope: Scope) -> Iterator[Step]:
        for step in steps(function.body.statements, scope):
            yield from self._unwrapped(step)

    def _unwrapped(self, step: Step) -> Iterator[Step]:
        """A call, or what the block of `safety_assured { ... }` and its like calls."""
        block = next((a.value for a in step.call.arguments if isinstance(a.value, Function)), None)
        if callee_name(step.call) in _BLOCKS and block is not None:
            for inner in steps(block.body.statements, step.scope):
                if callee_name(inner.call) != "down":
                    yield from self._unwrapped(inner)
        else:
            yield step


def text_of_base(base: Expr) -> str:
    """`ActiveRecord::Migration[8.0]` without its version."""
    return dotted(base.of if isinstance(base, Index) else base)


def _class(program: Program) -> Class | None:
    found = [s.value for s in program.statements if isinstance(s, Bind) and isinstance(s.value, Class)]
    return next((one for one in found if any("Migration" in text_of_base(base) for base in one.bases)), None)


class Operations:
    """What the calls of a migration do: one function an operation, found by its name in `builders.rails`."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.irreversible = False

    def statements(self, step: Step) -> Iterator[Statement]:
        name = callee_name(step.call)
        owner = step.call.callee.of if isinstance(step.call.callee, Member) else None
        if name in ("execute", "exec_query", "exec_update", "update_sql", "select_all"):
            self.irreversible = True
            yield from self._executed(step)
        elif owner is not None and name in _ROWS:
            yield statement(step.scope.content, step.call.at, [self._rows(step, owner, name)])
        elif owner is None or dotted(owner) in ("connection", "self", "ActiveRecord.Base.connection"):
            yield from self._operation(step, name)

    def _operation(self, step: Step, name: str) -> Iterator[Statement]:
        handler: Callable[[Step, Dialect], Iterable[Action | tuple[Action, Span]]] | None
        handler = getattr(tables, f"on_{name}", None)
        if handler is not None:
            yield statement(step.scope.content, step.call.at, handler(step, self._dialect))
        elif name in ("change_column", "remove_index", "drop_table"):
            self.irreversible = True

    def _executed(self, step: Step) -> Iterator[Statement]:
        expr = step.argument(0)
        fragment = step.scope.sql(expr)
        if fragment is None:
            yield statement(step.scope.content, step.call.at, [Dynamic(text=dotted(expr) or "SQL that is not shown")])
        else:
            yield from reader.statements(fragment.text, self._dialect, fragment.place)

    def _rows(self, step: Step, owner: object, name: str) -> Action:
        """`Model.where(...).update_all(...)`: the rows of a model's table."""
        links = dotted(owner if isinstance(owner, Call | Member | Name) else None).split(".")
        table = tables.table_of_model(links[0])
        narrowed = bool({"where", "find_by", "limit", "in_batches", "find_each", "joins", "not"} & set(links[1:]))
        return Update(table, restricted=narrowed) if name == "update_all" else Delete(table, narrowed)
