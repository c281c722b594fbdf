"""Words of SQL. What is quoted or a comment is found here, as each dialect has it, since that decides what is code
at all; the code between is put into words by sqlparse's lexer, which knows no dialect.

Sources: the lexical chapters of the documentation of PostgreSQL 18, MySQL 8.4, MariaDB 11 and SQLite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from itertools import islice

from sqlparse import tokens as T
from sqlparse.lexer import tokenize

from migration_guards.actions import MAX_VALUES
from migration_guards.model import Dialect


class Kind(Enum):
    """What a word is. OPEN is something quoted that the text does not end; it goes to the end of the text."""

    CODE = auto()
    STRING = auto()
    NAME = auto()
    TEMPLATE = auto()
    OPEN = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is no blank and no comment. `end` is exclusive; offsets count characters."""

    text: str
    start: int
    end: int
    kind: Kind = Kind.CODE

    @property
    def upper(self) -> str:
        """The word as a keyword; empty for what is quoted."""
        return self.text.upper() if self.kind is Kind.CODE else ""

    @property
    def bare(self) -> str:
        """The text without its quotes, doubled ones made single."""
        if self.kind not in (Kind.STRING, Kind.NAME) or len(self.text) < 2:
            return self.text
        quote = self.text[-1]
        return self.text[1:-1].replace(quote * 2, quote)


_SLASHED = r"'(?:[^'\\]++|\\.|'')*+'"
_DOUBLED = r"'(?:[^']++|'')*+'"
_NAME = r'"(?:[^"]++|"")*+"'
_TICKED = r"`(?:[^`]++|``)*+`"
_BLOCK = r"/\*(?:[^*]++|\*(?!/))*+\*/"

_STRINGS = {
    Dialect.POSTGRES: rf"(?<=[eE])(?<![\w$][eE]){_SLASHED}|(?!(?<=[eE])(?<![\w$][eE])'){_DOUBLED}",
    Dialect.MYSQL: _SLASHED + r'|"(?:[^"\\]++|\\.|"")*+"',
    Dialect.SQLITE: _DOUBLED,
    Dialect.OTHER: _DOUBLED,
}
_NAMES = {
    Dialect.POSTGRES: _NAME,
    Dialect.MYSQL: _TICKED,
    Dialect.SQLITE: rf"{_NAME}|{_TICKED}|\[[^\]]*+\]",
    Dialect.OTHER: rf"{_NAME}|{_TICKED}|(?<![\w\])])\[[^\W\d][\w $]*+\]",
}
_COMMENTS = {
    Dialect.POSTGRES: r"--[^\n]*+",
    Dialect.MYSQL: r"--(?=[\s\x00-\x1f>]|\Z)[^\n]*+|\#[^\n]*+|"
    rf"/\*M?!9{{5,6}}(?:[^*]++|\*(?!/))*+\*/|(?!/\*M?!){_BLOCK}",
    Dialect.SQLITE: rf"--[^\n]*+|{_BLOCK}|/\*.*+",
    Dialect.OTHER: rf"--[^\n]*+|{_BLOCK}",
}
"""In MySQL `--` needs a blank behind it; `-->` can be no code either."""
_MARKS = {
    Dialect.POSTGRES: r"(?P<nested>/\*)|(?P<dollar>(?<![\w$])\$(?:[^\W\d]\w*)?\$)|(?P<open>['\"])",
    Dialect.MYSQL: r"(?P<executable>/\*M?!\d*+|\*/)|(?P<open>['\"`]|/\*)",
    Dialect.SQLITE: r"(?P<open>['\"`\[])",
    Dialect.OTHER: r"(?P<open>['\"`]|/\*)",
}
"""What has no fixed end, or none at all. MySQL runs what stands in `/*! ... */`: the marks alone are no code."""

_TEMPLATES = r"\{\{[^{}\n]{0,200}\}\}|\$\{[^{}\n]{0,200}\}|<%[^%\n]{0,200}%>"
WINDOW = 2_000
"""Characters of code that are taken apart at a time."""

LONGEST_TEMPLATE = 210

_BLANK = re.compile(r"\s")
_APART, _SMALLEST = re.compile(r"\S+"), re.compile(r"\w+|\S")
_ENDS_OF_COMMENT = re.compile(r"/\*|\*/")
_SPECIALS = {"string": Kind.STRING, "name": Kind.NAME, "template": Kind.TEMPLATE, "dollar": Kind.STRING}


@lru_cache
def pieces_of(dialect: Dialect) -> re.Pattern[str]:
    """Finds the next thing that is quoted, a comment or a template; the group's name says which."""
    return re.compile(
        rf"(?P<string>{_STRINGS[dialect]})|(?P<name>{_NAMES[dialect]})|(?P<comment>{_COMMENTS[dialect]})"
        rf"|(?P<template>{_TEMPLATES})|{_MARKS[dialect]}",
        re.S,
    )


