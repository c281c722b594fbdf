from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn, AddConstraint
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class UniqueWithoutIndex(PostgresGuard):
    """A unique constraint builds its index while nobody can use the table.

    ADD UNIQUE builds the index under an ACCESS EXCLUSIVE lock. Build a unique index CONCURRENTLY first, then
    ADD CONSTRAINT ... UNIQUE USING INDEX takes a moment (documentation of PostgreSQL 17, ALTER TABLE).
    """

    id = "migrations/unique-without-index"
    reference = "ML11"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE users ADD CONSTRAINT u UNIQUE (email);"),
        bad("ALTER TABLE users ADD COLUMN code int UNIQUE;"),
        good("ALTER TABLE users ADD CONSTRAINT u UNIQUE USING INDEX users_email;"),
        good("CREATE TABLE users (email text); ALTER TABLE users ADD UNIQUE (email);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if subject.on_new_table:
            return
        if (
            isinstance(action, AddConstraint)
            and action.constraint.holds is Holds.UNIQUE
            and not action.constraint.using_index
        ):
            held = action.constraint
            name = held.name or f"{action.table}_{'_'.join(held.columns)}_key"
            index = f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {action.table} ({', '.join(held.columns)})"
            recipe = (
                f"Build it first, in a file of its own: {index}; then ADD CONSTRAINT {name} UNIQUE USING INDEX {name}"
            )
            message = f"{action.table} is locked until the index of this constraint is built."
            yield self.against(subject, message, name, advice(recipe))
        elif isinstance(action, AddColumn) and action.column.unique:
            message = (
                f"{action.table} is locked until the index of this constraint is built; build it CONCURRENTLY first."
            )
            yield self.against(subject, message, action.column.name)
