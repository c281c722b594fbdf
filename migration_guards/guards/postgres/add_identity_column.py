from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class AddIdentityColumn(PostgresGuard):
    """A serial or identity column numbers every row, so the table is rewritten.

    The rewrite holds an ACCESS EXCLUSIVE lock (measured on PostgreSQL 15). Add a bigint column, create a
    sequence, SET DEFAULT nextval(...) for new rows, number the old in batches, then make it NOT NULL by a
    validated CHECK.
    """

    id = "migrations/add-identity-column"
    reference = "ML20"
    severity = Severity.ERROR
    since = "0.1.0"
    clears = True
    examples = (
        bad("ALTER TABLE t ADD COLUMN n bigserial;"),
        bad("ALTER TABLE t ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY;"),
        good("CREATE TABLE t (a int); ALTER TABLE t ADD COLUMN n bigserial;"),
        good("ALTER TABLE t ADD COLUMN n bigint;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, AddColumn) and action.column.identity and not subject.on_new_table:
            message = f"Every row of {action.table} is written anew to number {action.column.name}."
            name = action.column.name
            recipe = (
                f"ALTER TABLE {action.table} ADD COLUMN {name} bigint; CREATE SEQUENCE and SET DEFAULT nextval(...) for"
                f" new rows; number the old in batches; make {name} NOT NULL by a validated CHECK"
            )
            yield self.against(subject, message, name, advice(recipe))
