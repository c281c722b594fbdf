from __future__ import annotations

from collections.abc import Iterable

from migration_guards import actions
from migration_guards.actions import AddConstraint, DropColumn, DropTable
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DropConstraint(Guard):
    """A migration drops a constraint: the database no longer holds what it promised.

    Code that relied on it (an upsert on a unique key, rows that always have a parent) may write what it
    never could before, and the constraint can only come back when every row obeys it again. A constraint
    that comes back in the same change, and a CHECK that only said what NOT NULL now says, are left alone.
    """

    id = "migrations/drop-constraint"
    reference = "MD10"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE orders DROP CONSTRAINT orders_user_fk;"),
        bad("ALTER TABLE orders DROP FOREIGN KEY orders_user_fk;", dialect=Dialect.MYSQL),
        good("ALTER TABLE o DROP CONSTRAINT k, ADD CONSTRAINT k CHECK (a > 1) NOT VALID;", "CREATE TABLE o (a int);"),
        good(
            "ALTER TABLE o ALTER a SET NOT NULL; ALTER TABLE o DROP CONSTRAINT k;",
            "CREATE TABLE o (a int, CONSTRAINT k CHECK (a IS NOT NULL));",
        ),
        good("ALTER TABLE o RENAME CONSTRAINT a TO b;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, actions.DropConstraint) or subject.on_new_table or self._replaced(subject, action):
            return
        table = subject.before.table(action.table)
        held = table.constraint(action.name) if table else None
        if held and held.proves and all(self._not_null(subject, action.table, column) for column in held.proves):
            return
        kind = held.holds if held else action.holds
        yield self.against(
            subject, f"The {kind.value} {action.name or 'constraint'} of {action.table} no longer holds.", action.name
        )

    def _not_null(self, subject: Operation, table: str, name: str) -> bool:
        column = subject.before.column(table, name)
        return bool(column and column.not_null)

    def _replaced(self, subject: Operation, action: actions.DropConstraint) -> bool:
        """Whether the same file adds its like, or drops what it stands on."""
        table = subject.before.table(action.table)
        held = table.constraint(action.name) if table else None
        same = [other.action for other in subject.peers if other.action.table == action.table]
        for other in same:
            if isinstance(other, DropTable) or (held and isinstance(other, DropColumn) and other.name in held.columns):
                return True
            if isinstance(other, AddConstraint):
                added = other.constraint
                if added.name == action.name or (held and (added.holds, added.columns) == (held.holds, held.columns)):
                    return True
        return False
