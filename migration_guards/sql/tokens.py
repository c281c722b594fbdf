"""Words and statements of SQL by sqlparse's lexer: for dialects without a parser, and for text that one refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlparse import tokens as T
from sqlparse.lexer import tokenize

from migration_guards.model import Dialect

MAX_VALUES_BYTES = 20_000
"""How much of the rows of one INSERT is looked at; the rest is passed over as it stands."""

_EXECUTABLE = re.compile(r"/\*!\d*")
_VALUES = re.compile(r"\bVALUES\s*\(", re.I)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|;", re.S)
_PLAIN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|;", re.S)
_ROUTINES = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"})


@dataclass(frozen=True, slots=True)
class Word:
    """A token that is no blank and no comment. `end` is exclusive; offsets count characters."""

    text: str
    start: int
    end: int
    is_string: bool = False
    is_quoted: bool = False

    @property
    def upper(self) -> str:
        """The word as a keyword; empty for strings and quoted names, which are none."""
        return "" if self.is_string or self.is_quoted else self.text.upper()


def words(text: str, dialect: Dialect) -> Iterator[Word]:
    """The words of a text, lazily. Backslashes escape in MySQL alone; `/*! ... */` is code there."""
    shown = text if dialect is Dialect.MYSQL else text.replace("\\", "/")
    if dialect is Dialect.MYSQL and "/*!" in text:
        shown = _opened(shown)
    position = 0
    for kind, value in tokenize(shown):
        start, position = position, position + len(value)
        if kind in T.Comment or not value.strip() or (kind is T.Operator and value == "*/"):
            continue
        yield from _split_word(text[start:position], kind, start)


def _opened(text: str) -> str:
    """Executable comments with their marks blanked."""
    out, position = "", 0
    while match := _EXECUTABLE.search(text, position):
        end = text.find("*/", match.end())
        if end < 0:
            break
        out += text[position : match.start()] + " " * (match.end() - match.start()) + text[match.end() : end] + "  "
        position = end + 2
    return out + text[position:]


def _split_word(value: str, kind: object, start: int) -> Iterator[Word]:
    string = kind in T.Literal.String.Single or (value[:1] == "'" and len(value) > 1)
    if string or value[:1] in ('"', "`", "["):
        yield Word(value, start, start + len(value), is_string=string, is_quoted=not string)
        return
    for part in re.finditer(r"\S+", value):
        yield Word(part[0], start + part.start(), start + part.end())


def split(text: str, dialect: Dialect) -> Iterator[tuple[int, int]]:
    """Character spans of the statements without what ends them; pieces of comments alone are left out."""
    if dialect is Dialect.MYSQL and re.search(r"^\s*DELIMITER\s", text, re.I | re.M):
        yield from _by_delimiters(text, dialect)
    else:
        yield from _by_semicolons(text, 0, dialect)


def _by_delimiters(text: str, dialect: Dialect) -> Iterator[tuple[int, int]]:
    """A script of the mysql client, whose DELIMITER lines say what ends a statement."""
    delimiter, position = ";", 0
    for line in [*re.finditer(r"^[ \t]*DELIMITER[ \t]+(\S+)[^\n]*$", text, re.I | re.M), None]:
        end = line.start() if line else len(text)
        if delimiter == ";":
            yield from _by_semicolons(text[position:end], position, dialect)
        else:
            for piece in re.finditer(rf"(?:(?!{re.escape(delimiter)}).)+", text[position:end], re.S):
                first = next(words(piece[0], dialect), None)
                if first is not None:
                    yield position + piece.start() + first.start, position + piece.start() + len(piece[0].rstrip())
        if line:
            delimiter, position = line[1], line.end()


def _by_semicolons(text: str, shift: int, dialect: Dialect) -> Iterator[tuple[int, int]]:
    position = 0
    while position < len(text):
        end = _statement_end(text, position, dialect)
        piece = text[position:end]
        first = next(words(piece, dialect), None)
        if first is not None and first.text != ";":
            yield shift + position + first.start, shift + position + len(piece.rstrip().rstrip(";").rstrip())
        position = max(end, position + 1)


def _statement_end(text: str, start: int, dialect: Dialect) -> int:
    """Just after the semicolon that ends the statement that begins at `start`."""
    head: list[str] = []
    depth = blocks = 0
    last = ""
    for word in words(text[start:], dialect):
        if len(head) < 8:
            head.append(word.upper)
        if word.text == ";" and depth <= 0 and blocks <= 0:
            return start + word.end
        if head[:1] == ["CREATE"] and any(kind in head for kind in _ROUTINES):
            blocks += _opens(word.upper, last)
        depth += (word.text == "(") - (word.text == ")")
        last = word.upper
        if head[:1] in (["INSERT"], ["REPLACE"]) and word.upper == "VALUES":
            return _after_rows(text, start + word.end, dialect)
    return len(text)


def _opens(word: str, last: str) -> int:
    """How many blocks of a routine's body a word opens: -1 closes one. `END IF` opens again what END closed."""
    if word in ("BEGIN", "CASE") and last != "END":
        return 1
    if last == "END" and word in ("IF", "LOOP", "WHILE", "REPEAT"):
        return 1
    return -1 if word == "END" else 0


def _after_rows(text: str, position: int, dialect: Dialect) -> int:
    """The end of an INSERT from its rows on: a scan for the semicolon that knows quotes and comments alone."""
    pattern = _QUOTED if dialect is Dialect.MYSQL else _PLAIN
    for match in pattern.finditer(text, position):
        if match[0] == ";":
            return match.end()
    return len(text)


def shortened(text: str) -> str:
    """A statement whose rows are cut where nobody looks any more."""
    match = _VALUES.search(text[:MAX_VALUES_BYTES])
    return text[: match.end() + MAX_VALUES_BYTES] if match else text
