from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddConstraint
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class CheckCopy(MysqlGuard):
    """A CHECK constraint is added, and the table is copied for it.

    Every row is checked in a copy of the table while writers wait (measured on MariaDB 10.11; documentation of
    MySQL 8.4, Online DDL Operations). NOT ENFORCED, or a check in the application, costs nothing.
    """

    id = "migrations/check-copy"
    reference = "MM05"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE o ADD CONSTRAINT c CHECK (a > 0);", dialect=Dialect.MYSQL),
        good("ALTER TABLE o ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED;", dialect=Dialect.MYSQL),
        good("CREATE TABLE o (a int); ALTER TABLE o ADD CHECK (a > 0);", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AddConstraint) or action.constraint.holds is not Holds.CHECK or subject.on_new_table:
            return
        if action.constraint.enforced:
            name = action.constraint.name or action.constraint.expression
            yield self.against(subject, f"{action.table} is copied and every row checked while writers wait.", name)
