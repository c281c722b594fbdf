from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddConstraint, CreateIndex
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.facts import OPERATIONS
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class ForeignKeyWithoutIndex(PostgresGuard):
    """No index serves the columns of a foreign key.

    PostgreSQL makes none by itself: every delete and every change of key in the parent reads the whole child
    table, and so does every join. Create the index in the same change.
    """

    id = "migrations/foreign-key-without-index"
    reference = "ML39"
    severity = Severity.NOTE
    since = "0.1.0"
    examples = (
        bad(
            "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (u) REFERENCES users (id) NOT VALID;",
            "CREATE TABLE orders (u int);",
        ),
        good(
            "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (u) REFERENCES users (id) NOT VALID;",
            "CREATE TABLE orders (u int); CREATE INDEX i ON orders (u);",
        ),
        good(
            "ALTER TABLE orders ADD FOREIGN KEY (u) REFERENCES users (id); CREATE INDEX i ON orders (u);",
            "CREATE TABLE orders (u int);",
        ),
        good("ALTER TABLE orders ADD FOREIGN KEY (u) REFERENCES users (id) NOT VALID;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AddConstraint) or action.constraint.holds is not Holds.FOREIGN:
            return
        columns = action.constraint.columns
        table = subject.before.table(action.table)
        if table is None or not table.columns or not columns or table.covering(columns):
            return
        later = [o.action.index for o in code.get(OPERATIONS) if isinstance(o.action, CreateIndex)]
        if not any(
            index.table == action.table and set(index.columns[: len(columns)]) == set(columns) for index in later
        ):
            message = (
                f"No index serves ({', '.join(columns)}) of {action.table}: deletes in the parent read the whole table."
            )
            yield self.against(subject, message, ",".join(columns))
