"""CREATE TABLE by its words."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guards.actions import AlterOnline, CreateTable
from migration_guards.definitions import Column, Constraint, Holds, Index
from migration_guards.sql.columns import column
from migration_guards.sql.constraints import constraint, inline_index, is_constraint, is_inline_index
from migration_guards.sql.cursor import Cursor, listed, parted
from migration_guards.sql.lexer import Kind, Word


def created_table(cursor: Cursor, modifiers: frozenset[str]) -> CreateTable | None:
    """The table of CREATE TABLE, from behind that word on; None when no name follows."""
    exists = cursor.take("IF", "NOT", "EXISTS")
    table = cursor.name()
    if not table:
        return None
    temporary = bool(modifiers & {"TEMP", "TEMPORARY"}) or table.startswith("#")
    if cursor.take("ON", "CLUSTER"):
        cursor.name()
    of, like = cursor.take("PARTITION", "OF"), cursor.take("LIKE")
    far = cursor.name() if of or like else ""
    columns, held, indexes, copied = _elements(cursor, table)
    rest = cursor.uppers
    return CreateTable(
        table, columns, held, indexes, exists, temporary, "UNLOGGED" in modifiers,
        partition_of=far if of else "", partition_by=_partitioned(cursor),
        from_select="SELECT" in rest or copied == "(", like=far if like else copied.removeprefix("("),
        options=tuple(options(cursor)),
    )  # fmt: skip


def _elements(cursor: Cursor, table: str) -> tuple[tuple[Column, ...], tuple[Constraint, ...], tuple[Index, ...], str]:
    """What stands in the parentheses; at last the table that it is like, or `(` when rows of a query fill it."""
    columns: list[Column] = []
    held: list[Constraint] = []
    indexes: list[Index] = []
    copied = ""
    if cursor.upper == "(" and cursor.peek() in ("SELECT", "WITH"):
        cursor.group()
        copied = "("
    for part in parted(cursor.group()):
        inner = cursor.inside(part)
        if is_inline_index(inner):
            made = inline_index(inner, table)
            if made.unique:
                held.append(Constraint(Holds.UNIQUE, made.name, made.columns))
            else:
                indexes.append(made)
        elif is_constraint(inner):
            held.append(constraint(inner))
        elif inner.take("LIKE"):
            copied = inner.name()
        elif inner.upper != "PERIOD" or inner.peek() != "FOR":
            columns.append(column(inner))
    return tuple(columns), tuple(held), tuple(indexes), copied


def _partitioned(cursor: Cursor) -> str:
    """How the table is partitioned, in lower case: `range`, `list`, `hash`, `linear`, ..."""
    rest = cursor.rest
    for number, word in enumerate(rest[:-2]):
        if word.upper == "PARTITION" and rest[number + 1].upper == "BY":
            return rest[number + 2].text.lower()
    return ""


_UNSIGNED = frozenset({
    "ENGINE", "CHARSET", "CHARACTER", "COLLATE", "COMMENT", "ROW_FORMAT", "AUTO_INCREMENT", "KEY_BLOCK_SIZE",
    "TABLESPACE",
})  # fmt: skip
"""Options whose value may stand without `=`."""
_NAMES = {"CHARACTER": "charset", "TYPE": "engine"}


def options(cursor: Cursor) -> Iterator[tuple[str, str]]:
    """The options of a table, to where its partitions or a query begin, lower case but for strings."""
    while cursor.word is not None and cursor.upper not in ("PARTITION", "AS", "SELECT", "WITH", "("):
        cursor.skip(",", "DEFAULT")
        word = cursor.next()
        if word is None:
            return
        name = _NAMES.get(word.upper, word.text.lower())
        if word.upper in ("CHARACTER", "DATA", "INDEX"):
            second = cursor.next()
            name = name if name == "charset" else f"{name} {second.text.lower() if second else ''}"
        if cursor.take("=") or word.upper in _UNSIGNED:
            yield name, _value(cursor.next())


def _value(word: Word | None) -> str:
    if word is None:
        return ""
    return word.bare if word.kind is Kind.STRING else word.bare.lower()


def online(cursor: Cursor, table: str) -> Iterator[AlterOnline]:
    """ALGORITHM= and LOCK= at the end of CREATE INDEX or DROP INDEX."""
    asked = {"ALGORITHM": "", "LOCK": ""}
    while cursor.word is not None:
        word = cursor.take_any(*asked)
        if word:
            cursor.take("=")
            asked[word] = listed(cursor.some(1))
        else:
            cursor.at += 1
    if any(asked.values()):
        yield AlterOnline(table, asked["ALGORITHM"], asked["LOCK"])
