from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn, AddConstraint
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Fix, Severity


class ForeignKeyNotValidMissing(PostgresGuard):
    """A foreign key is added and checked against every row at once.

    ADD FOREIGN KEY locks both tables against writes (SHARE ROW EXCLUSIVE) while it reads the whole table.
    With NOT VALID the lock lasts a moment and new rows are checked from then on; VALIDATE CONSTRAINT, in a
    later migration, reads the table while writes go on (documentation of PostgreSQL 17, ALTER TABLE, Notes).
    """

    id = "migrations/foreign-key-not-valid-missing"
    reference = "ML08"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (u) REFERENCES users (id);"),
        bad("ALTER TABLE orders ADD COLUMN u int NOT NULL DEFAULT 1 REFERENCES users (id);"),
        good("ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (u) REFERENCES users (id) NOT VALID;"),
        good("CREATE TABLE orders (u int); ALTER TABLE orders ADD FOREIGN KEY (u) REFERENCES users (id);"),
        good("ALTER TABLE orders ADD COLUMN u int REFERENCES users (id);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if subject.on_new_table:
            return
        if isinstance(action, AddConstraint) and action.constraint.holds is Holds.FOREIGN:
            held = action.constraint
            if held.not_valid or not held.enforced:
                return
            other = held.references.table if held.references else "the other table"
            message = f"Writes to {action.table} and {other} wait while every row is checked; add it NOT VALID."
            yield self.against(
                subject, message, held.name or ",".join(held.columns), self._fix(subject, code, held.name)
            )
        elif isinstance(action, AddColumn) and action.column.references and action.column.default:
            message = f"Writes wait while every row of {action.table} is checked; add the foreign key apart, NOT VALID."
            yield self.against(subject, message, action.column.name)

    def _fix(self, subject: Operation, code: Codebase, name: str) -> Fix | None:
        return self.validated_later(subject, code, name) if name else None
