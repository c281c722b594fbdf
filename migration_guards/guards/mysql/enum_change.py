from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import ModifyColumn
from migration_guards.dialects.mysql import values
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class EnumChange(MysqlGuard):
    """A value of an ENUM or SET goes, moves, or is put between others.

    Rows with a value that goes hold the empty string afterwards, or the statement fails; a value put anywhere but
    at the end copies the table while writers wait (documentation of MySQL 8.4, Online DDL Operations). Add values
    at the end, and move rows away from a value before it goes.
    """

    id = "migrations/enum-change"
    reference = "MM12"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t MODIFY a enum('x');", "CREATE TABLE t (a enum('x', 'y'));", Dialect.MYSQL),
        bad("ALTER TABLE t MODIFY a enum('n', 'x');", "CREATE TABLE t (a enum('x'));", Dialect.MYSQL),
        good("ALTER TABLE t MODIFY a enum('x', 'y');", "CREATE TABLE t (a enum('x'));", Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, ModifyColumn) or subject.on_new_table:
            return
        column = subject.before.column(action.table, action.name)
        old, new = values(column.type if column else ""), values(action.column.type)
        if not old or not new or new[: len(old)] == old:
            return
        gone = [value for value in old if value not in new]
        name = f"{action.table}.{action.name}"
        message = (
            f"{name} loses {', '.join(gone)}; rows that have it are emptied."
            if gone
            else f"The values of {name} move: the table is copied."
        )
        yield self.against(subject, message, action.name)
