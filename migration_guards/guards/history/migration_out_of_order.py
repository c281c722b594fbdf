from __future__ import annotations

from collections.abc import Iterable

from migration_guards.frameworks.framework import Late
from migration_guards.history import CHANGES, Change, File
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule


class MigrationOutOfOrder(Rule[Change]):
    """A new migration is older than one that is merged, or has its number.

    golang-migrate never runs it and says nothing, goose and Flyway refuse; others run it late, after migrations
    that were written without it. It is judged on the tree that merging would make, and again when the base moves.
    Give it a number above the newest.
    """

    id = "migrations/migration-out-of-order"
    reference = "MH03"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = CHANGES
    examples = (
        Bad(
            {
                "migrations/1_a.up.sql": "SELECT 1;",
                "migrations/3_c.up.sql": "SELECT 3;",
                "migrations/2_b.up.sql": "SELECT 2;",
            },
            {"migrations/1_a.up.sql": "SELECT 1;", "migrations/3_c.up.sql": "SELECT 3;"},
        ),
        Bad(
            {"migrations/1_a.sql": "SELECT 1;", "migrations/1_b.sql": "SELECT 2;"}, {"migrations/1_a.sql": "SELECT 1;"}
        ),
        Good(
            {"migrations/1_a.sql": "SELECT 1;", "migrations/2_b.sql": "SELECT 2;"}, {"migrations/1_a.sql": "SELECT 1;"}
        ),
    )

    def check(self, subject: Change, code: Codebase) -> Iterable[Finding]:
        file = subject.after
        if subject.before is not None or file is None or file.version is None or subject.runner.by_graph:
            return
        versions = {other.path: other.version for other in subject.others if other.version is not None}
        twin = next((path for path, version in versions.items() if version == file.version), None)
        if any(other.entry.blob == file.entry.blob for other in subject.others):
            return
        newest = max(versions.values(), default=-1)
        if twin is not None:
            message = f"{twin} has the same number {file.version}: the runner takes one of the two."
            yield self.finding((file.path,), message, subject.where(code))
        elif file.version < newest:
            yield self._late(subject, file, newest, code)

    def _late(self, subject: Change, file: File, newest: int, code: Codebase) -> Finding:
        how = {
            Late.SKIPPED: "the runner skips it without a word",
            Late.REFUSED: "the runner refuses it",
            Late.APPLIED: "it runs late",
        }[subject.runner.late]
        severity = Severity.NOTE if subject.runner.late is Late.APPLIED else Severity.ERROR
        message = f"{file.version} is older than {newest}, which is merged: {how} where that has run."
        return self.finding((file.path,), message, subject.where(code), severity=severity)
