"""Statements by sqlparse's tokens: for dialects without a parser here, and for text that a parser refuses."""

from __future__ import annotations

from collections.abc import Iterator

from sqlparse import tokens as T
from sqlparse.lexer import tokenize

from migration_guards.model import Clause, Kind

SKIPPED = (
    "IF",
    "EXISTS",
    "NOT",
    "ONLY",
    "TABLE",
    "CONCURRENTLY",
    "LOW_PRIORITY",
    "IGNORE",
    "QUICK",
    "TEMPORARY",
    "TEMP",
)


def split(text: str) -> Iterator[tuple[int, int]]:
    """Character spans of the statements, without their semicolons; blank and comment-only ones are left out."""
    start, position, depth, solid = 0, 0, 0, False
    for kind, value in tokenize(text):
        if value == ";" and depth <= 0:
            if solid:
                yield start, position
            start, depth, solid = position + 1, 0, False
        elif value in "()" and value:
            depth += 1 if value == "(" else -1
        position += len(value)
        if value != ";" and kind not in T.Comment and value.strip():
            if not solid:
                start = position - len(value)
            solid = True
    if solid:
        yield start, position


def clauses(text: str) -> tuple[Clause, ...]:
    """What a statement does, by its words; nothing for statements that matter to no guard."""
    words = _words(text)
    upper = [word.upper() for word in words]
    head = upper[:2]
    if head[:1] == ["TRUNCATE"]:
        return (Clause(Kind.TRUNCATE, _first_name(words, 1)),)
    if head == ["DROP", "TABLE"]:
        return tuple(Clause(Kind.DROP_TABLE, name) for name in _names(words[2:]))
    if head == ["DELETE", "FROM"]:
        return (Clause(Kind.DELETE, _first_name(words, 2), has_where="WHERE" in upper),)
    if head[:1] == ["UPDATE"]:
        return (Clause(Kind.UPDATE, _first_name(words, 1), has_where="WHERE" in upper),)
    if head == ["CREATE", "TABLE"] or (head[:1] == ["CREATE"] and upper[2:3] == ["TABLE"]):
        return (Clause(Kind.CREATE_TABLE, _first_name(words, upper.index("TABLE") + 1)),)
    if head[:1] == ["CREATE"] and "INDEX" in upper[:3] and "ON" in upper:
        table = _first_name(words, upper.index("ON") + 1)
        return (Clause(Kind.CREATE_INDEX, table, concurrent="CONCURRENTLY" in upper[:5]),)
    if head == ["ALTER", "TABLE"]:
        return tuple(_altered(words[2:]))
    return (Clause(Kind.OTHER),)


def _words(text: str) -> list[str]:
    return [value for kind, value in tokenize(text) for value in _parts(kind, value)]


def _parts(kind: object, value: str) -> list[str]:
    if not value.strip() or kind in T.Comment:
        return []
    return value.split() if kind in T.Keyword else [value]


def _first_name(words: list[str], start: int) -> str:
    return next(iter(_names(words[start:])), "")


def _names(words: list[str]) -> Iterator[str]:
    name = ""
    for word in words:
        if word.upper() in SKIPPED and not name:
            continue
        if word == ",":
            yield name
            name = ""
        elif word == "." or not name or name.endswith("."):
            name += word.strip('"`[]').lower()
        else:
            break
    if name:
        yield name


def _altered(words: list[str]) -> Iterator[Clause]:
    table = _first_name(words, 0)
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    for part in parts:
        upper = [word.upper() for word in part]
        if "DROP" in upper:
            rest = part[upper.index("DROP") + 1 :]
            if rest[:1] and rest[0].upper() not in (
                "CONSTRAINT",
                "INDEX",
                "KEY",
                "PRIMARY",
                "FOREIGN",
                "NOT",
                "DEFAULT",
                "CHECK",
            ):
                yield Clause(Kind.DROP_COLUMN, table, _first_name([w for w in rest if w.upper() != "COLUMN"], 0))
        elif "ADD" in upper:
            rest = part[upper.index("ADD") + 1 :]
            if rest[:1] and rest[0].upper() not in (
                "CONSTRAINT",
                "INDEX",
                "KEY",
                "PRIMARY",
                "FOREIGN",
                "UNIQUE",
                "CHECK",
            ):
                name = _first_name([w for w in rest if w.upper() != "COLUMN"], 0)
                spaced = " ".join(upper)
                yield Clause(
                    Kind.ADD_COLUMN,
                    table,
                    name,
                    not_null="NOT NULL" in spaced,
                    has_default="DEFAULT" in upper or "AUTO_INCREMENT" in upper or "GENERATED" in upper,
                )
