"""The migrations that a change brings, and what each of their clauses does."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pkgutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from pydantic import TypeAdapter

import migration_guards.frameworks
from migration_guards.actions import ModifyColumn, Other, Select
from migration_guards.catalog import Catalog, differences
from migration_guards.frameworks.framework import Framework
from migration_guards.model import Clause, Dialect, Migration, Operation, Source, Statement
from migration_guards.objects import CreateObject
from migration_guards.schema import Schema
from migration_guards.transactions import numbered
from rules.core.codebase import Codebase, Fact
from rules.core.source import locate


@lru_cache(maxsize=1)
def frameworks() -> Mapping[str, Framework]:
    """One of each runner that has a module in `frameworks`, in the order in which they claim files."""
    package = migration_guards.frameworks
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    kinds = [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Framework) and value.__module__ == module.__name__
    ]
    found = [kind() for kind in kinds if not inspect.isabstract(kind)]
    return {one.name: one for one in sorted(found, key=lambda one: (one.rank, one.name))}


def _sources(code: Codebase) -> Sequence[tuple[Framework, Source]]:
    claimed: dict[str, tuple[Framework, Source]] = {}
    for framework in frameworks().values():
        for source in framework.sources(code):
            claimed.setdefault(source.path, (framework, source))
    return sorted(
        claimed.values(), key=lambda pair: (pair[1].history, [(isinstance(o, str), o) for o in pair[1].order])
    )


SOURCES: Fact[Sequence[tuple[Framework, Source]]] = Fact("migration sources", _sources)
"""Every migration file of the tree with its runner, a history at a time, in the order in which they run."""


def read(code: Codebase, framework: Framework, source: Source) -> Migration | None:
    """A migration file as its runner reads it; None where it cannot be read."""
    down = code.text(source.down) if source.down else None

    def script(path: str, content: bytes) -> Migration:
        return Migration(framework.name, source, framework.script(source, content, down), content)

    return code.parsed(source.path, script)


def _migrations(code: Codebase) -> Sequence[Migration]:
    before = code.base.files if code.base is not None else {}
    known = {entry.blob for entry in before.values()}
    found = []
    for framework, source in code.get(SOURCES):
        if code.files[source.path].blob in known:
            continue
        migration = read(code, framework, source)
        if migration is not None:
            found.append(_edited(code.base, migration) if code.base and source.path in before else migration)
    return found


def _edited(base: Codebase, migration: Migration) -> Migration:
    before = read(base, frameworks()[migration.runner], migration.source)
    return replace(migration, old=frozenset(s.text for s in before.script.up) if before else frozenset())


MIGRATIONS: Fact[Sequence[Migration]] = Fact("migrations", _migrations)
"""The migration files that the change adds or edits, in order."""


def _before(code: Codebase, history: str) -> Catalog:
    """The schema that a history had made before the change, from the cache where the same files were replayed."""
    base = code.base
    if base is None:
        return Catalog()
    listed = [(framework, source) for framework, source in base.get(SOURCES) if source.history == history]
    digest = hashlib.sha256(repr([(s, base.files[s.path].blob) for _, s in listed]).encode()).hexdigest()
    key = (history, digest)
    stored = code.cache.load("schema", "", [key]) if code.cache else {}
    if key in stored:
        return Catalog(_SCHEMA.validate_json(stored[key]))
    catalog = Catalog()
    for framework, source in listed:
        migration = read(base, framework, source)
        for statement in migration.script.up if migration else ():
            for clause in statement.clauses:
                catalog.apply(clause.action)
    if code.cache:
        code.cache.save("schema", "", {key: _SCHEMA.dump_json(catalog.schema())})
    return catalog


_SCHEMA = TypeAdapter(Schema)


def _operations(code: Codebase) -> Sequence[Operation]:
    histories: dict[str, list[Migration]] = defaultdict(list)
    for migration in code.get(MIGRATIONS):
        histories[migration.source.history].append(migration)
    found: list[Operation] = []
    for history, migrations in histories.items():
        catalog = _before(code, history)
        catalog.new = True
        functions: dict[str, CreateObject] = {}
        for migration in migrations:
            peers = _of_migration(migration, catalog, functions)
            found += [operation for operation in peers if not migration.is_old(operation.statement)]
    return found


def _of_migration(migration: Migration, catalog: Catalog, functions: dict[str, CreateObject]) -> list[Operation]:
    """All operations of a file. The catalog knows already what its old statements do."""
    peers: list[Operation] = []
    for statement, transaction in zip(migration.script.up, numbered(migration.script), strict=True):
        for said in _unfolded(statement, functions):
            for clause in _told_apart(said, migration, catalog.schema()):
                where = locate(migration.path, migration.content, clause.span.start, clause.span.end)
                before, number = catalog.schema(), len(peers)
                peers.append(
                    Operation(
                        clause.action, where, statement, migration, before, transaction, number, peers, clause.inside
                    )
                )
                if not migration.is_old(statement):
                    catalog.apply(clause.action)
            if isinstance(said.action, ModifyColumn) and not migration.is_old(statement):
                catalog.apply(said.action)
    return peers


def _unfolded(statement: Statement, functions: dict[str, CreateObject]) -> Iterator[Clause]:
    """The clauses; after a call of a function that the change itself makes, what that function does."""
    for clause in statement.clauses:
        yield clause
        action = clause.action
        if isinstance(action, CreateObject) and action.body:
            functions[action.name] = action
        elif isinstance(action, Select):
            for name in action.calls:
                for done in functions[name].body if name in functions else ():
                    yield Clause(done, clause.span, f"the function {name}")


def _told_apart(clause: Clause, migration: Migration, schema: Schema) -> list[Clause]:
    """A column that is said again as what changes of it, except on MySQL, where that is a clause of its own."""
    if not isinstance(clause.action, ModifyColumn) or migration.source.dialect is Dialect.MYSQL:
        return [clause]
    found = differences(clause.action, schema) or [Other(clause.action.table, "column said again")]
    return [Clause(action, clause.span, clause.inside) for action in found]


OPERATIONS: Fact[Sequence[Operation]] = Fact("operations", _operations)
"""What the new migrations do on the way up, in order. Statements that were merged before are only among the peers."""
