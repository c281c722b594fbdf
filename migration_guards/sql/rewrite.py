"""How SQL is written otherwise: words put into a clause that stands in the file as it is."""

from __future__ import annotations

from itertools import pairwise

from migration_guards.actions import Action, AddConstraint, CreateIndex, DetachPartition, DropIndex, Maintain, Reindex
from migration_guards.model import Intent, Operation, Reading, Wrap
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
        tokens = list(scan(raw))
    except Refused:
        return None
    if intent is Intent.AFRESH:
        return _afresh(operation, [raw[token.start : token.end] for token in tokens])
    words = [(raw[token.start : token.end].lower(), int(token.end)) for token in tokens]
    at = _place(operation.action, intent, words)
    if at is None:
        return None
    text = b" NOT VALID" if intent is Intent.NOT_VALID else b" CONCURRENTLY"
    return (Edit(operation.path, Span(span.start + at, span.start + at), text),)


def _afresh(operation: Operation, tokens: list[bytes]) -> tuple[Edit, ...] | None:
    """DROP INDEX before a CREATE INDEX ... IF NOT EXISTS, by the name that stands there."""
    following = [name for word, name in pairwise(tokens) if word.lower() == b"exists"]
    if not following:
        return None
    start = operation.statement.span.start
    return (Edit(operation.path, Span(start, start), b"DROP INDEX CONCURRENTLY IF EXISTS " + following[0] + b";\n"),)


def _may(operation: Operation, intent: Intent) -> bool:
    """Whether PostgreSQL knows the form: CONCURRENTLY takes one index at a time, no CASCADE and no whole system,
    SET LOCAL a transaction (documentation of PostgreSQL 17, DROP INDEX, REINDEX, ALTER TABLE, SET)."""
    action = operation.action
    if intent is Intent.NOT_VALID:
        return True
    if intent is Intent.LOCK_TIMEOUT:
        return operation.transaction > 0
    if intent is Intent.AFRESH:
        return (
            operation.migration.script.wrap is not Wrap.SCRIPT and not operation.transaction and "." not in action.table
        )
    if isinstance(action, Maintain) and b" no data" in b" ".join(operation.statement.text.lower().encode().split()):
        return False
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
