from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn
from migration_guards.dialects.postgres import volatile
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity


class AddColumnVolatileDefault(PostgresGuard):
    """A new column's default is worked out for every row, so the table is rewritten.

    A constant, or a function that is the same for the whole statement such as now(), costs nothing since
    PostgreSQL 11. A volatile one such as gen_random_uuid() or clock_timestamp() writes every row anew under an
    ACCESS EXCLUSIVE lock. Add the column without it, SET DEFAULT for new rows, and fill the old in batches.
    """

    id = "migrations/add-column-volatile-default"
    reference = "ML17"
    severity = Severity.ERROR
    since = "0.1.0"
    clears = True
    examples = (
        bad("ALTER TABLE t ADD COLUMN id uuid DEFAULT gen_random_uuid();"),
        bad("ALTER TABLE t ADD COLUMN id text NOT NULL DEFAULT make_code();"),
        good("ALTER TABLE t ADD COLUMN at timestamptz NOT NULL DEFAULT now();"),
        good("ALTER TABLE t ADD COLUMN at timestamptz DEFAULT CURRENT_TIMESTAMP, ADD COLUMN n int DEFAULT 1;"),
        good("CREATE TABLE t (a int); ALTER TABLE t ADD COLUMN id uuid DEFAULT gen_random_uuid();"),
        good(
            "ALTER TABLE t ADD COLUMN id text DEFAULT make_code();",
            "CREATE FUNCTION make_code() RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT 1';",
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AddColumn) or subject.on_new_table or not action.column.calls:
            return
        verdict = volatile(action.column.calls, subject.before)
        if verdict is False:
            return
        name = action.column.name
        message = f"Every row of {action.table} is written anew for the default of {name}; set the default afterwards."
        recipe = (
            f"ALTER TABLE {action.table} ADD COLUMN {name} {action.column.type}; then ALTER TABLE {action.table} ALTER"
            f" COLUMN {name} SET DEFAULT {action.column.default}; fill the old rows in batches in a later migration"
        )
        sure = None if verdict else Confidence.MEDIUM
        yield self.against(subject, message, name, advice(recipe), confidence=sure)
