"""Columns by their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from migration_guards.definitions import Column, Reference
from migration_guards.model import Dialect
from migration_guards.sql.cursor import Cursor, listed, parted, said
from migration_guards.sql.lexer import Kind, Word

_ENDS = frozenset({
    "NOT", "NULL", "DEFAULT", "PRIMARY", "UNIQUE", "REFERENCES", "CHECK", "COLLATE", "GENERATED", "AS",
    "AUTO_INCREMENT", "AUTOINCREMENT", "COMMENT", "ON", "CONSTRAINT", "FIRST", "AFTER", "CHARACTER", "CHARSET", "KEY",
    "USING", "INVISIBLE", "VISIBLE", "STORED", "VIRTUAL", "DEFERRABLE", "INITIALLY", "COLUMN_FORMAT", "STORAGE",
    "ENGINE_ATTRIBUTE", "IDENTITY", "CODEC", "TTL", "MATERIALIZED", "ALIAS", "ENFORCED", "WITHOUT", "SRID",
})  # fmt: skip
"""What may follow the type or the default of a column."""
_SERIALS = frozenset({"serial", "bigserial", "smallserial", "serial4", "serial8", "serial2"})
_BARE_CALLS = frozenset({
    "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_USER", "SESSION_USER",
    "USER",
})  # fmt: skip
_NO_CALLS = frozenset({
    "IN", "AND", "OR", "NOT", "CAST", "VALUES", "AS", "ANY", "ALL", "SOME", "EXISTS", "CASE", "WHEN", "THEN", "ELSE",
    "ARRAY", "UNION", "EXCEPT", "INTERSECT", "SELECT", "DISTINCT", "FROM", "JOIN", "ON", "USING", "WHERE", "BY",
    "HAVING", "LIMIT", "LIKE", "BETWEEN", "IS", "OVER", "FILTER", "GROUP", "WITHIN", "INTERVAL", "INTO", "LATERAL",
    "KEY",
})  # fmt: skip
"""Words before a parenthesis that call nothing."""


def column(cursor: Cursor) -> Column:
    """A column definition from its name to the end of the words."""
    found = Column(cursor.name())
    kind = _type(cursor)
    found = replace(found, type=kind, identity=kind in _SERIALS, not_null=kind in _SERIALS)
    while cursor.word is not None:
        found = _constrained(cursor, found)
    return found


def _type(cursor: Cursor) -> str:
    if cursor.upper in _ENDS and not (cursor.upper == "CHARACTER" and cursor.peek() != "SET"):
        return ""
    first = cursor.next()
    return kind_of([first, *cursor.until(*_ENDS)] if first else [])


def kind_of(found: list[Word]) -> str:
    """A type in the dialect's spelling, lower case but for what is quoted: `varchar(80)`, `enum('A','b')`."""
    return listed(found).removeprefix("public.")


def _constrained(cursor: Cursor, found: Column) -> Column:
    """The column with the next thing that is said of it."""
    if cursor.take("NOT", "NULL"):
        return replace(found, not_null=True)
    if cursor.take("DEFAULT"):
        return _defaulted(cursor, found)
    if cursor.take_any("PRIMARY", "KEY"):
        cursor.skip("KEY", "ASC", "DESC")
        return replace(found, primary=True, not_null=True)
    if cursor.take("UNIQUE"):
        cursor.take("KEY")
        return replace(found, unique=True)
    if cursor.take_any("AUTO_INCREMENT", "AUTOINCREMENT"):
        return replace(found, identity=True)
    if cursor.take("IDENTITY"):
        cursor.group()
        return replace(found, identity=True)
    if cursor.take("REFERENCES"):
        return replace(found, references=reference(cursor))
    if cursor.take("CHECK"):
        return replace(found, check=said(cursor.group()))
    if cursor.take("COLLATE"):
        cursor.take("=")
        return replace(found, collation=cursor.name().lower())
    if cursor.upper in ("GENERATED", "AS"):
        return _generated(cursor, found)
    return _attributed(cursor, found)


