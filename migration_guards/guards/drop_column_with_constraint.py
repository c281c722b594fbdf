from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import DropColumn
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DropColumnWithConstraint(Guard):
    """A dropped column takes a constraint or an index with it.

    PostgreSQL drops without a word every key, unique or foreign key constraint and index that the column is
    part of; SQLite and MySQL refuse or shrink them. What the constraint promised is promised no longer.
    Drop or replace the constraint in its own statement first, so that it is seen.
    """

    id = "migrations/drop-column-with-constraint"
    reference = "MD04"
    severity = Severity.ERROR
    since = "0.1.0"
    supersedes = frozenset({"migrations/drop-column"})
    examples = (
        bad("ALTER TABLE m DROP COLUMN org;", "CREATE TABLE m (id int, org int, who int, PRIMARY KEY (org, who));"),
        bad("ALTER TABLE m DROP COLUMN a;", "CREATE TABLE m (a int, b int); CREATE UNIQUE INDEX ab ON m (a, b);"),
        good("ALTER TABLE m DROP COLUMN a;", "CREATE TABLE m (a int, b int); CREATE INDEX ab ON m (a, b);"),
        good(
            "ALTER TABLE m DROP CONSTRAINT k; ALTER TABLE m DROP a;", "CREATE TABLE m (a int, CONSTRAINT k UNIQUE (a));"
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, DropColumn) or subject.on_new_table:
            return
        table = subject.before.table(action.table)
        lost = [held.holds.value for held in table.constraints if action.name in held.columns] if table else []
        lost += (
            [f"unique index {i.name}" for i in table.indexes if i.unique and action.name in i.columns] if table else []
        )
        if lost:
            message = f"Dropping {action.table}.{action.name} also drops its {' and its '.join(sorted(set(lost)))}."
            yield self.against(subject, message, action.name)
