from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Reindex
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Intent, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class ReindexNotConcurrent(PostgresGuard):
    """Indexes are rebuilt while nobody can use them.

    REINDEX blocks writes to the table, and reads that would use the index (documentation of PostgreSQL 17,
    REINDEX). REINDEX CONCURRENTLY, since PostgreSQL 12, lets both through; it cannot run in a transaction.
    """

    id = "migrations/reindex-not-concurrent"
    reference = "ML03"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("REINDEX TABLE users;"),
        bad("REINDEX INDEX i;"),
        good("REINDEX INDEX CONCURRENTLY i;"),
        good("CREATE TABLE t (a int); REINDEX TABLE t;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, Reindex) and not action.concurrently and not subject.on_new_table:
            message = f"Writes wait until the {action.what} {action.name} is rebuilt; rebuild it CONCURRENTLY."
            fix = self.rewritten(subject, Intent.CONCURRENTLY, "Rebuild CONCURRENTLY")
            yield self.against(subject, message, action.name, fix)
