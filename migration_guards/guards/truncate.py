from __future__ import annotations

from collections.abc import Iterable

from migration_guards import actions
from migration_guards.guard import Guard
from migration_guards.model import Operation
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

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, actions.Truncate) and not subject.on_new_table:
            yield self.against(subject, f"This removes every row of {action.table}.")
