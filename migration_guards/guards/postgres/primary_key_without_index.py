from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn, AddConstraint
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class PrimaryKeyWithoutIndex(PostgresGuard):
    """A primary key builds its index while nobody can use the table.

    ADD PRIMARY KEY builds a unique index and checks for nulls under an ACCESS EXCLUSIVE lock. Build a unique
    index CONCURRENTLY on columns that are NOT NULL, then ADD PRIMARY KEY USING INDEX takes a moment
    (documentation of PostgreSQL 17, ALTER TABLE).
    """

    id = "migrations/primary-key-without-index"
    reference = "ML12"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE users ADD PRIMARY KEY (id);"),
        good("ALTER TABLE users ADD CONSTRAINT pk PRIMARY KEY USING INDEX users_id;"),
        good("CREATE TABLE users (id int); ALTER TABLE users ADD PRIMARY KEY (id);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if subject.on_new_table:
            return
        held = action.constraint if isinstance(action, AddConstraint) else None
        added = held is not None and held.holds is Holds.PRIMARY and not held.using_index
        if added or (isinstance(action, AddColumn) and action.column.primary):
            yield self.against(subject, f"{action.table} is locked until the index of its primary key is built.")
