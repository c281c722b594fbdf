from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AlterType, ModifyColumn
from migration_guards.dialects.mysql import Change, change, values
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard, advice, changed_over
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity


class ColumnTypeCopy(MysqlGuard):
    """A column changes to a type for which MySQL copies the table.

    ALGORITHM=COPY writes every row anew while writers wait (documentation of MySQL 8.4, Online DDL Operations).
    A longer VARCHAR is free while its length in bytes stays below 256, or was above already; a value at the end of
    an ENUM is free. For the rest use gh-ost or pt-online-schema-change, or add a column and change over. Where the
    migrations do not say the old type the finding is of medium confidence.
    """

    id = "migrations/column-type-copy"
    reference = "MM01"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t MODIFY a bigint;", "CREATE TABLE t (a int);", Dialect.MYSQL),
        bad("ALTER TABLE t MODIFY a varchar(80);", "CREATE TABLE t (a varchar(40));", Dialect.MYSQL),
        bad("ALTER TABLE `t` MODIFY `a` LONGTEXT NOT NULL;", dialect=Dialect.MYSQL),
        good("ALTER TABLE t MODIFY a varchar(60);", "CREATE TABLE t (a varchar(40));", Dialect.MYSQL),
        good("ALTER TABLE t MODIFY a int(11) NOT NULL;", "CREATE TABLE t (a int);", Dialect.MYSQL),
        good("CREATE TABLE t (a int); ALTER TABLE t MODIFY a bigint;", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, ModifyColumn | AlterType) or subject.on_new_table:
            return
        new = action.type if isinstance(action, AlterType) else action.column.type
        old = subject.old_type
        cost = change(old, new)
        if not new or cost is Change.FREE or (values(old) and values(new)):
            return
        said = f"from {old} to {new}" if old else f"to {new}"
        message = f"Changing {action.table}.{action.name} {said} copies the table while writers wait."
        sure = Confidence.MEDIUM if cost is Change.UNKNOWN else None
        recipe = f"{changed_over(action.table, action.name, new)}; or run it by gh-ost or pt-online-schema-change"
        yield self.against(subject, message, action.name, advice(recipe), confidence=sure)
