from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AlterStorage
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class TableConversion(MysqlGuard):
    """A table gets another character set, engine or row format: it is written anew.

    CONVERT TO CHARACTER SET and ENGINE= copy the table while writers wait; ROW_FORMAT and FORCE rebuild it
    (documentation of MySQL 8.4, Online DDL Operations). Use gh-ost or pt-online-schema-change.
    """

    id = "migrations/table-conversion"
    reference = "MM08"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4;", dialect=Dialect.MYSQL),
        bad("ALTER TABLE t ENGINE=InnoDB;", dialect=Dialect.MYSQL),
        good("CREATE TABLE t (a int) ENGINE=InnoDB; ALTER TABLE t ROW_FORMAT=DYNAMIC;", dialect=Dialect.MYSQL),
        good("ALTER TABLE t COMMENT = 'x';", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        kinds = ("charset", "engine", "row format", "force")
        if isinstance(action, AlterStorage) and action.what in kinds and not subject.on_new_table:
            yield self.against(subject, f"{action.table} is written anew for its {action.what}.", action.what)
