from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import CreateIndex
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class IndexOnPartitionedTable(PostgresGuard):
    """An index on a partitioned table is built on every partition at once, and not concurrently.

    CREATE INDEX CONCURRENTLY is refused on a partitioned table; without it every partition is locked against
    writes until the last index is built (documentation of PostgreSQL 17, CREATE INDEX). Create the index ON
    ONLY the parent, build one CONCURRENTLY on each partition, and attach them with ALTER INDEX ... ATTACH
    PARTITION: the parent's becomes valid with the last.
    """

    id = "migrations/index-on-partitioned-table"
    reference = "ML05"
    severity = Severity.ERROR
    since = "0.1.0"
    supersedes = frozenset({"migrations/index-not-concurrent"})
    examples = (
        bad("CREATE INDEX CONCURRENTLY i ON e (a);", "CREATE TABLE e (a int) PARTITION BY RANGE (a);"),
        bad("CREATE INDEX i ON e (a);", "CREATE TABLE e (a int) PARTITION BY RANGE (a);"),
        good("CREATE INDEX i ON ONLY e (a);", "CREATE TABLE e (a int) PARTITION BY RANGE (a);"),
        good("CREATE INDEX CONCURRENTLY i ON e (a);", "CREATE TABLE e (a int);"),
        good("CREATE TABLE e (a int) PARTITION BY RANGE (a); CREATE INDEX i ON e (a);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, CreateIndex) or action.index.only or subject.on_new_table:
            return
        table = subject.before.table(action.table)
        if table is None or not table.partition_by:
            return
        problem = "is refused" if action.concurrently else "locks every partition against writes"
        message = (
            f"{action.table} is partitioned: this {problem}. Build ON ONLY it, then CONCURRENTLY on each partition."
        )
        recipe = (
            f"CREATE INDEX {action.index.name} ON ONLY {action.table}; build one CONCURRENTLY on each partition; then"
            f" ALTER INDEX {action.index.name} ATTACH PARTITION each of them"
        )
        yield self.against(subject, message, action.index.name, advice(recipe))
