from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import ChangePartitions
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class PartitionChange(MysqlGuard):
    """The partitions of a table change.

    PARTITION BY, REMOVE PARTITIONING and REORGANIZE write rows anew; DROP and TRUNCATE PARTITION take their rows
    with them (documentation of MySQL 8.4, ALTER TABLE Partition Operations). Adding a range at the end is free.
    """

    id = "migrations/partition-change"
    reference = "MM09"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t DROP PARTITION p1;", dialect=Dialect.MYSQL),
        bad("ALTER TABLE t REMOVE PARTITIONING;", dialect=Dialect.MYSQL),
        good("ALTER TABLE t ADD PARTITION (PARTITION p2 VALUES LESS THAN (20));", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, ChangePartitions) or action.what == "add" or subject.on_new_table:
            return
        gone = action.what in ("drop", "truncate")
        message = (
            f"The rows of this partition of {action.table} are gone."
            if gone
            else f"Rows of {action.table} are written anew."
        )
        yield self.against(subject, message, action.what)
