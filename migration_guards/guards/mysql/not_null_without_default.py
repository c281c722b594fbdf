from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn, ModifyColumn
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class NotNullWithoutDefault(MysqlGuard):
    """A required column has no default.

    MySQL gives old rows an empty value that nobody chose; the version of the application that runs during the
    deployment does not know the column, and in strict mode its inserts fail (documentation of MySQL 8.4, Data
    Type Default Values). Give it a default, or make it NOT NULL in a later release.
    """

    id = "migrations/not-null-without-default"
    reference = "MM13"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t ADD a int NOT NULL;", dialect=Dialect.MYSQL),
        bad("ALTER TABLE t MODIFY a int NOT NULL;", "CREATE TABLE t (a int);", Dialect.MYSQL),
        good("ALTER TABLE t ADD a int NOT NULL DEFAULT 1;", dialect=Dialect.MYSQL),
        good("CREATE TABLE t (b int); ALTER TABLE t ADD a int NOT NULL;", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AddColumn | ModifyColumn) or subject.on_new_table:
            return
        column = action.column
        old = subject.before.column(action.table, action.name) if isinstance(action, ModifyColumn) else None
        stays = isinstance(action, ModifyColumn) and (old is None or old.not_null)
        if column.not_null and not stays and not (column.default or column.identity or column.generated):
            name = f"{action.table}.{column.name}"
            yield self.against(
                subject, f"{name} is NOT NULL without a default: old rows get an empty value.", column.name
            )
