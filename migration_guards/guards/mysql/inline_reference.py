from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn, CreateTable
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation, Reading
from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity


class InlineReference(MysqlGuard):
    """A REFERENCES behind a column is read and forgotten.

    MySQL parses it and makes no foreign key (documentation of MySQL 8.4, FOREIGN KEY Constraints); MariaDB makes
    one since 10.5. Write the foreign key as a clause of the table.
    """

    id = "migrations/inline-reference"
    reference = "MM14"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE o ADD u int REFERENCES users (id);", dialect=Dialect.MYSQL),
        bad("CREATE TABLE o (u int REFERENCES users (id));", dialect=Dialect.MYSQL),
        good("CREATE TABLE o (u int, FOREIGN KEY (u) REFERENCES users (id));", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if subject.reading is not Reading.TOKENS or not isinstance(action, AddColumn | CreateTable):
            return
        columns = (action.column,) if isinstance(action, AddColumn) else action.columns
        for column in columns:
            if column.references:
                message = f"MySQL makes no foreign key of the REFERENCES at {action.table}.{column.name}."
                yield self.against(subject, message, column.name)
