from __future__ import annotations

from collections.abc import Iterable

from migration_guards.examples import good
from migration_guards.frameworks.framework import Checksum
from migration_guards.history import CHANGES, Change, same_meaning
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Rule


class MergedMigrationEdited(Rule[Change]):
    """A migration that was merged before is edited.

    It has run somewhere, and will not run again: the database keeps what the old text made, new databases get what
    the new one makes. Runners that remember a checksum (Prisma, Flyway, sqlx, Atlas, Liquibase) stop at the next
    run even for a changed comment; for the others a change of comments or layout is only noted. Write a new
    migration instead.
    """

    id = "migrations/merged-migration-edited"
    reference = "MH01"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = CHANGES
    examples = (
        Bad({"migrations/1.sql": "CREATE TABLE t (a bigint);"}, {"migrations/1.sql": "CREATE TABLE t (a int);"}),
        Bad(
            {
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/1_a/migration.sql": "-- reworded\nCREATE TABLE t (a int);\n",
            },
            {
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/1_a/migration.sql": "-- worded\nCREATE TABLE t (a int);\n",
            },
        ),
        good("CREATE TABLE u (a int);", old="CREATE TABLE t (a int);"),
    )

    def check(self, subject: Change, code: Codebase) -> Iterable[Finding]:
        if subject.before is None or subject.after is None:
            return
        same = same_meaning(subject, code)
        remembered = subject.runner.checksum is Checksum.BYTES
        if same and remembered:
            message = (
                f"{subject.framework} remembers this file's checksum: the next run stops, though only comments changed."
            )
        elif same:
            message = "This migration was merged before; only its comments or layout change."
        else:
            message = "This migration was merged before: where it has run, this edit never will. Write a new one."
        severity = Severity.NOTE if same and not remembered else Severity.ERROR
        yield self.finding((subject.after.path,), message, subject.where(code), severity=severity)
