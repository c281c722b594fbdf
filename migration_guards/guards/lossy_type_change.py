from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AlterType, ModifyColumn
from migration_guards.dialects import mysql
from migration_guards.dialects.postgres_types import narrows
from migration_guards.examples import bad, good
from migration_guards.guard import Guard, advice, changed_over
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class LossyTypeChange(Guard):
    """A column's new type cannot hold all that the old one holds.

    Values are cut, rounded or lose their time zone, or the statement fails on the first row that does not
    fit. Add a column of the new type, copy and compare, and change over when nothing is lost.
    """

    id = "migrations/lossy-type-change"
    reference = "MD12"
    severity = Severity.ERROR
    since = "0.1.0"
    supersedes = frozenset({"migrations/column-type-rewrite", "migrations/column-type-copy"})
    examples = (
        bad("ALTER TABLE t ALTER a TYPE varchar(20);", "CREATE TABLE t (a varchar(80));"),
        bad("ALTER TABLE t ALTER a TYPE integer;", "CREATE TABLE t (a bigint);"),
        bad("ALTER TABLE t ALTER a TYPE timestamp;", "CREATE TABLE t (a timestamptz);"),
        bad("ALTER TABLE t MODIFY a varchar(20);", "CREATE TABLE t (a varchar(80));", Dialect.MYSQL),
        good("ALTER TABLE t ALTER a TYPE text;", "CREATE TABLE t (a varchar(80));"),
        good("ALTER TABLE t ALTER a TYPE numeric(12, 2);", "CREATE TABLE t (a numeric(10, 2));"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AlterType | ModifyColumn) or subject.on_new_table:
            return
        old = subject.old_type
        new = action.type if isinstance(action, AlterType) else action.column.type
        narrow = mysql.narrows if subject.dialect is Dialect.MYSQL else narrows
        if old and new and narrow(old, new):
            message = f"{action.table}.{action.name} goes from {old} to {new}: what does not fit is lost or refused."
            yield self.against(subject, message, action.name, advice(changed_over(action.table, action.name, new)))
