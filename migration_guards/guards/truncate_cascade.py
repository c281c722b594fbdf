from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Truncate
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class TruncateCascade(Guard):
    """A migration empties a table and every table that refers to it.

    TRUNCATE ... CASCADE follows the foreign keys and empties tables that the statement does not name
    (documentation of PostgreSQL 17, TRUNCATE). Name the tables, or delete rows in batches.
    """

    id = "migrations/truncate-cascade"
    reference = "MD07"
    severity = Severity.ERROR
    since = "0.1.0"
    supersedes = frozenset({"migrations/truncate"})
    examples = (
        bad("TRUNCATE users CASCADE;"),
        good("TRUNCATE users;"),
        good("CREATE TABLE staging (id int); TRUNCATE staging CASCADE;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, Truncate) and action.cascade and not subject.on_new_table:
            message = f"This empties {action.table} and, by CASCADE, every table with a foreign key to it."
            yield self.against(subject, message)
