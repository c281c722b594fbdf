from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import DetachPartition
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Intent, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DetachPartitionNotConcurrent(PostgresGuard):
    """A partition is detached while nobody can use its parent.

    DETACH PARTITION takes an ACCESS EXCLUSIVE lock on the parent; CONCURRENTLY, since PostgreSQL 14, does not,
    and cannot run in a transaction (documentation of PostgreSQL 17, ALTER TABLE).
    """

    id = "migrations/detach-partition-not-concurrent"
    reference = "ML28"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE e DETACH PARTITION e1;", fixed="ALTER TABLE e DETACH PARTITION e1 CONCURRENTLY;"),
        good("ALTER TABLE e DETACH PARTITION e1 CONCURRENTLY;"),
        good("CREATE TABLE e (a int) PARTITION BY LIST (a); ALTER TABLE e DETACH PARTITION e1;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, DetachPartition) and not action.concurrently and not subject.on_new_table:
            message = f"Every query of {action.table} waits for this; detach CONCURRENTLY."
            fix = self.rewritten(subject, Intent.CONCURRENTLY, "Detach CONCURRENTLY")
            yield self.against(subject, message, action.partition, fix)
