from __future__ import annotations

from collections.abc import Iterable, Iterator

from migration_guards.proofs import REHEARSAL
from migration_guards.rehearsal import Difference, Observation, Performance, broken
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span, locate

PATH = "migrations/1.sql"
MOST = 3


class RollbackNotRestoring(Rule[Performance]):
    """The way back of a migration fails, or does not restore the schema.

    On a real PostgreSQL the migration was run and undone, and the schema was not what it was before. Whoever rolls
    back a deployment gets a database that no commit describes, and the next attempt may fail on what is left. Undo
    each step in reverse order. Needs `rehearsal: postgres` in the policy.
    """

    id = "migrations/rollback-not-restoring"
    reference = "MH06"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = REHEARSAL
    examples = (
        Bad(
            {PATH: "CREATE INDEX i ON t (a);\n"},
            reports={
                REHEARSAL.name: [Performance("migrations", differences=(Difference(PATH, (), ("index public i",)),))]
            },
        ),
        Bad(
            {PATH: "CREATE INDEX i ON t (a);\n"},
            reports={
                REHEARSAL.name: [
                    Performance(
                        "migrations",
                        down=(Observation(PATH, Span(0, 1), 1, error='index "j" does not exist', state="42P01"),),
                    )
                ]
            },
        ),
        Good(
            {PATH: "CREATE INDEX i ON t (a);\n"},
            reports={REHEARSAL.name: [Performance("migrations", restored=(PATH,))]},
        ),
    )

    def check(self, subject: Performance, code: Codebase) -> Iterable[Finding]:
        for path, message in self._wrong(subject):
            content = code.text(path) or b""
            where = locate(path, content, 0, len(content.partition(b"\n")[0]))
            yield self.finding((path,), message, where)

    def _wrong(self, subject: Performance) -> Iterator[tuple[str, str]]:
        for seen in subject.down:
            if broken(seen):
                yield seen.path, f"Rehearsed, the rollback fails: {seen.error}."
        for difference in subject.differences:
            parts = [
                f"{what} {', '.join(lines[:MOST])}{' and more' if len(lines) > MOST else ''}"
                for what, lines in (("missing:", difference.missing), ("left over:", difference.left))
                if lines
            ]
            yield difference.path, f"Rehearsed, the rollback does not restore the schema; {'; '.join(parts)}."
