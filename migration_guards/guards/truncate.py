from __future__ import annotations

from collections.abc import Iterable

from migration_guards.guard import Guard
from migration_guards.model import Kind, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good


class Truncate(Guard):
    """A migration empties a table.

    TRUNCATE removes every row, fires no row triggers, and in PostgreSQL takes an ACCESS EXCLUSIVE lock
    (documentation of PostgreSQL 17, Explicit Locking). If rows really must go, delete them in batches
    outside the migration, where somebody watches and can stop.
    """

    id = "migrations/truncate"
    reference = "MD06"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        Bad({"migrations/2.sql": "TRUNCATE users, orders;"}, findings=2),
        Bad({"mysql/migrations/2.sql": "TRUNCATE TABLE users;"}),
        Good({"migrations/2.sql": "CREATE TABLE staging (id int); TRUNCATE staging;"}),
    )

    def check(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        if subject.clause.kind is Kind.TRUNCATE and not subject.table_is_new:
            yield self.against(subject, f"This removes every row of {subject.clause.table}.")
