"""What a statement does, by its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate, pairwise

from migration_guards.actions import Action, Opaque, Other, Select, Setting, Transaction
from migration_guards.model import Clause, Dialect, Reading
from migration_guards.objects import CreateObject
from migration_guards.sql import objects, rows, session
from migration_guards.sql.alterations import altered
from migration_guards.sql.bodies import held
from migration_guards.sql.cursor import Cursor
from migration_guards.sql.lexer import MAX_WORDS, Word, Words, taken
from rules.core.source import Span

_STATEMENTS: Mapping[str, Callable[[Cursor], Iterator[Action]]] = {
    **objects.STATEMENTS,
    **rows.STATEMENTS,
    **session.STATEMENTS,
}
_ROUTINES = ("procedure", "proc", "function", "event")
_BATCHED = frozenset({
    ("DROP", "TABLE"), ("DROP", "VIEW"), ("DROP", "DATABASE"), ("DROP", "SCHEMA"),
    ("TRUNCATE", "TABLE"), ("ALTER", "TABLE"), ("CREATE", "TABLE"), ("CREATE", "INDEX"), ("CREATE", "UNIQUE"),
    ("DELETE", "FROM"), ("INSERT", "INTO"), ("EXEC", "SP_RENAME"),
})  # fmt: skip
_ALTER_TABLE = (("ALTER", "TABLE"), ("ALTER", "IGNORE", "TABLE"), ("ALTER", "ONLINE", "TABLE"))
_RUNS = ("DROP", "ALTER", "CREATE", "DELETE", "UPDATE", "INSERT", "TRUNCATE", "EXEC", "EXECUTE", "BEGIN")


def read(text: str, dialect: Dialect) -> tuple[Reading, tuple[Clause, ...]]:
    """What one statement does, spans in bytes of its text; opaque when its words say nothing. Never raises."""
    statement = taken(text, dialect)
    reason = _unread(statement)
    clauses = [] if reason else list(_statement(text, statement.found, dialect))
    if not clauses:
        reason = reason or "its words are not those of a statement that is known"
        return Reading.OPAQUE, (Clause(Opaque(reason=reason), Span(0, len(text.encode()))),)
    end = len(text.rstrip()) if statement.rows else 0
    return Reading.TOKENS, tuple(
        replace(clause, span=_bytes(text, clause.span.start, max(clause.span.end, end))) for clause in clauses
    )


def _unread(statement: Words) -> str:
    """Why a statement cannot be read at all; empty when it can."""
    if not statement.found:
        return "it holds no word"
    if statement.open:
        return "a string or a comment in it does not end"
    if statement.cut:
        return f"it is longer than {MAX_WORDS} words"
    steps = ((word.upper == "(") - (word.upper == ")") for word in statement.found)
    depths = list(accumulate(steps))
    return "its parentheses do not match" if (depths[-1] or min(depths) < 0) and not statement.rows else ""


def _bytes(text: str, start: int, end: int) -> Span:
    if text.isascii():
        return Span(start, end)
    first = len(text[:start].encode())
    return Span(first, first + len(text[start:end].encode()))


def _statement(text: str, found: list[Word], dialect: Dialect) -> Iterator[Clause]:
    cursor = Cursor(found, dialect)
    while cursor.take("SET", "STATEMENT"):
        cursor.until("FOR")
        cursor.at += 1
    cursor = cursor.inside(cursor.rest)
    if cursor.take("BEGIN", "NOT", "ATOMIC"):
        yield from _block(cursor)
    elif dialect is Dialect.OTHER:
        for one in _batch(text, found):
            yield from _one(Cursor(one, dialect))
    else:
        yield from _one(cursor)


def _batch(text: str, found: list[Word]) -> Iterator[list[Word]]:
    """The statements of a batch of SQL Server, which needs no semicolons: they begin on a line of their own. What
    stands in a routine stays there."""
    start = depth = 0
    for number, (word, after) in enumerate(pairwise(found)):
        depth += (word.upper == "(") - (word.upper == ")")
        if number > start and depth == 0 and (word.upper, after.upper) in _BATCHED:
            line = text[text.rfind("\n", 0, word.start) + 1 : word.start]
            if not line.strip() and _makes_no_routine(found[start : start + 6]):
                yield found[start:number]
                start = number
    yield found[start:]


def _makes_no_routine(found: list[Word]) -> bool:
    head = [word.upper.lower() for word in found]
    return head[:1] != ["create"] or not any(kind in head for kind in (*_ROUTINES, "trigger", "view"))


def _one(cursor: Cursor, inner: bool = False) -> Iterator[Clause]:
    """The clauses of one statement; with `inner`, of one in a routine, where another's body is not looked at."""
    while cursor.dialect is Dialect.OTHER and cursor.take("IF"):
        cursor.until(*_RUNS)
        cursor.skip("BEGIN")
    cursor = cursor.inside(cursor.rest)
    if not cursor.words:
        return
    if any(cursor.take(*words) for words in _ALTER_TABLE):
        yield from altered(cursor)
        return
    whole = Span(cursor.words[0].start, cursor.words[-1].end)
    handler = _STATEMENTS.get(cursor.upper)
    cursor.at += cursor.upper != "("
    for action in handler(cursor) if handler else ():
        if isinstance(action, CreateObject) and action.what in _ROUTINES and not inner:
            action = replace(action, body=tuple(_body(cursor)))
        yield Clause(action, whole)


def _block(cursor: Cursor) -> Iterator[Clause]:
    """What a block by itself does, which is run at once."""
    cursor.at -= 1
    for part in held(cursor):
        for clause in _one(cursor.inside(part), inner=True):
            yield replace(clause, inside="a block")


def _body(cursor: Cursor) -> Iterator[Action]:
    """What a routine does to tables and rows when it is called."""
    for part in held(cursor):
        for clause in _one(cursor.inside(part), inner=True):
            if not isinstance(clause.action, Opaque | Other | Setting | Select | Transaction):
                yield clause.action
