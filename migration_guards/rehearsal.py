"""What a rehearsal on a real server is asked to do, and what its observations mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from migration_guards.facts import MIGRATIONS, SOURCES, frameworks, read
from migration_guards.model import Dialect, Migration, Reading, Script, Source, Statement, Wrap
from migration_guards.sql.postgres import parser
from migration_guards.transactions import numbered
from rules.core.codebase import Codebase, Fact
from rules.core.source import Span, locate


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement to send. Statements of one `transaction` share it; empty means none."""

    text: str
    path: str
    span: Span
    line: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Act:
    """A migration file to rehearse. `down` is None where there is no way back that can be run."""

    path: str
    up: tuple[Sent, ...]
    down: tuple[Sent, ...] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One history: what the base has done already, and what the change adds. `problem` says why it cannot be run."""

    history: str
    base: tuple[Act, ...] = ()
    new: tuple[Act, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What the server showed of one statement. `seen` is false outside a transaction, where locks are gone again."""

    path: str
    span: Span
    line: int
    seen: bool = False
    locks: tuple[tuple[str, str], ...] = ()
    """The table locks that are held when it has run, on tables that were there before."""
    rewritten: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    unvalidated: tuple[str, ...] = ()
    error: str = ""
    state: str = ""
    """The SQLSTATE of the error."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the way back leaves otherwise than it was, as lines of a description of the schema."""

    path: str
    missing: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Performance:
    """A rehearsed history. `problem` says why there is nothing, or nothing more, to tell."""

    history: str
    up: tuple[Observation, ...] = ()
    down: tuple[Observation, ...] = ()
    restored: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    problem: str = ""
    server: str = ""


class _NotSql(Exception):
    """A statement whose SQL is not known."""


def _plans(code: Codebase) -> Sequence[Plan]:
    histories: dict[str, list[Migration]] = defaultdict(list)
    for migration in code.get(MIGRATIONS):
        if migration.source.dialect is Dialect.POSTGRES:
            histories[migration.source.history].append(migration)
    return [_plan(code, history, migrations) for history, migrations in histories.items()]


def _plan(code: Codebase, history: str, migrations: Sequence[Migration]) -> Plan:
    edited = next((migration.path for migration in migrations if migration.edited), "")
    if edited:
        return Plan(history, problem=f"{edited} was merged before and is edited: what ran already cannot be rehearsed")
    try:
        return Plan(history, tuple(_base(code.base, history)), tuple(_act(one, back=True) for one in migrations))
    except _NotSql as problem:
        return Plan(history, problem=str(problem))


def _base(base: Codebase | None, history: str) -> Iterator[Act]:
    for framework, source in base.get(SOURCES) if base else ():
        if source.history == history:
            yield _act(_must_read(base, framework.name, source), back=False)


def _must_read(base: Codebase | None, runner: str, source: Source) -> Migration:
    migration = read(base, frameworks()[runner], source) if base else None
    if migration is None:
        raise _NotSql(f"{source.path} cannot be read")
    return migration


def _act(migration: Migration, *, back: bool) -> Act:
    script = migration.script
    up = tuple(_sent(migration, script, migration.content, migration.path))
    if not back or script.down is None:
        return Act(migration.path, up)
    try:
        return Act(migration.path, up, tuple(_sent(migration, replace(script, up=script.down), b"", "")))
    except _NotSql:
        return Act(migration.path, up)


def _sent(migration: Migration, script: Script, content: bytes, path: str) -> Iterator[Sent]:
    for statement, number in zip(script.up, numbered(script), strict=True):
        line = locate(path, content, statement.span.start, statement.span.end).line if content else 1
        if not _is_sql(statement):
            where = f"{migration.path}:{line}" if content else migration.path
            raise _NotSql(f"{where} is no SQL until its runner makes it so, and the runner is not started")
        shared = "all" if script.wrap is Wrap.ALL and number == 1 else f"{migration.path} {number}"
        yield Sent(statement.text, migration.path, statement.span, line, shared if number else "")


def _is_sql(statement: Statement) -> bool:
    if statement.reading is not Reading.EXACT:
        return False
    try:
        found = list(parser.split(statement.text.encode()))
        return len(found) == 1 and found[0][2] and len(parser.parse(statement.text)) == 1
    except parser.Refused:
        return False


PLANS: Fact[Sequence[Plan]] = Fact("rehearsal plans", _plans)
"""What a rehearsal of the change has to run, one history at a time."""

BLOCKING = frozenset({"AccessExclusiveLock", "ExclusiveLock", "ShareRowExclusiveLock", "ShareLock"})
"""Table locks that hold off writes (PostgreSQL 17 documentation, Explicit Locking)."""

CIRCUMSTANCES = ("08", "0A", "22", "23", "42501", "42704", "42710", "53", "54", "55", "57", "58", "XX")
"""SQLSTATEs, or their beginnings, that come of the rehearsal itself: rights, roles and extensions that it does not
have, rows that it does not know, limits that it sets (PostgreSQL 17 documentation, Error Codes)."""


def broken(observation: Observation) -> bool:
    """Whether the statement fails on every server, and not for what the rehearsal lacks."""
    return bool(observation.state) and not observation.state.startswith(CIRCUMSTANCES)


def sentence(observation: Observation) -> str:
    """What was proven of a statement, in a sentence; empty where nothing was."""
    if observation.error:
        lead = "it fails" if broken(observation) else "it could not be rehearsed"
        return f"{lead}: {observation.error}"
    held = {table for table, mode in observation.locks if mode in BLOCKING}
    scanned = [table for table in observation.scanned if table in held and table not in observation.rewritten]
    parts = [
        f"rewrites {', '.join(observation.rewritten)}" if observation.rewritten else "",
        f"reads all of {', '.join(scanned)} under a lock that blocks writes" if scanned else "",
        f"leaves {', '.join(observation.invalid)} invalid" if observation.invalid else "",
        f"leaves {', '.join(observation.unvalidated)} not validated" if observation.unvalidated else "",
    ]
    said = [part for part in parts if part]
    if said:
        return f"proven: {', and '.join(said)}"
    return "proven: rewrites no table, and reads none in full" if observation.seen else "it runs"
