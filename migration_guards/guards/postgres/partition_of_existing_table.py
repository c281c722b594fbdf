from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import CreateTable
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class PartitionOfExistingTable(PostgresGuard):
    """A new partition is made in place, and its parent is locked.

    CREATE TABLE ... PARTITION OF takes an ACCESS EXCLUSIVE lock on the parent (measured on PostgreSQL 15): it
    waits for every running query, and every new one waits behind it. Create the table apart, with a CHECK of
    its bounds, then ATTACH PARTITION, which takes SHARE UPDATE EXCLUSIVE.
    """

    id = "migrations/partition-of-existing-table"
    reference = "ML29"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("CREATE TABLE e2 PARTITION OF e FOR VALUES FROM (1) TO (2);"),
        good(
            "CREATE TABLE e (a int) PARTITION BY RANGE (a); CREATE TABLE e2 PARTITION OF e FOR VALUES FROM (1) TO (2);"
        ),
        good("CREATE TABLE e2 (a int);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, CreateTable) and action.partition_of and not subject.before.is_new(action.partition_of):
            message = f"Every query of {action.partition_of} waits for this; create {action.table} apart and attach it."
            recipe = (
                f"CREATE TABLE {action.table} (LIKE {action.partition_of} INCLUDING ALL) with a CHECK of its bounds;"
                f" then ALTER TABLE {action.partition_of} ATTACH PARTITION {action.table}"
            )
            yield self.against(subject, message, fix=advice(recipe))
