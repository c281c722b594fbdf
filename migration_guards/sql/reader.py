"""SQL of any dialect to statements, each exact, by tokens or opaque."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migration_guards.actions import Opaque, Other, Select
from migration_guards.model import Clause, Dialect, Reading, Statement
from migration_guards.sql import clauses as by_tokens
from migration_guards.sql import tokens
from migration_guards.sql.postgres import psql
from migration_guards.sql.postgres import reader as postgres
from rules.core.codebase import Unreadable
from rules.core.source import Span

Place = Callable[[Span], Span]
"""Where bytes of the SQL stand in the file that holds it."""


def text_of(content: bytes) -> str:
    """The content as text; raises `Unreadable` when it is none."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("it is UTF-16; migrations are read as UTF-8")
    if b"\0" in content:
        raise Unreadable("it holds NUL bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None


def whole(content: bytes, start: int, end: int, dialect: Dialect) -> tuple[Statement, ...]:
    """The statements of a part of a SQL file, in bytes; raises `Unreadable` when the file is no text."""
    text_of(content)
    if start == 0 and content.startswith(b"\xef\xbb\xbf"):
        start = 3
    return statements(content[start:end].decode(), dialect, lambda span: Span(span.start + start, span.end + start))


def statements(text: str, dialect: Dialect, place: Place) -> tuple[Statement, ...]:
    """The statements of a text; never raises for what is wrong with it."""
    return tuple(_statements(text, dialect, place))


def _statements(text: str, dialect: Dialect, place: Place) -> Iterator[Statement]:
    if dialect is Dialect.POSTGRES:
        try:
            raw = psql.masked(text.encode())
            for start, end, shallow in list(postgres.split(raw)):
                yield _exact(raw[start:end].decode(), start, shallow, place)
            return
        except postgres.Refused:
            pass
    position = offset = 0
    for first, last in tokens.split(text, dialect):
        position, offset = first, offset + len(text[position:first].encode())
        yield _by_tokens(text[first:last], offset, dialect, place)


def _exact(text: str, start: int, shallow: bool, place: Place) -> Statement:
    try:
        found = postgres.clauses(text) if shallow else None
    except postgres.Refused:
        found = None
    if found is None:
        return _by_tokens(text, start, Dialect.POSTGRES, place)
    return _statement(text, start, Reading.EXACT, found, place)


def _by_tokens(text: str, start: int, dialect: Dialect, place: Place) -> Statement:
    reading, found = by_tokens.read(text, dialect)
    if dialect is Dialect.POSTGRES and all(isinstance(clause.action, Other) for clause in found):
        reading = Reading.OPAQUE
        found = (Clause(Opaque(reason="PostgreSQL's own parser refuses it"), Span(0, len(text.encode()))),)
    return _statement(text, start, reading, found, place)


def _statement(text: str, start: int, reading: Reading, found: tuple[Clause, ...], place: Place) -> Statement:
    moved = tuple(Clause(c.action, place(Span(c.span.start + start, c.span.end + start)), c.inside) for c in found)
    return Statement(text, place(Span(start, start + len(text.encode()))), reading, moved)


def called(expression: str) -> tuple[str, ...]:
    """The functions that an expression of PostgreSQL calls; none when it is no expression."""
    found = statements(f"SELECT {expression}", Dialect.POSTGRES, lambda span: span)
    return tuple(name for s in found for c in s.clauses if isinstance(c.action, Select) for name in c.action.calls)
