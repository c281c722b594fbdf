from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AttachPartition
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class AttachPartitionWithoutCheck(PostgresGuard):
    """A table becomes a partition, and every row of it is read first.

    ATTACH PARTITION locks the new partition with ACCESS EXCLUSIVE while it looks for rows that do not belong,
    unless a valid CHECK already says so (documentation of PostgreSQL 17, ALTER TABLE). Add that CHECK NOT
    VALID, validate it, attach, and drop it.
    """

    id = "migrations/attach-partition-without-check"
    reference = "ML27"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE e ATTACH PARTITION e1 FOR VALUES FROM (1) TO (2);"),
        good("CREATE TABLE e1 (a int); ALTER TABLE e ATTACH PARTITION e1 FOR VALUES FROM (1) TO (2);"),
        good(
            "ALTER TABLE e ATTACH PARTITION e1 FOR VALUES FROM (1) TO (2);",
            "CREATE TABLE e1 (a int, CONSTRAINT c CHECK (a >= 1 AND a < 2));",
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AttachPartition) or subject.before.is_new(action.partition):
            return
        table = subject.before.table(action.partition)
        if not (table and any(h.holds is Holds.CHECK and not h.not_valid for h in table.constraints)):
            message = (
                f"{action.partition} is locked while every row is read; a validated CHECK on its bounds spares that."
            )
            recipe = (
                f"ALTER TABLE {action.partition} ADD CONSTRAINT with a CHECK of its bounds NOT VALID; VALIDATE it in a"
                f" later migration; attach {action.partition} to {action.table}; drop the constraint"
            )
            yield self.against(subject, message, action.partition, advice(recipe))