def _attributed(cursor: Cursor, found: Column) -> Column:
    """The column with an attribute of MySQL, or without what no guard asks for."""
    attribute = ""
    if cursor.take("COMMENT"):
        attribute = f"comment {said(cursor.some(1))}"
    elif cursor.take("ON", "UPDATE"):
        start = cursor.at
        cursor.at += 1
        cursor.group()
        attribute = f"on update {listed(cursor.words[start : cursor.at])}"
    elif cursor.take("CHARACTER", "SET") or cursor.take("CHARSET"):
        cursor.take("=")
        attribute = f"character set {cursor.name().lower()}"
    elif cursor.take("CONSTRAINT"):
        cursor.name()
    elif cursor.take("INVISIBLE"):
        attribute = "invisible"
    else:
        cursor.at += 1
    return replace(found, attributes=(*found.attributes, attribute)) if attribute else found


def _defaulted(cursor: Cursor, found: Column) -> Column:
    first = cursor.next()
    words = [first, *_after_first(cursor, first)] if first else []
    text, calls = default_of(words, cursor.dialect)
    return replace(found, default=text, calls=calls)


def _after_first(cursor: Cursor, first: Word) -> list[Word]:
    """The rest of a default whose first word is taken."""
    if first.upper != "(":
        return cursor.until(*_ENDS)
    cursor.at -= 1
    group = cursor.group()
    closing = cursor.words[cursor.at - 1 : cursor.at]
    return [*group, *closing, *cursor.until(*_ENDS)]


def default_of(found: list[Word], dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """The text of a default and the functions that it calls. NULL is no default. An expression of MySQL in parentheses
    that calls nothing counts as a call of `expression`: the server works it out all the same."""
    if [word.upper for word in found] == ["NULL"]:
        return "", ()
    calls = calls_of(found)
    worked_out = dialect is Dialect.MYSQL and found[:1] != [] and found[0].upper == "("
    return said(found), calls or (("expression",) if worked_out else ())


def calls_of(found: Sequence[Word]) -> tuple[str, ...]:
    """The functions that an expression calls, lower case, each once."""
    calls = {
        one.bare.lower()
        for one, two in pairwise(found)
        if two.upper == "(" and one.kind in (Kind.CODE, Kind.NAME) and one.bare.isidentifier()
        if one.upper not in _NO_CALLS
    }
    casts = {two.text.lower() for one, two in pairwise(found) if one.upper == "::"}
    bare = {word.text.lower() for word in found if word.upper in _BARE_CALLS}
    return tuple(sorted((calls - casts) | bare))


def _generated(cursor: Cursor, found: Column) -> Column:
    cursor.skip("GENERATED", "ALWAYS", "BY", "DEFAULT", "ON", "NULL", "AS")
    if cursor.take("IDENTITY"):
        cursor.group()
        return replace(found, identity=True, not_null=True)
    cursor.group()
    stored = cursor.take_any("STORED", "PERSISTENT", "PERSISTED")
    cursor.take("VIRTUAL")
    return replace(found, generated="stored" if stored else "virtual")


def reference(cursor: Cursor) -> Reference:
    """The far end of a foreign key, from the table's name on."""
    table = cursor.name()
    columns = names(cursor, cursor.group())
    on_delete = ""
    while cursor.upper in ("ON", "MATCH"):
        kind = f"{cursor.upper} {cursor.peek()}"
        cursor.at += 2
        if kind.startswith("ON "):
            did = " ".join(filter(None, [cursor.take_any("CASCADE", "RESTRICT", "NO", "SET"),
                                         cursor.take_any("NULL", "DEFAULT", "ACTION")]))  # fmt: skip
            on_delete = did.lower().replace("no action", "") if kind == "ON DELETE" else on_delete
    return Reference(table, columns, on_delete)


_ORDERS = ("ASC", "DESC", "FIRST", "LAST", "NULLS")


def names(cursor: Cursor, found: list[Word]) -> tuple[str, ...]:
    """The columns of a key or index: lengths and orders left out, an expression as its text in parentheses."""
    return tuple(_key(cursor.inside(part)) for part in parted(found))


def _key(cursor: Cursor) -> str:
    ordered = takewhile(lambda word: word.upper in _ORDERS, reversed(cursor.words))
    whole = cursor.words[: len(cursor.words) - len(list(ordered))]
    if whole and whole[0].upper == "(":
        return said(whole)
    name = cursor.name()
    length = cursor.upper == "(" and cursor.peek().isdigit() and cursor.peek(2) == ")"
    return f"({said(whole)})" if cursor.upper == "(" and not length else name
