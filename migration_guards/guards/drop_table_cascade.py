from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import DropTable
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DropTableCascade(Guard):
    """A migration drops a table together with whatever depends on it.

    CASCADE also drops foreign keys of other tables and views that nobody named. Drop what depends on the
    table by name first; then a plain DROP TABLE shows when something was forgotten.
    """

    id = "migrations/drop-table-cascade"
    reference = "MD02"
    severity = Severity.ERROR
    since = "0.1.0"
    supersedes = frozenset({"migrations/drop-table"})
    examples = (
        bad("DROP TABLE users CASCADE;"),
        good("DROP TABLE users;"),
        good("CREATE TABLE scratch (id int); DROP TABLE scratch CASCADE;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, DropTable) and action.cascade and not subject.on_new_table:
            message = f"This drops the table {action.table}, and with CASCADE all that depends on it."
            yield self.against(subject, message)
