from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class AddComputedColumn(MysqlGuard):
    """A new column's value is worked out for every row, so the table is copied.

    STORED generated columns, AUTO_INCREMENT and defaults that are expressions need ALGORITHM=COPY or a rebuild
    (measured on MariaDB 10.11; documentation of MySQL 8.4, Online DDL Operations). Use a VIRTUAL column, or a
    literal default and fill the rows in batches.
    """

    id = "migrations/add-computed-column"
    reference = "MM10"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t ADD s int GENERATED ALWAYS AS (a + 1) STORED;", dialect=Dialect.MYSQL),
        bad("ALTER TABLE t ADD id int NOT NULL AUTO_INCREMENT UNIQUE;", dialect=Dialect.MYSQL),
        bad("ALTER TABLE t ADD u char(36) DEFAULT (uuid());", dialect=Dialect.MYSQL),
        good("ALTER TABLE t ADD s int GENERATED ALWAYS AS (a + 1) VIRTUAL;", dialect=Dialect.MYSQL),
        good("ALTER TABLE t ADD at datetime DEFAULT CURRENT_TIMESTAMP;", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AddColumn) or subject.on_new_table:
            return
        column = action.column
        plain = {"current_timestamp", "now", "localtime", "localtimestamp"}
        if column.generated == "stored" or column.identity or set(column.calls) - plain:
            message = f"{action.table} is copied to work out {column.name} for every row."
            yield self.against(subject, message, column.name)
