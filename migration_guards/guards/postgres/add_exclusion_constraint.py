from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddConstraint
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class AddExclusionConstraint(PostgresGuard):
    """An exclusion constraint is added to a table with rows.

    Its index is built and every row compared under an ACCESS EXCLUSIVE lock, and there is neither NOT VALID
    nor USING INDEX for it (documentation of PostgreSQL 17, ALTER TABLE). Fill a new table that has the
    constraint, and change over; or do it when nobody uses the table.
    """

    id = "migrations/add-exclusion-constraint"
    reference = "ML14"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE bookings ADD CONSTRAINT apart EXCLUDE USING gist (room WITH =, during WITH &&);"),
        good("CREATE TABLE b (r int); ALTER TABLE b ADD CONSTRAINT apart EXCLUDE USING gist (r WITH =);"),
        good("ALTER TABLE bookings ADD CONSTRAINT c CHECK (room > 0) NOT VALID;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, AddConstraint) and action.constraint.holds is Holds.EXCLUDE and not subject.on_new_table:
            message = f"{action.table} is locked until every row is compared; there is no way to do this online."
            yield self.against(subject, message, action.constraint.name)
