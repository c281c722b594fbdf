from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import RenameColumn, RenameTable, Setting
from migration_guards.examples import bad, good
from migration_guards.guard import SqliteGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class RenameWithDependants(SqliteGuard):
    """A table or column is renamed that views or triggers speak of.

    Before SQLite 3.26, and with legacy_alter_table, they keep the old name and fail when they are used; since then
    the rename itself fails when one of them is broken (documentation of SQLite, ALTER TABLE RENAME). Drop and
    create the views and triggers around the rename.
    """

    id = "migrations/rename-with-dependants"
    reference = "MQ04"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad(
            "PRAGMA legacy_alter_table=ON; ALTER TABLE t RENAME TO u;",
            "CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t;",
            Dialect.SQLITE,
        ),
        good("ALTER TABLE t RENAME TO u;", "CREATE TABLE t (a int);", Dialect.SQLITE),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, RenameTable | RenameColumn) or subject.on_new_table:
            return
        legacy = any(isinstance(o.action, Setting) and o.action.name == "legacy_alter_table" for o in subject.earlier)
        if legacy and subject.before.views:
            names = ", ".join(sorted(subject.before.views))
            yield self.against(subject, f"Views keep the old name of {action.table}: {names}.")
