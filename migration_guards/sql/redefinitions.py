"""ALTER COLUMN by its words, in the wording of every dialect."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guards.actions import (
    Action,
    AlterIdentity,
    AlterTable,
    AlterType,
    DropDefault,
    DropNotNull,
    ModifyColumn,
    RenameColumn,
    SetDefault,
    SetNotNull,
)
from migration_guards.definitions import Column
from migration_guards.model import Dialect
from migration_guards.sql.columns import column, default_of, kind_of
from migration_guards.sql.cursor import Cursor, said


def altered_column(cursor: Cursor, table: str) -> Iterator[Action]:
    """What ALTER [COLUMN] changes, from behind ALTER on. SQL Server says the type alone; it counts as the whole."""
    if cursor.upper in ("INDEX", "CHECK", "CONSTRAINT") and cursor.peek() not in ("SET", "DROP", "TYPE"):
        yield AlterTable(table, f"alter {cursor.upper.lower()}")
        return
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    start = cursor.at
    name = cursor.name()
    if cursor.take("SET", "DEFAULT"):
        yield SetDefault(table, name, *default_of(cursor.rest, cursor.dialect))
    elif cursor.take("DROP", "DEFAULT"):
        yield DropDefault(table, name)
    elif cursor.take("SET", "NOT", "NULL"):
        yield SetNotNull(table, name)
    elif cursor.take("DROP", "NOT", "NULL"):
        yield DropNotNull(table, name)
    elif cursor.take("SET", "DATA", "TYPE") or cursor.take("TYPE"):
        yield _typed(cursor, table, name)
    elif cursor.take("TO"):
        yield RenameColumn(table, name, cursor.name())
    elif (what := _identity(cursor)) != "":
        yield AlterIdentity(table, name, what)
    elif cursor.dialect is Dialect.OTHER and cursor.upper not in ("SET", "RESET", "ADD", "DROP", ""):
        cursor.at = start
        made: Column = column(cursor)
        yield ModifyColumn(table, name, made)
    else:
        yield AlterTable(table, f"alter column {said(cursor.rest[:2]).lower()}".strip())


def _typed(cursor: Cursor, table: str, name: str) -> AlterType:
    kind = kind_of(cursor.until("USING", "COLLATE"))
    collation = cursor.name() if cursor.take("COLLATE") else ""
    using = said(cursor.rest) if cursor.take("USING") else ""
    return AlterType(table, name, kind, using, collation)


def _identity(cursor: Cursor) -> str:
    """What happens to an identity or a generated column's expression; empty when it is neither."""
    if cursor.take("ADD", "GENERATED"):
        return "add"
    if cursor.take("DROP", "IDENTITY"):
        return "drop"
    if cursor.take("DROP", "EXPRESSION"):
        return "drop expression"
    return "set" if cursor.take("SET", "GENERATED") or cursor.upper == "RESTART" else ""
