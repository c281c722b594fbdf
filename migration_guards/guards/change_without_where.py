from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Delete, Update
from migration_guards.guard import Guard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good


class ChangeWithoutWhere(Guard):
    """A migration deletes or updates every row of a table.

    A DELETE without WHERE empties the table. An UPDATE of every row holds row locks until the migration
    commits and doubles the table on disk in PostgreSQL. A WHERE that is always true counts as none.
    Change rows in batches by key, outside the transaction that alters the schema.
    """

    id = "migrations/update-or-delete-without-where"
    reference = "MD08"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        Bad({"migrations/2.sql": "DELETE FROM users;"}),
        Bad({"migrations/2.sql": "DELETE FROM users WHERE 1 = 1;"}),
        Bad({"migrations/2.sql": "UPDATE users SET active = true WHERE id = id;"}),
        Bad({"mysql/migrations/2.sql": "UPDATE users SET active = 1;"}),
        Good({"migrations/2.sql": "DELETE FROM users WHERE id = 7; UPDATE users SET a = 1 WHERE a IS NULL;"}),
        Good({"migrations/2.sql": "CREATE TABLE users (a int); UPDATE users SET a = 1;"}),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if subject.on_new_table:
            return
        if isinstance(action, Delete) and not action.restricted:
            recipe = f"Empty {action.table} in batches by key, outside the transaction that alters the schema"
            yield self.against(subject, f"This deletes every row of {action.table}.", fix=advice(recipe))
        elif isinstance(action, Update) and not action.restricted:
            message = f"This updates every row of {action.table} at once."
            recipe = f"Change {action.table} in batches by key, outside the transaction that alters the schema"
            columns = ",".join(action.columns)
            yield self.against(subject, message, columns, advice(recipe), severity=Severity.WARNING)
