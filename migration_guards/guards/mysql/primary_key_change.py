from __future__ import annotations

from collections.abc import Iterable

from migration_guards import actions
from migration_guards.actions import AddConstraint
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard, advice
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class PrimaryKeyChange(MysqlGuard):
    """A primary key is added or dropped, and the table is written anew.

    InnoDB keeps the rows in the order of the primary key, so all of them move; DROP PRIMARY KEY alone copies the
    table while writers wait (documentation of MySQL 8.4, Online DDL Operations). Use gh-ost or
    pt-online-schema-change.
    """

    id = "migrations/primary-key-change"
    reference = "MM06"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t DROP PRIMARY KEY;", dialect=Dialect.MYSQL),
        bad("ALTER TABLE t ADD PRIMARY KEY (id);", dialect=Dialect.MYSQL),
        good("CREATE TABLE t (id int); ALTER TABLE t ADD PRIMARY KEY (id);", dialect=Dialect.MYSQL),
        good("ALTER TABLE t ADD UNIQUE KEY u (a);", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if subject.on_new_table:
            return
        held = action.constraint.holds if isinstance(action, AddConstraint) else None
        held = action.holds if isinstance(action, actions.DropConstraint) else held
        if held is Holds.PRIMARY:
            message = f"Every row of {action.table} is written anew in the order of its key."
            recipe = f"Change the key of {action.table} by gh-ost or pt-online-schema-change"
            yield self.against(subject, message, fix=advice(recipe))
