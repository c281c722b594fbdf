"""CREATE, DROP, ALTER and RENAME of anything but the clauses of ALTER TABLE, by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migration_guards.actions import (
    Action,
    CreateIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Other,
    Privilege,
    RenameTable,
    Trigger,
)
from migration_guards.definitions import Column, Constraint, Holds, Index
from migration_guards.model import Dialect
from migration_guards.objects import AddEnumValue, CreateEnum, CreateObject, DropObject, RenameEnumValue, RenameObject
from migration_guards.sql.columns import column, constraint, index, names
from migration_guards.sql.cursor import Cursor, parted, said

_MODIFIERS = frozenset({
    "TEMP", "TEMPORARY", "UNIQUE", "FULLTEXT", "SPATIAL", "GLOBAL", "LOCAL", "UNLOGGED", "DEFINER", "RECURSIVE",
    "EXTERNAL", "ALGORITHM", "SQL", "SECURITY", "AGGREGATE", "CONSTRAINT", "MATERIALIZED", "CLUSTERED", "NONCLUSTERED",
    "VIRTUAL",
})  # fmt: skip


def create(cursor: Cursor) -> Iterator[Action]:
    replace = cursor.take("OR", "REPLACE")
    options: set[str] = set()
    while cursor.upper in _MODIFIERS or (cursor.word and cursor.word.text in ("=", "@")):
        options.add(cursor.upper)
        definer = cursor.upper in ("DEFINER", "ALGORITHM", "SECURITY")
        cursor.at += 1
        if definer:
            cursor.until("VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "SQL")
    what = cursor.upper
    if cursor.take("TABLE"):
        yield _table(cursor, options)
    elif cursor.take("INDEX"):
        yield _index(cursor, options)
    elif cursor.take("TYPE"):
        yield _made_type(cursor)
    elif cursor.take("TRIGGER"):
        cursor.take("IF", "NOT", "EXISTS")
        name = cursor.name()
        cursor.until("ON")
        cursor.take("ON")
        yield Trigger(cursor.name(), name, "create")
    elif what:
        cursor.at += 1
        exists = cursor.take("IF", "NOT", "EXISTS")
        kind = "materialized view" if "MATERIALIZED" in options and what == "VIEW" else what.lower()
        yield CreateObject("", kind, cursor.name(), replace or exists)


def _table(cursor: Cursor, options: set[str]) -> CreateTable:
    exists = cursor.take("IF", "NOT", "EXISTS")
    table = cursor.name()
    temporary = bool(options & {"TEMP", "TEMPORARY"}) or table.startswith("#")
    if cursor.take("ON", "CLUSTER"):
        cursor.next()
    if cursor.take("LIKE"):
        return CreateTable(table, if_not_exists=exists, temporary=temporary, like=cursor.name())
    if cursor.take("PARTITION", "OF"):
        return CreateTable(table, if_not_exists=exists, partition_of=cursor.name())
    columns: list[Column] = []
    held: list[Constraint] = []
    indexes: list[Index] = []
    for part in parted(cursor.group()):
        _element(cursor.inside(part), table, columns, held, indexes)
    rest = [word.upper for word in cursor.words[cursor.at :]]
    selects = "SELECT" in rest
    partition = (
        rest[rest.index("PARTITION") + 2].lower()
        if "PARTITION" in rest and len(rest) > rest.index("PARTITION") + 2
        else ""
    )
    return CreateTable(
        table, tuple(columns), tuple(held), tuple(indexes), exists, temporary, "UNLOGGED" in options,
        partition_by=partition, from_select=selects, options=_options(cursor),
    )  # fmt: skip


def _element(cursor: Cursor, table: str, columns: list[Column], held: list[Constraint], indexes: list[Index]) -> None:
    heads = ("CONSTRAINT", "PRIMARY", "FOREIGN", "CHECK", "EXCLUDE")
    start = cursor.at
    if cursor.dialect is not Dialect.SQLITE and cursor.upper in ("KEY", "INDEX", "FULLTEXT", "SPATIAL", "UNIQUE"):
        made = index(cursor, table)
        if made is not None and not made.unique:
            indexes.append(made)
            return
        if made is not None:
            held.append(Constraint(Holds.UNIQUE, made.name, made.columns))
            return
        cursor.at = start
    if cursor.upper in heads or (cursor.upper == "UNIQUE" and cursor.peek() in ("(", "KEY", "INDEX")):
        found = constraint(cursor)
        if found is not None:
            held.append(found)
    elif cursor.word is not None:
        columns.append(column(cursor))


def _options(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    text = said(cursor.words[cursor.at :])
    found = re.findall(r"(ENGINE|CHARSET|ROW_FORMAT|COLLATE)\s*=?\s*(\w+)", text, re.I)
    return tuple((name.lower(), value.lower()) for name, value in found)


def _index(cursor: Cursor, options: set[str]) -> Action:
    concurrently = cursor.take("CONCURRENTLY")
    exists = cursor.take("IF", "NOT", "EXISTS")
    name = "" if cursor.upper == "ON" else cursor.name()
    cursor.until("ON")
    cursor.take("ON")
    only = cursor.take("ONLY")
    table = cursor.name()
    method = cursor.name().lower() if cursor.take("USING") else ""
    method = next((kind.lower() for kind in ("FULLTEXT", "SPATIAL") if kind in options), method)
    columns = names(cursor, cursor.group())
    partial = any(word.upper == "WHERE" for word in cursor.words[cursor.at :])
    made = Index(name, table, columns, "UNIQUE" in options, method if method != "btree" else "", partial, only)
    return CreateIndex(table, made, concurrently, exists)


def _made_type(cursor: Cursor) -> Action:
    name = cursor.name()
    if cursor.take("AS", "ENUM"):
        return CreateEnum("", name, tuple(word.text[1:-1] for word in cursor.group() if word.is_string))
    return CreateObject("", "type", name)


def drop(cursor: Cursor) -> Iterator[Action]:
    cursor.take("TEMPORARY")
    materialized = cursor.take("MATERIALIZED")
    what = cursor.upper
    cursor.at += 1
    concurrently = cursor.take("CONCURRENTLY")
    exists = cursor.take("IF", "EXISTS")
    cascade = bool(cursor.words) and cursor.words[-1].upper == "CASCADE"
    for part in parted(cursor.words[cursor.at :]):
        inner = cursor.inside(part)
        name = inner.name()
        if what in ("TABLE", "TABLES"):
            yield DropTable(name, cascade, exists)
        elif what == "INDEX":
            yield DropIndex(inner.name() if inner.take("ON") else "", name, concurrently, exists, cascade)
        elif what == "TRIGGER":
            yield Trigger(inner.name() if inner.take("ON") else "", name, "drop")
        elif what in ("USER", "ROLE", "OWNED"):
            yield Privilege("", "drop owned" if what == "OWNED" else "drop role", what == "OWNED")
        elif name:
            yield DropObject("", "materialized view" if materialized else what.lower(), name, cascade, exists)


def alter(cursor: Cursor) -> Iterator[Action]:
    what = cursor.upper.lower()
    cursor.at += 1
    cursor.take("IF", "EXISTS")
    name = cursor.name()
    if what == "type" and cursor.take("ADD", "VALUE"):
        exists = cursor.take("IF", "NOT", "EXISTS")
        value = cursor.next()
        placed = any(word.upper in ("BEFORE", "AFTER") for word in cursor.words)
        yield AddEnumValue("", name, value.text.strip("'") if value else "", placed, exists)
    elif what == "type" and cursor.take("RENAME", "VALUE"):
        old, _, new = cursor.next(), cursor.next(), cursor.next()
        yield RenameEnumValue("", name, old.text.strip("'") if old else "", new.text.strip("'") if new else "")
    elif cursor.take("RENAME", "TO"):
        yield RenameObject("", what, name, cursor.name())
    elif what == "system":
        yield Privilege("", "alter system", True)
    else:
        yield Other(what=f"alter {what}")


def rename(cursor: Cursor) -> Iterator[Action]:
    cursor.take_any("TABLE", "TABLES")
    for part in parted(cursor.words[cursor.at :]):
        inner = cursor.inside(part)
        old = inner.name()
        inner.take("TO")
        yield RenameTable(old, inner.name())
