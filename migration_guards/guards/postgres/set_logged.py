from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AlterStorage
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class SetLogged(PostgresGuard):
    """A table becomes logged or unlogged: it is written anew.

    SET LOGGED and SET UNLOGGED copy the table under an ACCESS EXCLUSIVE lock (documentation of PostgreSQL 17,
    ALTER TABLE). An unlogged table is empty after a crash, and its rows never reach a replica.
    """

    id = "migrations/set-logged"
    reference = "ML23"
    severity = Severity.WARNING
    since = "0.1.0"
    clears = True
    examples = (
        bad("ALTER TABLE events SET UNLOGGED;"),
        good("CREATE TABLE events (a int); ALTER TABLE events SET UNLOGGED;"),
        good("ALTER TABLE events SET (fillfactor = 70);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, AlterStorage) and action.what in ("logged", "unlogged") and not subject.on_new_table:
            yield self.against(subject, f"{action.table} is written anew while nobody can use it.", action.what)
