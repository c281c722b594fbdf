from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddConstraint, Delete, Update, ValidateConstraint
from migration_guards.dialects.postgres import effect
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity


class LongWorkUnderLock(PostgresGuard):
    """Something slow runs while an earlier statement's lock is held.

    The lock of the first statement is held until the transaction ends, so the table is unusable while rows are
    checked, written or indexed. Give the slow part a migration of its own.
    """

    id = "migrations/long-work-under-lock"
    reference = "ML43"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t ADD b int;\nUPDATE t SET b = a;", line=2),
        bad("ALTER TABLE t ADD b int; ALTER TABLE u VALIDATE CONSTRAINT c;"),
        good("ALTER TABLE t ADD b int; ALTER TABLE t ADD c int;"),
        good("UPDATE t SET b = a;"),
        good("ALTER TABLE t ADD b int; UPDATE t SET b = a WHERE a = 1;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        slow = isinstance(action, ValidateConstraint) or (isinstance(action, Update | Delete) and not action.restricted)
        if not slow or subject.on_new_table:
            return
        for other in subject.together:
            held = effect(other)
            adds = isinstance(other.action, AddConstraint) and isinstance(action, ValidateConstraint)
            if held and held.lock.blocks_writes and not (adds and other.action.table == action.table):
                related = (Related(other.where, "The lock is taken here."),)
                yield self.against(subject, f"{held.tables[0]} stays locked while this runs.", related=related)
                return
