from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Maintain
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class VacuumFull(PostgresGuard):
    """A migration writes a table anew to save space or to sort it.

    VACUUM FULL and CLUSTER copy the table under an ACCESS EXCLUSIVE lock (documentation of PostgreSQL 17,
    VACUUM, CLUSTER). Plain VACUUM takes no such lock; pg_repack does the rest while the table is used.
    """

    id = "migrations/vacuum-full"
    reference = "ML25"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("VACUUM FULL users;"),
        bad("CLUSTER users USING users_pkey;"),
        good("VACUUM ANALYZE users;"),
        good("ANALYZE users;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, Maintain) and action.what in ("vacuum full", "cluster") and not subject.on_new_table:
            place = action.table or "every table of the database"
            yield self.against(subject, f"This writes {place} anew while nobody can use it.", action.what)
