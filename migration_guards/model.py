"""What a migration is, in the words that readers, runners and guards share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from migration_guards.actions import Action, AlterType, ModifyColumn
from migration_guards.schema import Schema
from rules.core.source import Location, Span


class Dialect(StrEnum):
    """The database that a migration is written for. OTHER gets no lock guard."""

    POSTGRES = "postgres"
    MYSQL = "mysql"
    SQLITE = "sqlite"
    OTHER = "other"


class Reading(StrEnum):
    """How a statement was understood: by the real parser, by its tokens, or not at all."""

    EXACT = "exact"
    TOKENS = "by-tokens"
    OPAQUE = "opaque"


class Wrap(StrEnum):
    """How a runner puts a file into transactions.

    FILE: one around the file. ALL: one around every pending file. SCRIPT: none, but the file is sent as one query,
    which PostgreSQL runs as one transaction when it holds several statements. NONE: every statement by itself.
    """

    FILE = "file"
    ALL = "all"
    SCRIPT = "script"
    NONE = "none"


class Intent(StrEnum):
    """What a guard wants to be written otherwise; the runner's file knows how.

    CONCURRENTLY takes along whatever takes the file out of its transaction. LOCK_TIMEOUT limits the waiting for locks
    from the statement to the end of its transaction. AFRESH drops the remains of a failed build before the build.
    """

    CONCURRENTLY = "concurrently"
    NOT_VALID = "not valid"
    LOCK_TIMEOUT = "lock timeout"
    AFRESH = "afresh"


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that a statement does, and the bytes of the file that say it. `inside` names the block around it."""

    action: Action
    span: Span
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a migration file: SQL, or a call of the runner's builder. The span counts bytes of the file.

    `apart`: it runs outside the transaction of its file, as in Alembic's `autocommit_block`. Statements of one `group`,
    such as a changeset of Liquibase, share a transaction of their own.
    """

    text: str
    span: Span
    reading: Reading
    clauses: tuple[Clause, ...]
    apart: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """What a migration file says. `down` is None where the runner knows no way back or the file gives none."""

    up: tuple[Statement, ...]
    down: tuple[Statement, ...] | None = None
    wrap: Wrap = Wrap.FILE
    revision: str = ""
    parents: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    """Further facts that a runner's own guards need, in the runner's words: `branch:x`, `replaces:0001_initial`."""


@dataclass(frozen=True, slots=True)
class Source:
    """A migration file as its runner sees it. `history` names the sequence that it belongs to: files of one history
    run against one database in `order`. `down` is the file with the way back, where the runner keeps it apart."""

    path: str
    history: str
    order: tuple[int | str, ...]
    dialect: Dialect
    server: tuple[int, ...] = ()
    down: str = ""
    wrap: Wrap | None = None
    """How it is put into transactions, where another file says so."""
    repeats: bool = False
    """An edit is no rewriting of history: the runner runs the file, or what is new in it, again."""
    sealed: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    """The files of its folder by name, where a sum of them has to follow every edit."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration file with its script; `runner` is the framework's name."""

    runner: str
    source: Source
    script: Script
    content: bytes = field(repr=False)
    old: frozenset[str] | None = field(default=None, repr=False)
    """The texts of the statements that the file held before the change, which are not judged; None for a new file."""

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def edited(self) -> bool:
        return self.old is not None

    def is_old(self, statement: Statement) -> bool:
        return self.old is not None and statement.text in self.old


@dataclass(frozen=True, slots=True)
class Operation:
    """A clause in its place: what a guard looks at.

    `before` is the schema as the clause finds it. `transaction` numbers the transaction that it runs in within its
    file; 0 means none. `peers` are all operations of the file in order, this one at `number`.
    """

    action: Action
    where: Location
    statement: Statement
    migration: Migration
    before: Schema = field(repr=False)
    transaction: int
    number: int
    peers: Sequence[Operation] = field(repr=False)
    inside: str = ""

    @property
    def dialect(self) -> Dialect:
        return self.migration.source.dialect

    @property
    def server(self) -> tuple[int, ...]:
        """The version of the server where the repository says it, else empty."""
        return self.migration.source.server

    @property
    def reading(self) -> Reading:
        return self.statement.reading

    @property
    def path(self) -> str:
        return self.migration.path

    @property
    def earlier(self) -> Sequence[Operation]:
        return self.peers[: self.number]

    @property
    def later(self) -> Sequence[Operation]:
        return self.peers[self.number + 1 :]

    @property
    def together(self) -> list[Operation]:
        """The earlier operations of the same transaction."""
        return [other for other in self.earlier if self.transaction and other.transaction == self.transaction]

    @property
    def old_type(self) -> str:
        """The type before of the column that changes: as the statement says it, or the schema; empty when unknown."""
        action = self.action
        if not isinstance(action, AlterType | ModifyColumn):
            return ""
        if isinstance(action, AlterType) and action.old:
            return action.old
        column = self.before.column(action.table, action.name)
        return column.type if column else ""

    @property
    def on_new_table(self) -> bool:
        """Whether the change itself creates the table that this is about."""
        return self.before.is_new(self.action.table)
