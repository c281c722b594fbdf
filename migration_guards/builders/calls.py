"""A call of a migration's builder as a statement."""

from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Action, Opaque
from migration_guards.model import Clause, Reading, Statement
from rules.core.source import Span


def statement(content: bytes, at: Span, actions: Iterable[Action | tuple[Action, Span]]) -> Statement:
    """The statement that a call makes: opaque when a part of it is. An action may have a place of its own."""
    listed = [one if isinstance(one, tuple) else (one, at) for one in actions]
    opaque = any(isinstance(action, Opaque) for action, _ in listed)
    shown = content[at.start : at.end].decode(errors="replace")
    clauses = tuple(Clause(action, place) for action, place in listed)
    return Statement(shown, at, Reading.OPAQUE if opaque else Reading.EXACT, clauses)


def written(value: str | int | float | bool | None) -> str:
    """A default that a builder is given as a plain value, as SQL."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower() if isinstance(value, bool) else str(value)
