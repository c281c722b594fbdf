"""What a migration does, in the words that guards share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.core.source import Location


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


class Kind(StrEnum):
    """What an operation does."""

    DROP_TABLE = "drop table"
    DROP_COLUMN = "drop column"
    TRUNCATE = "truncate"
    DELETE = "delete"
    UPDATE = "update"
    CREATE_INDEX = "create index"
    CREATE_TABLE = "create table"
    ADD_COLUMN = "add column"
    OTHER = "other"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that a statement does; offsets are bytes in the statement's text."""

    kind: Kind
    table: str = ""
    name: str = ""
    has_where: bool = False
    concurrent: bool = False
    not_null: bool = False
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a migration file with what it does."""

    text: str
    where: Location
    reading: Reading
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A clause in its migration. `table_is_new` when the same change creates the table."""

    clause: Clause
    where: Location
    statement: str
    reading: Reading
    dialect: Dialect
    path: str
    alone: bool
    table_is_new: bool
