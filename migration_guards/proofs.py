"""What rehearsals proved, for guards to consult."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from migration_guards.model import Operation
from migration_guards.rehearsal import Observation, Performance, sentence
from rules.core.codebase import Codebase, Fact, Unavailable
from rules.core.finding import Finding

REHEARSAL: Fact[Sequence[Performance]] = Fact("rehearsal")
"""What was seen of each history; empty where the policy asks for no rehearsal. The host supplies it."""

ALIKE = (12,)
"""Servers from this version on do what the server of a rehearsal does, as far as rewriting and reading goes."""


def proven(findings: Iterable[Finding], operation: Operation, code: Codebase, clears: bool) -> Iterator[Finding]:
    """The findings with what was seen of their statement.

    `clears`: they claim that a table is rewritten or read in full, and go where the server did neither.
    """
    for finding in findings:
        seen = _seen(operation, code)
        if seen is None or not seen.seen or seen.error:
            yield finding
        elif seen.rewritten or seen.scanned:
            yield replace(finding, message=f"{finding.message} Rehearsed, {sentence(seen)}.")
        elif not clears or (operation.server and operation.server < ALIKE):
            yield finding


def _seen(operation: Operation, code: Codebase) -> Observation | None:
    try:
        performances = code.get(REHEARSAL)
    except Unavailable:
        return None
    place = operation.path, operation.statement.span
    return next((one for done in performances for one in done.up if (one.path, one.span) == place), None)
