from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn, DropDefault, DropNotNull, SetDefault
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DefaultOrNullabilityChanged(Guard):
    """A column's default or its NOT NULL changes under running code.

    Readers meet nulls that could not be, and writers that leave the column out store something else. Often
    that is wanted; it is a note, once a file.
    """

    id = "migrations/default-or-nullability-changed"
    reference = "MC03"
    severity = Severity.NOTE
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t ALTER a DROP NOT NULL; ALTER TABLE t ALTER b SET DEFAULT 1;"),
        good("CREATE TABLE t (a int NOT NULL); ALTER TABLE t ALTER a DROP NOT NULL;"),
        good("ALTER TABLE t ADD a int DEFAULT 1; ALTER TABLE t ALTER a DROP DEFAULT;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not self._changes(subject) or any(self._changes(other) for other in subject.earlier):
            return
        assert isinstance(action, DropNotNull | SetDefault | DropDefault)
        name = f"{action.table}.{action.name}"
        what = (
            f"{name} may be null from here on" if isinstance(action, DropNotNull) else f"the default of {name} changes"
        )
        yield self.against(subject, f"For the code that runs now, {what}.", action.name)

    def _changes(self, operation: Operation) -> bool:
        action = operation.action
        if not isinstance(action, DropNotNull | SetDefault | DropDefault) or operation.on_new_table:
            return False
        added = {(o.action.table, o.action.column.name) for o in operation.earlier if isinstance(o.action, AddColumn)}
        return (action.table, action.name) not in added
