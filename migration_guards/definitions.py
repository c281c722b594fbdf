"""The parts of a table: columns, constraints and indexes.

Names are as the server would store them: PostgreSQL's unquoted ones in lower case, the schema `public` left out.
Types are lower case in the dialect's own spelling, with their arguments: `character varying(80)`, `bigint unsigned`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Reference:
    """The far end of a foreign key."""

    table: str
    columns: tuple[str, ...] = ()
    on_delete: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as its definition says it. `default` is its text; `calls` the functions that the default calls."""

    name: str
    type: str = ""
    not_null: bool = False
    default: str = ""
    calls: tuple[str, ...] = ()
    identity: bool = False
    generated: str = ""
    primary: bool = False
    unique: bool = False
    references: Reference | None = None
    check: str = ""
    collation: str = ""
    attributes: tuple[str, ...] = ()
    """What else MySQL restates in MODIFY: `comment 'x'`, `on update current_timestamp`, `character set utf8`."""


class Holds(StrEnum):
    """What a constraint demands."""

    PRIMARY = "primary key"
    UNIQUE = "unique"
    FOREIGN = "foreign key"
    CHECK = "check"
    EXCLUDE = "exclude"
    NOT_NULL = "not null"
    UNKNOWN = "constraint"


@dataclass(frozen=True, slots=True)
class Constraint:
    """A table constraint. `proves` lists the columns that a valid CHECK shows to be not null."""

    holds: Holds
    name: str = ""
    columns: tuple[str, ...] = ()
    references: Reference | None = None
    expression: str = ""
    not_valid: bool = False
    using_index: str = ""
    enforced: bool = True
    proves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Index:
    """An index. A column that is an expression stands as its text in parentheses. `method` is lower case."""

    name: str
    table: str
    columns: tuple[str, ...] = ()
    unique: bool = False
    method: str = ""
    partial: bool = False
    only: bool = False
    valid: bool = True


NO_COLUMN = Column("")
NO_CONSTRAINT = Constraint(Holds.UNKNOWN)
NO_INDEX = Index("", "")
