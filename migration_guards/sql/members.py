"""ADD, DROP, MODIFY, CHANGE and RENAME in ALTER TABLE, from behind that word on."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterTable,
    ChangePartitions,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    ModifyColumn,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenameTable,
)
from migration_guards.definitions import Constraint, Holds
from migration_guards.model import Dialect
from migration_guards.sql.columns import column
from migration_guards.sql.constraints import constraint, inline_index, is_constraint, is_inline_index
from migration_guards.sql.cursor import Cursor, parted


def added(cursor: Cursor, table: str) -> Iterator[Action]:
    """ADD of columns, constraints, indexes and partitions."""
    if cursor.upper == "PARTITION" and cursor.peek() in ("(", "IF", "PARTITIONS", ""):
        yield ChangePartitions(table, "add")
    elif is_inline_index(cursor):
        made = inline_index(cursor, table)
        held = Constraint(Holds.UNIQUE, made.name, made.columns)
        yield AddConstraint(table, held) if made.unique else CreateIndex(table, made)
    elif is_constraint(cursor):
        yield AddConstraint(table, constraint(cursor))
    elif cursor.take("SYSTEM", "VERSIONING") or cursor.take("PERIOD", "FOR"):
        yield AlterTable(table, "system versioning")
    else:
        cursor.take("COLUMN")
        exists = cursor.take("IF", "NOT", "EXISTS")
        parts = list(parted(cursor.group())) if cursor.upper == "(" else [cursor.rest]
        for part in parts:
            yield _new_column(cursor.inside(part), table, exists)


def _new_column(cursor: Cursor, table: str, exists: bool) -> Action:
    if cursor.dialect is Dialect.OTHER and is_constraint(cursor):
        return AddConstraint(table, constraint(cursor))
    position = _position(cursor)
    return AddColumn(table, column(cursor), exists, position)


def _position(cursor: Cursor) -> str:
    """`first`, or the column that AFTER names, which are taken from the end of the words."""
    uppers = cursor.uppers
    if len(uppers) > 2 and uppers[-2] == "AFTER":
        position = cursor.words[-1].bare
        cursor.words = cursor.words[:-2]
        return position
    if len(uppers) > 1 and uppers[-1] == "FIRST":
        cursor.words = cursor.words[:-1]
        return "first"
    return ""


_DROPPED = {"FOREIGN": Holds.FOREIGN, "CHECK": Holds.CHECK, "CONSTRAINT": Holds.UNKNOWN}


def dropped(cursor: Cursor, table: str) -> Iterator[Action]:
    """DROP of columns, constraints, indexes and partitions."""
    cascade = "CASCADE" in cursor.uppers[1:]
    kind = cursor.upper
    if cursor.take("PRIMARY", "KEY"):
        yield DropConstraint(table, "", Holds.PRIMARY)
    elif kind in _DROPPED and len(cursor.rest) > 1:
        cursor.at += 1
        cursor.take("KEY")
        exists = cursor.take("IF", "EXISTS")
        yield DropConstraint(table, cursor.name(), _DROPPED[kind], cascade, exists)
    elif kind in ("INDEX", "KEY") and len(cursor.rest) > 1:
        cursor.at += 1
        exists = cursor.take("IF", "EXISTS")
        yield DropIndex(table, cursor.name(), if_exists=exists)
    elif kind == "PARTITION":
        yield ChangePartitions(table, "drop")
    elif cursor.take("SYSTEM", "VERSIONING") or cursor.take("PERIOD", "FOR"):
        yield AlterTable(table, "system versioning")
    else:
        yield from _dropped_columns(cursor, table, cascade)


def _dropped_columns(cursor: Cursor, table: str, cascade: bool) -> Iterator[Action]:
    cursor.take("COLUMN")
    exists = cursor.take("IF", "EXISTS")
    parts = list(parted(cursor.group())) if cursor.upper == "(" else [cursor.rest]
    for part in parts:
        yield DropColumn(table, cursor.inside(part).name(), cascade, exists)


def modified(cursor: Cursor, table: str) -> Iterator[Action]:
    """MODIFY: the column said again under its name."""
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    for part in list(parted(cursor.group())) if cursor.upper == "(" else [cursor.rest]:
        inner = cursor.inside(part)
        position = _position(inner)
        made = column(inner)
        yield ModifyColumn(table, made.name, made, position)


def changed(cursor: Cursor, table: str) -> Iterator[Action]:
    """CHANGE: the column said again, under another name or the same."""
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    name = cursor.name()
    position = _position(cursor)
    yield ModifyColumn(table, name, column(cursor), position)


def renamed(cursor: Cursor, table: str) -> Iterator[Action]:
    """RENAME of the table or of something in it."""
    kind = cursor.upper if "TO" in cursor.uppers[1:] else ""
    if kind in ("INDEX", "KEY", "CONSTRAINT") and cursor.peek() != "TO":
        cursor.at += 1
        old = _until_to(cursor)
        yield (RenameConstraint if kind == "CONSTRAINT" else RenameIndex)(table, old, cursor.name())
    elif kind != "" or len(cursor.rest) > 2:
        cursor.take("COLUMN")
        cursor.take("IF", "EXISTS")
        old = _until_to(cursor)
        yield RenameColumn(table, old, cursor.name()) if old else RenameTable(table, cursor.name())
    else:
        cursor.take_any("TO", "AS", "=")
        yield RenameTable(table, cursor.name())


def _until_to(cursor: Cursor) -> str:
    name = "" if cursor.upper == "TO" else cursor.name()
    cursor.take_any("TO", "AS")
    return name
