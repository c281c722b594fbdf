from __future__ import annotations

from collections.abc import Iterable, Sequence

from migration_guards.proofs import REHEARSAL
from migration_guards.rehearsal import Observation, Performance, broken
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span, locate

PATH = "migrations/1.sql"


class RehearsalFailed(Rule[Performance]):
    """A migration fails on a real server.

    The base's migrations were replayed on an empty PostgreSQL, and this statement ended in an error: it will in
    production too, and the deployment stands still in the middle. Mend what the message names; `prodgate rehearse`
    tells beforehand. Errors that come of the rehearsal itself are left out: roles, rights and extensions that it
    lacks, rows that it does not know, limits that it sets. Needs `rehearsal: postgres` in the policy.
    """

    id = "migrations/rehearsal-failed"
    reference = "MH14"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = REHEARSAL
    examples = (
        Bad(
            {PATH: "SELECT 1;\nDROP TABLE gone;\n"},
            line=2,
            reports={
                REHEARSAL.name: [
                    Performance(
                        "migrations",
                        (Observation(PATH, Span(10, 25), 2, error='table "gone" does not exist', state="42P01"),),
                    )
                ]
            },
        ),
        Good(
            {PATH: "GRANT SELECT ON t TO reader;\n"},
            reports={
                REHEARSAL.name: [
                    Performance(
                        "migrations",
                        (Observation(PATH, Span(0, 27), 1, error='role "reader" does not exist', state="42704"),),
                    )
                ]
            },
        ),
    )

    def check(self, subject: Performance, code: Codebase) -> Iterable[Finding]:
        for seen in subject.up:
            if broken(seen):
                where = locate(seen.path, code.text(seen.path) or b"", seen.span.start, seen.span.end)
                yield self.finding((seen.path, seen.state), f"Rehearsed, this statement fails: {seen.error}.", where)

    def remark(self, subjects: Sequence[Performance], code: Codebase) -> str:
        """What could not be rehearsed, and why."""
        left = [f"{one.history}: {one.problem}" for one in subjects if one.problem]
        left += [
            f"{seen.path}:{seen.line}: {seen.error}"
            for one in subjects
            for seen in one.up
            if seen.error and not broken(seen)
        ]
        return f"Not rehearsed: {'; '.join(left)}." if left else ""
