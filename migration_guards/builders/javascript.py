"""Migrations that are JavaScript or TypeScript files with `up` and `down`."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from migration_guards.actions import Action, Dynamic, Opaque
from migration_guards.builders import javascript_edits
from migration_guards.builders.calls import statement
from migration_guards.builders.edits import call_of, sql_within
from migration_guards.builders.numbering import deed, following
from migration_guards.frameworks.framework import Framework
from migration_guards.model import Dialect, Intent, Migration, Operation, Script, Source, Statement, Wrap
from migration_guards.programs import Scope, Step, callee_name, dotted, steps, top
from migration_guards.servers import database, server
from migration_guards.sql import reader
from rules.core.codebase import Codebase, FileReader
from rules.core.finding import Edit
from rules.syntax.javascript_program import javascript_program
from rules.syntax.program import Assign, Bind, Class, Do, Expr, Function, Member, Program, Record
from rules.syntax.trees import JAVASCRIPT

_DIGITS = re.compile(r"\d{3,}")
_DIALECTS = {
    "postgres": Dialect.POSTGRES, "postgresql": Dialect.POSTGRES, "pg": Dialect.POSTGRES, "mysql": Dialect.MYSQL,
    "mariadb": Dialect.MYSQL, "sqlite": Dialect.SQLITE, "sqlite3": Dialect.SQLITE, "mssql": Dialect.OTHER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """What tells whose migration a file is: the first parameter of `up`, and the modules that are imported."""

    param: str
    annotation: str
    is_class: bool
    called: tuple[str, ...]


@dataclass(frozen=True)
class Module:
    """A file's `up` and `down`, and the settings beside them."""

    functions: dict[str, Function]
    settings: dict[str, Expr]
    is_class: bool
    scope: Scope


def module_of(program: Program) -> Module:
    """The functions and settings that a file offers: exports of either kind, or the members of its class."""
    functions: dict[str, Function] = {}
    settings: dict[str, Expr] = {}
    is_class = False
    scope = top(program)
    for name, value in _offered(program, scope):
        if isinstance(value, Function):
            functions[name] = value
        elif isinstance(value, Class) and any(method.name == "up" for method in value.methods):
            is_class = True
            functions.update({method.name: method for method in value.methods})
            settings.update({field.name: field.value for field in value.fields if field.value is not None})
        else:
            settings[name] = value
    return Module(functions, settings, is_class, scope)


def _offered(program: Program, scope: Scope) -> Iterator[tuple[str, Expr]]:
    for one in program.statements:
        value = one.value if isinstance(one, Bind) else one.value if isinstance(one, Do) else None
        if isinstance(value, Assign) and isinstance(value.target, Member):
            name = value.target.name
            value = scope.value(value.value)
        elif isinstance(one, Bind):
            name = dotted(one.target)
        else:
            continue
        if isinstance(value, Record) and name in ("exports", "default"):
            yield from scope.record(value).items()
        elif value is not None:
            yield name, scope.value(value) or value


def _head(path: str, content: bytes) -> Head:
    module = module_of(javascript_program(path, content))
    up = module.functions.get("up")
    if up is None:
        return Head("", "", module.is_class, ())
    first = up.params[0] if up.params else None
    called = sorted({callee_name(step.call) for step in steps(up.body.statements, module.scope)})
    annotation = dotted(first.annotation) if first and first.annotation else ""
    return Head(first.name if first else "", annotation, module.is_class, tuple(called))


_HEADS = FileReader("javascript migration", "1", Head, _head)


