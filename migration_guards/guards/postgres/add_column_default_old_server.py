from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn
from migration_guards.examples import good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad


class AddColumnDefaultOldServer(PostgresGuard):
    """Before PostgreSQL 11 any default of a new column rewrites the table.

    The repository says that its server is older. Add the column without a default, SET DEFAULT for new rows,
    and fill the old ones in batches (release notes of PostgreSQL 11).
    """

    id = "migrations/add-column-default-old-server"
    reference = "ML18"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        Bad(
            {
                "migrations/2.sql": "ALTER TABLE t ADD COLUMN n int DEFAULT 1;",
                "docker-compose.yml": "services:\n  db:\n    image: postgres:10\n",
            },
        ),
        good("ALTER TABLE t ADD COLUMN n int DEFAULT 1;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AddColumn) or not action.column.default or subject.on_new_table:
            return
        if subject.server and subject.server < (11,):
            version = ".".join(map(str, subject.server))
            message = f"On PostgreSQL {version} this default writes every row of {action.table} anew."
            yield self.against(subject, message, action.column.name)
