from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn
from migration_guards.guard import Guard, advice
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good


class AddNotNullColumnWithoutDefault(Guard):
    """A migration adds a required column that existing rows cannot fill.

    PostgreSQL and SQLite refuse the statement as soon as the table has a row; the running version of the
    application, which does not know the column, fails on every insert. Add the column nullable or with a
    default, fill it in batches, and make it NOT NULL in a later release.
    """

    id = "migrations/add-not-null-column-without-default"
    reference = "ML16"
    severity = Severity.ERROR
    since = "0.1.0"
    dialects = frozenset({Dialect.POSTGRES, Dialect.SQLITE})
    examples = (
        Bad({"migrations/2.sql": "ALTER TABLE users ADD COLUMN region text NOT NULL;"}),
        Bad({"sqlite/migrations/2.sql": "ALTER TABLE users ADD region text NOT NULL;"}),
        Good({"migrations/2.sql": "ALTER TABLE users ADD COLUMN region text NOT NULL DEFAULT 'eu', ADD n int;"}),
        Good({"migrations/2.sql": "ALTER TABLE users ADD COLUMN id bigserial NOT NULL;"}),
        Good({"migrations/2.sql": "CREATE TABLE users (a int); ALTER TABLE users ADD COLUMN b int NOT NULL;"}),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AddColumn) or subject.on_new_table:
            return
        column = action.column
        if column.not_null and not (column.default or column.identity or column.generated):
            message = f"{action.table}.{column.name} is NOT NULL without a default: existing rows cannot have it."
            recipe = (
                f"ALTER TABLE {action.table} ADD COLUMN {column.name} {column.type} without NOT NULL; fill it in"
                " batches; make it NOT NULL in a later release"
            )
            yield self.against(subject, message, column.name, advice(recipe))
