from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddConstraint
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class CheckNotValidMissing(PostgresGuard):
    """A CHECK constraint is added and checked against every row at once.

    ADD CHECK reads the whole table under an ACCESS EXCLUSIVE lock: reads and writes wait. With NOT VALID
    the lock lasts a moment and new rows are checked from then on; VALIDATE CONSTRAINT, in a later migration,
    reads the table while both go on (documentation of PostgreSQL 17, ALTER TABLE, Notes).
    """

    id = "migrations/check-not-valid-missing"
    reference = "ML09"
    severity = Severity.ERROR
    since = "0.1.0"
    clears = True
    examples = (
        bad("ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0);"),
        good("ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;"),
        good("CREATE TABLE orders (total int); ALTER TABLE orders ADD CHECK (total > 0);"),
        good("ALTER TABLE orders ADD COLUMN size int; ALTER TABLE orders ADD CHECK (total > 0) NOT VALID;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AddConstraint) or subject.on_new_table:
            return
        held = action.constraint
        if held.holds is Holds.CHECK and not held.not_valid and held.enforced:
            message = f"{action.table} is locked while every row is checked; add it NOT VALID and validate it later."
            fix = self.validated_later(subject, code, held.name) if held.name else None
            yield self.against(subject, message, held.name or held.expression, fix)
