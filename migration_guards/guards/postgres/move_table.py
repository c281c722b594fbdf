from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AlterStorage
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class MoveTable(PostgresGuard):
    """A table moves to another tablespace or access method: it is written anew.

    SET TABLESPACE and SET ACCESS METHOD copy the table under an ACCESS EXCLUSIVE lock (documentation of
    PostgreSQL 17, ALTER TABLE). Tools such as pg_repack do it while the table is used.
    """

    id = "migrations/move-table"
    reference = "ML24"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE events SET TABLESPACE fast;"),
        bad("ALTER TABLE events SET ACCESS METHOD columnar;"),
        good("CREATE TABLE events (a int); ALTER TABLE events SET TABLESPACE fast;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if (
            isinstance(action, AlterStorage)
            and action.what in ("tablespace", "access method")
            and not subject.on_new_table
        ):
            yield self.against(subject, f"{action.table} is copied while nobody can use it.", action.what)
