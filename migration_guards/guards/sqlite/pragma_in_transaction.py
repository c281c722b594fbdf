from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Setting, Transaction
from migration_guards.examples import bad, good
from migration_guards.guard import SqliteGuard
from migration_guards.model import Dialect, Operation, Wrap
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class PragmaInTransaction(SqliteGuard):
    """PRAGMA foreign_keys inside a transaction does nothing.

    SQLite ignores it there (documentation of SQLite, PRAGMA foreign_keys): DROP TABLE in a rebuild then deletes the
    rows of child tables with ON DELETE CASCADE. Set it outside of the transaction, or take the file out of its
    runner's.
    """

    id = "migrations/pragma-in-transaction"
    reference = "MQ03"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("BEGIN; PRAGMA foreign_keys=OFF; DROP TABLE t; COMMIT;", dialect=Dialect.SQLITE),
        good("PRAGMA foreign_keys=OFF; BEGIN; DROP TABLE t; COMMIT;", dialect=Dialect.SQLITE),
        good("BEGIN; PRAGMA defer_foreign_keys=ON; DROP TABLE t; COMMIT;", dialect=Dialect.SQLITE),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, Setting) and action.name == "foreign_keys" and self._wrapped(subject):
            yield self.against(
                subject, "SQLite ignores this inside a transaction, and this file runs in one.", "foreign_keys"
            )

    def _wrapped(self, subject: Operation) -> bool:
        begun = any(isinstance(o.action, Transaction) and o.action.what == "begin" for o in subject.together)
        return bool(subject.transaction) and (begun or subject.migration.script.wrap in (Wrap.FILE, Wrap.ALL))