@lru_cache
def flow_of(dialect: Dialect) -> re.Pattern[str]:
    """Matches at every place: a `run` of code with all that is quoted in it, a comment, a mark, or the `stop` `;`."""
    marks = re.sub(r"\?P<\w+>", "?:", _MARKS[dialect])
    return re.compile(
        rf"(?P<run>(?:[\w\s,().=]++|{_STRINGS[dialect]}|{_NAMES[dialect]}|(?!;|{_COMMENTS[dialect]}|{marks}).)++)"
        rf"|(?P<comment>{_COMMENTS[dialect]})|(?P<stop>;)|{_MARKS[dialect]}",
        re.S,
    )


def closed(text: str, found: re.Match[str], end: int) -> tuple[int, bool]:
    """Where a match really ends, and whether it does before the end of the text."""
    if found.lastgroup == "open":
        return end, False
    if found.lastgroup == "dollar":
        last = text.find(found[0], found.end(), end)
        return (end, False) if last < 0 else (last + len(found[0]), True)
    if found.lastgroup == "nested":
        depth = 0
        for mark in _ENDS_OF_COMMENT.finditer(text, found.start(), end):
            depth += 1 if mark[0] == "/*" else -1
            if depth == 0:
                return mark.end(), True
        return end, False
    return found.end(), True


def words(text: str, dialect: Dialect, start: int = 0, end: int | None = None) -> Iterator[Word]:
    """The words of a part of a text, one by one. Whoever wants few of them does not wait for what comes later."""
    end = len(text) if end is None else end
    position = start
    while position < end:
        blank = _BLANK.search(text, min(position + WINDOW, end), end)
        edge = blank.start() if blank else end
        found = pieces_of(dialect).search(text, position, min(edge + LONGEST_TEMPLATE, end))
        if found is None or found.start() > edge:
            yield from _code(text, position, edge)
            position = edge
            continue
        yield from _code(text, position, found.start())
        found = pieces_of(dialect).match(text, found.start(), end) or found
        position, whole = closed(text, found, end)
        kind = _SPECIALS.get(str(found.lastgroup)) if whole else Kind.OPEN
        if kind is not None:
            yield Word(text[found.start() : position], found.start(), position, kind)


def _code(text: str, start: int, end: int) -> Iterator[Word]:
    """The words of code alone. sqlparse takes some keywords together, and what it holds for comments or brackets of
    another dialect: they are taken apart again."""
    position = start
    for kind, value in tokenize(text[start:end]):
        for part in (_SMALLEST if kind in T.Comment or value[:1] == "[" else _APART).finditer(value):
            yield Word(part[0], position + part.start(), position + part.end())
        position += len(value)


MAX_WORDS = 100_000
"""How many words of one statement are looked at."""

_ROWS = re.compile(r"\s*(?:INSERT|REPLACE)\b[^'#/;-]{1,4000}?\bVALUES\b", re.I)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a statement. `open`: something quoted in it does not end. `cut`: it has more than these, which is
    too many. `rows`: those of an INSERT are left out."""

    found: list[Word]
    open: bool
    cut: bool = False
    rows: bool = False


def taken(text: str, dialect: Dialect) -> Words:
    """The words of a statement as far as they are looked at. Of the rows of an INSERT these are the first texts: seeds
    hold thousands of rows, and nothing else in them matters."""
    head = _ROWS.match(text)
    found = list(_head(head[0], dialect)) if head else []
    if head and found[-1].upper == "VALUES":
        found += _texts(text, dialect, head.end())
        return Words(found, _left_open(text, dialect, head.end()), rows=True)
    stream = words(text, dialect)
    found = list(islice(stream, MAX_WORDS))
    cut = next(stream, None) is not None
    unended = bool(found) and (found[-1].kind is Kind.OPEN or (cut and _left_open(text, dialect, found[-1].end)))
    return Words(found, unended, cut)


@lru_cache
def _head(text: str, dialect: Dialect) -> tuple[Word, ...]:
    """The words of an INSERT before its rows, which the next one mostly has too."""
    return tuple(words(text, dialect))


def _texts(text: str, dialect: Dialect, position: int) -> list[Word]:
    """The first texts among the rows of an INSERT."""
    found: list[Word] = []
    while len(found) < MAX_VALUES and (piece := pieces_of(dialect).search(text, position)):
        start = piece.start()
        position, _ = closed(text, piece, len(text))
        if piece.lastgroup in ("string", "dollar"):
            found.append(Word(text[start:position], start, position, Kind.STRING))
    return found


def _left_open(text: str, dialect: Dialect, position: int) -> bool:
    """Whether something quoted, or a comment, from this place on does not end."""
    while position < len(text) and (found := flow_of(dialect).match(text, position)):
        position, whole = closed(text, found, len(text))
        if not whole:
            return True
    return False
