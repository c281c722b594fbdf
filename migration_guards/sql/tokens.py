"""Where statements end, for dialects without a parser and for text that one refuses. Nothing is dropped: what cannot be
told apart ends at the next semicolon, so that no statement hides in another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from migration_guards.model import Dialect
from migration_guards.sql.lexer import MAX_WORDS, closed, flow_of, pieces_of, words
from migration_guards.sql.postgres import psql

_CLIENT_LINES = {
    Dialect.MYSQL: re.compile(r"^[ \t]*DELIMITER[ \t]+(?P<new>[^\s\\]+)[^\n]*$", re.I | re.M),
    Dialect.OTHER: re.compile(r"^[ \t]*GO(?:[ \t]+\d+)?[ \t]*\r?$", re.I | re.M),
}
"""Lines that a client takes for itself, outside quotes: DELIMITER of mysql, GO of SQL Server's."""
_PSQL = re.compile(r"^[ \t]*\\", re.M)
_BODY = re.compile(r"(?:CREATE|ALTER|BEGIN)\b", re.I)

_BODIED = frozenset({"TRIGGER", "PROCEDURE", "PROC", "FUNCTION", "EVENT", "PACKAGE", "RULE"})
_BODILESS = frozenset({"TABLE", "VIEW", "INDEX", "DATABASE", "SCHEMA", "TYPE", "SEQUENCE", "USER", "ROLE"})
_HEAD_WORDS = 24
_STARTS = frozenset({";", "BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT", ":", "ATOMIC", "TRY", "CATCH", "AS", "IS"})
"""After these a statement of a body begins."""
_EXPRESSION = "CASE in an expression"
_BLOCKS = frozenset({"IF", "LOOP", "WHILE", "REPEAT"})
_NAMED_SO = frozenset({"OF", "ON", ",", ".", "(", "WHEN", "INTO", "FROM", "SELECT", "TRIGGER", "PROCEDURE", "FUNCTION",
                       "EVENT", "EXISTS"})  # fmt: skip
"""In the head of a routine BEGIN is a name after these."""


def split(text: str, dialect: Dialect) -> Iterator[tuple[int, int]]:
    """Character spans of the statements without what ends them; pieces of comments alone are left out."""
    shown = _without_psql(text) if dialect is Dialect.POSTGRES else text
    for start, end, delimited in _chunks(shown, dialect):
        yield from _statements(shown, start, end, dialect, delimited)


def _without_psql(text: str) -> str:
    """The text with psql's own lines and the data of COPY as blanks, each character in its place."""
    if not _PSQL.search(text):
        return text
    masked = psql.masked(text.encode("latin-1", "replace")).decode("latin-1")
    return "".join(" " if shown == " " else real for real, shown in zip(text, masked, strict=True))


def _chunks(text: str, dialect: Dialect) -> Iterator[tuple[int, int, bool]]:
    """The parts between the client's own lines and delimiters, and whether another end than `;` holds there."""
    line = _CLIENT_LINES.get(dialect)
    if line is None or not line.search(text):
        yield 0, len(text), False
        return
    pattern = re.compile(f"(?P<line>(?im:{line.pattern}))|{pieces_of(dialect).pattern}", re.S)
    delimiter, start, position = ";", 0, 0
    delimited = dialect is Dialect.OTHER
    while position < len(text):
        found = pattern.search(text, position)
        edge = found.start() if found else len(text)
        at = text.find(delimiter, position, edge + len(delimiter)) if delimiter != ";" else -1
        if at >= 0:
            yield start, at, True
            start = position = at + len(delimiter)
        elif found is None:
            break
        else:
            position, _ = closed(text, found, len(text))
            if found.lastgroup in ("line", "new"):
                yield start, edge, delimited
                start, delimiter = position, found.groupdict().get("new") or ";"
                delimited = dialect is Dialect.OTHER or delimiter != ";"
    yield start, len(text), delimited


def _statements(text: str, start: int, end: int, dialect: Dialect, delimited: bool) -> Iterator[tuple[int, int]]:
    """The statements of a chunk. A body that does not end goes to the delimiter; where there is none, it is not taken
    for one, nor is any later one."""
    first = last = -1
    position, trusting = start, True
    while position < end and (found := flow_of(dialect).match(text, position, end)):
        position, whole = closed(text, found, end)
        code = "" if found.lastgroup not in ("run", "dollar") and whole else text[found.start() : position].rstrip()
        if found.lastgroup == "stop":
            if first >= 0:
                yield first, last
            first = -1
        elif code:
            last = found.start() + len(code)
            if first >= 0:
                continue
            first = last - len(code.lstrip())
            if trusting and _BODY.match(text, first) and _holds_body(text, first, end, dialect):
                body = _body(text, first, end, dialect)
                trusting = body is not None or delimited
                if trusting:
                    last, position = body or (first + len(text[first:end].rstrip()), end)
    if first >= 0:
        yield first, last


def _holds_body(text: str, first: int, end: int, dialect: Dialect) -> bool:
    """Whether a statement makes a routine, or is a block by itself."""
    head = [word.upper for word in islice(words(text, dialect, first, end), _HEAD_WORDS)]
    what = next((word for word in head[1:] if word in _BODIED | _BODILESS), "")
    return head[:3] == ["BEGIN", "NOT", "ATOMIC"] or (head[0] != "BEGIN" and what in _BODIED)


def _body(text: str, first: int, end: int, dialect: Dialect) -> tuple[int, int] | None:
    """Where the last word of a routine ends and where what ends it stands; None when its blocks do not end."""
    body = _Body(dialect)
    last = first
    stream = words(text, dialect, first, end)
    for word in islice(stream, MAX_WORDS):
        if word.text == ";" and not body.is_open:
            return last, word.start
        body.take(word.upper or word.kind.name)
        last = word.end
    return None if body.is_open or next(stream, None) else (last, end)


class _Body:
    """How deep the words of a routine stand in its blocks."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._open: list[str] = []
        self._parentheses = 0
        self._before = self._leads = ""
        self._begun = self._is_rule = False

    @property
    def is_open(self) -> bool:
        return bool(self._open) or (self._is_rule and self._parentheses > 0)

    def take(self, word: str) -> None:
        before, self._before = self._before, word
        if before in _STARTS:
            self._leads = word
        self._parentheses += (word == "(") - (word == ")")
        if word == "RULE" and before in ("CREATE", "REPLACE"):
            self._is_rule = True
        if word == "END":
            if self._open and (self._open[-1] in ("CASE", _EXPRESSION, "REPEAT") or before in _STARTS):
                self._open.pop()
        elif word in ("TRAN", "TRANSACTION") and before == "BEGIN" and self._open:
            self._open.pop()
        elif word == "CASE" and before != "END":
            self._open.append("CASE" if before in _STARTS else _EXPRESSION)
        elif self._open[-1:] != [_EXPRESSION] and self._opens(word, before):
            self._open.append(word)
            self._begun = True

    def _opens(self, word: str, before: str) -> bool:
        starts = before in _STARTS or (before == "ROW" and not self._begun)
        if self._dialect is Dialect.POSTGRES:
            return word == "ATOMIC" and before == "BEGIN"
        if word == "BEGIN":
            return starts or self._leads == "DECLARE" or (not self._begun and before not in _NAMED_SO)
        return word in _BLOCKS and starts and self._dialect is not Dialect.SQLITE
