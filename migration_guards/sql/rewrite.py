"""How SQL is written otherwise: words put into a clause that stands in the file as it is."""

from __future__ import annotations

from migration_guards.actions import Action, AddConstraint, CreateIndex, DetachPartition, DropIndex, Maintain, Reindex
from migration_guards.model import Intent, Operation, Reading
from migration_guards.sql.postgres.parser import Refused, scan
from rules.core.finding import Edit
from rules.core.source import Span

BUILDS = (CreateIndex, DropIndex, Reindex, DetachPartition)
"""What cannot run in a transaction once it is CONCURRENTLY."""

LOCK_TIMEOUT = b"SET LOCAL lock_timeout = '2s';\n"
"""Ends with its transaction (documentation of PostgreSQL 17, SET)."""


def rewritten(operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
    """The edit that writes an exactly read clause of PostgreSQL otherwise; None where none is known."""
    if operation.reading is not Reading.EXACT or operation.inside or not _may(operation, intent):
        return None
    if intent is Intent.LOCK_TIMEOUT:
        start = operation.statement.span.start
        return (Edit(operation.path, Span(start, start), LOCK_TIMEOUT),)
    span = operation.where.span
    raw = operation.migration.content[span.start : span.end]
    try:
        words = [(raw[token.start : token.end].lower(), int(token.end)) for token in scan(raw)]
    except Refused:
        return None
    at = _place(operation.action, intent, words)
    if at is None:
        return None
    text = b" NOT VALID" if intent is Intent.NOT_VALID else b" CONCURRENTLY"
    return (Edit(operation.path, Span(span.start + at, span.start + at), text),)


def _may(operation: Operation, intent: Intent) -> bool:
    """Whether PostgreSQL knows the form: CONCURRENTLY takes one index at a time, no CASCADE and no whole system,
    SET LOCAL a transaction (documentation of PostgreSQL 17, DROP INDEX, REINDEX, ALTER TABLE, SET)."""
    action = operation.action
    if intent is Intent.NOT_VALID:
        return True
    if intent is Intent.LOCK_TIMEOUT:
        return operation.transaction > 0
    refused = (isinstance(action, DropIndex) and action.cascade) or (
        isinstance(action, Reindex) and action.what == "system"
    )
    return len(operation.statement.clauses) == 1 and not refused


def _place(action: Action, intent: Intent, words: list[tuple[bytes, int]]) -> int | None:
    last = words[-1][1] if words else None
    if intent is Intent.NOT_VALID:
        return last if isinstance(action, AddConstraint) else None
    if isinstance(action, DetachPartition):
        return last
    anchor = {CreateIndex: b"index", DropIndex: b"index", Maintain: b"view"}.get(type(action))
    if isinstance(action, Reindex):
        anchor = action.what.encode()
    return next((end for word, end in words if word == anchor), None)


def builds_only(operation: Operation) -> bool:
    """Whether its file does nothing but build, rebuild or drop indexes or detach partitions, so that no transaction is
    needed."""
    return all(isinstance(peer.action, BUILDS) for peer in operation.peers)
