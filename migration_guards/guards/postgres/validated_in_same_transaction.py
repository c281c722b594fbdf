from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddConstraint, ValidateConstraint
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity


class ValidatedInSameTransaction(PostgresGuard):
    """A constraint is added NOT VALID and validated in the same transaction.

    The lock of ADD CONSTRAINT is held until the transaction ends, so the table is locked during the whole
    validation: NOT VALID has saved nothing. Validate in a migration of its own.
    """

    id = "migrations/validated-in-same-transaction"
    reference = "ML10"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c;"),
        good("ALTER TABLE t VALIDATE CONSTRAINT c;"),
        good(
            "-- +goose NO TRANSACTION\n-- +goose Up\nALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\n"
            "ALTER TABLE t VALIDATE CONSTRAINT c;"
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, ValidateConstraint) or subject.on_new_table:
            return
        for other in subject.together:
            step = other.action
            if isinstance(step, AddConstraint) and step.table == action.table and step.constraint.name == action.name:
                related = (Related(other.where, "The lock is taken here."),)
                message = f"{action.table} stays locked while this reads every row; validate in a later migration."
                yield self.against(subject, message, action.name, related=related)
