from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class AddStoredGeneratedColumn(PostgresGuard):
    """A stored generated column is worked out for every row, so the table is rewritten.

    The rewrite holds an ACCESS EXCLUSIVE lock (documentation of PostgreSQL 17, ALTER TABLE, Notes). Add a
    plain column, keep it up to date by a trigger, and fill old rows in batches; PostgreSQL 18 has virtual
    columns, which cost nothing.
    """

    id = "migrations/add-stored-generated-column"
    reference = "ML19"
    severity = Severity.ERROR
    since = "0.1.0"
    clears = True
    examples = (
        bad("ALTER TABLE t ADD COLUMN s int GENERATED ALWAYS AS (a + b) STORED;"),
        good("CREATE TABLE t (a int); ALTER TABLE t ADD COLUMN s int GENERATED ALWAYS AS (a) STORED;"),
        good("ALTER TABLE t ADD COLUMN s int;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, AddColumn) and action.column.generated == "stored" and not subject.on_new_table:
            message = f"Every row of {action.table} is written anew to work out {action.column.name}."
            yield self.against(subject, message, action.column.name)
