from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import DropIndex
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Intent, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad


class DropIndexNotConcurrent(PostgresGuard):
    """An index is dropped while nobody can use its table.

    DROP INDEX takes an ACCESS EXCLUSIVE lock on the table: it waits for every running query, and every new
    query waits behind it (documentation of PostgreSQL 17, DROP INDEX). CONCURRENTLY waits without a lock,
    but cannot run in a transaction.
    """

    id = "migrations/drop-index-not-concurrent"
    reference = "ML02"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        Bad(
            {
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/2_i/migration.sql": "DROP INDEX i;\n",
            },
            fixed={"prisma/migrations/2_i/migration.sql": "DROP INDEX CONCURRENTLY i;\n"},
        ),
        bad("DROP INDEX i; DROP INDEX j;", findings=2),
        good("DROP INDEX CONCURRENTLY i;"),
        good("CREATE TABLE t (a int); CREATE INDEX i ON t (a); DROP INDEX i;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, DropIndex) or action.concurrently:
            return
        table = action.table or subject.before.table_of_index(action.name)
        if not subject.before.is_new(table):
            place = table or "its table"
            message = f"Every query of {place} waits while the index {action.name} is dropped; drop it CONCURRENTLY."
            fix = self.rewritten(subject, Intent.CONCURRENTLY, "Drop the index CONCURRENTLY")
            yield self.against(subject, message, action.name, fix)
