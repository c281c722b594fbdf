from __future__ import annotations

from collections.abc import Iterable

from migration_guards.guard import Guard
from migration_guards.model import Kind, Operation
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

    def check(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        clause = subject.clause
        if clause.has_where or subject.table_is_new:
            return
        if clause.kind is Kind.DELETE:
            yield self.against(subject, f"This deletes every row of {clause.table}.")
        elif clause.kind is Kind.UPDATE:
            finding = self.against(subject, f"This updates every row of {clause.table} at once.")
            yield self.finding(
                finding.key,
                finding.message,
                finding.where,
                severity=Severity.WARNING,
                confidence=finding.confidence,
                file_local=True,
            )
