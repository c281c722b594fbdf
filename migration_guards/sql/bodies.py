"""The statements inside a routine or a block of MySQL and SQL Server, by their words."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guards.sql.cursor import Cursor
from migration_guards.sql.lexer import Word

_CONTROL = frozenset({
    "IF", "ELSEIF", "CASE", "WHEN", "WHILE", "FOR", "UNTIL", "END", "DECLARE", "BEGIN", "THEN", "ELSE", "LOOP",
    "REPEAT",
})  # fmt: skip
_OPENING = frozenset({"BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT", "ATOMIC"})
_FIRST = (
    "BEGIN", "UPDATE", "DELETE", "INSERT", "REPLACE", "DROP", "ALTER", "CREATE", "TRUNCATE", "CALL", "IF", "CASE",
    "WHILE", "RENAME", "PREPARE", "EXECUTE", "LOOP", "REPEAT",
)  # fmt: skip


def held(cursor: Cursor) -> Iterator[list[Word]]:
    """The words of each statement, from the head of the routine on, each as if its turn came. THEN and ELSE begin one
    only in a statement of control: in others they belong to an expression."""
    cursor.until(*_FIRST)
    part: list[Word] = []
    for word in cursor.rest:
        controls = not part or part[0].upper in _CONTROL
        if word.upper == ";" or (word.upper == ":" and len(part) == 1):
            yield from _statement(part)
            part = []
        elif word.upper in _OPENING and controls:
            part = []
        else:
            part.append(word)
    yield from _statement(part)


def _statement(part: list[Word]) -> Iterator[list[Word]]:
    if part and part[0].upper not in _CONTROL:
        yield part