class ScriptRunner(Framework):
    """A runner of numbered JavaScript or TypeScript files."""

    query: ClassVar[str] = ""
    """The call of its builder that runs SQL; empty where a new file would need more."""

    def sources(self, code: Codebase) -> Iterable[Source]:
        files = [path for path in code.files if self._may_be(PurePosixPath(path))]
        for path, head in code.read_files(_HEADS, files).items():
            if head.param and self.owns(head):
                place = PurePosixPath(path)
                dialect, version = self._database(code, place)
                number = _DIGITS.search(place.name)
                order: tuple[int | str, ...] = (int(number[0]) if number else 0, place.name)
                yield Source(path, str(place.parent), order, dialect, version)

    def _may_be(self, path: PurePosixPath) -> bool:
        folders = {part.lower() for part in path.parts[:-1]}
        named = any("migration" in folder or folder == "migrate" for folder in folders)
        tested = bool(folders & {"__tests__", "test", "tests", "node_modules"}) or ".test." in path.name
        return named and not tested and path.suffix in JAVASCRIPT and not path.name.endswith(".d.ts")

    def _database(self, code: Codebase, path: PurePosixPath) -> tuple[Dialect, tuple[int, ...]]:
        said = [_DIALECTS[part.lower()] for part in path.parts if part.lower() in _DIALECTS]
        dialect = said[-1] if said else database(code, str(path))[0]
        return dialect, server(code, str(path), dialect)

    @abstractmethod
    def owns(self, head: Head) -> bool:
        """Whether a file with this head is one of the runner's."""

    @abstractmethod
    def operations(self, source: Source) -> Operations:
        """The reader of the runner's calls."""

    def wrap(self, module: Module) -> Wrap:
        """How the runner puts this file into transactions."""
        return Wrap.FILE

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        module = module_of(javascript_program(source.path, content))
        read = self.operations(source)
        up = self._statements(read, module, "up") or ()
        back = self._statements(read, module, "down")
        return Script(up, back, self.wrap(module), PurePosixPath(source.path).stem)

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        program = javascript_program(operation.path, operation.migration.content)
        return None if call_of(operation, program) else sql_within(operation, intent)

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        place, number = PurePosixPath(migration.path), following(code.files, migration.source.history)
        if number is None or not self.query:
            return None
        glue = re.sub(r"^\d+", "", place.name)[:1]
        path = place.with_name(f"{number}{glue if glue in '-_' else '_'}{deed(slug)}{place.suffix}")
        text = javascript_edits.module(migration.path, migration.content, self.query, sql)
        return (Edit(str(path), None, text.encode()),)

    def _statements(self, read: Operations, module: Module, name: str) -> tuple[Statement, ...] | None:
        function = module.functions.get(name)
        if function is None:
            return None
        read.begin(function)
        return tuple(s for step in steps(function.body.statements, module.scope) for s in read.statements(step))


class Operations:
    """What the calls of a builder do: one method `on_<call>` an operation, found by its name.

    `names` are what the builder is called in the file; calls of other things are not the database's.
    """

    queries: frozenset[str] = frozenset()
    """Calls whose first argument is SQL."""
    quiet: frozenset[str] = frozenset()
    """Calls that change nothing."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.names: frozenset[str] = frozenset()

    def begin(self, function: Function) -> None:
        self.names = frozenset(param.name for param in function.params if param.name)

    def statements(self, step: Step) -> Iterator[Statement]:
        name = callee_name(step.call)
        if name in self.queries:
            yield from self.query(step, step.argument(0))
            return
        if dotted(step.call.callee).partition(".")[0] not in self.names or name in self.quiet:
            return
        handler: Callable[[Step], Iterable[Action]] | None = getattr(self, f"on_{name}", None)
        known = handler(step) if handler else [Opaque(reason=f"{dotted(step.call.callee)} is not known")]
        yield statement(step.scope.content, step.call.at, known)

    def query(self, step: Step, expr: Expr | None) -> Iterator[Statement]:
        """The statements of SQL that is given as text."""
        given = step.scope.record(expr)
        fragment = step.scope.sql(given.get("query") or given.get("sql") or given.get("text") or expr)
        if fragment is None:
            yield statement(step.scope.content, step.call.at, [Dynamic(text=dotted(expr) or "SQL that is not shown")])
        else:
            yield from reader.statements(fragment.text, self.dialect, fragment.place)
