from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AlterOnline
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class CopyDemanded(MysqlGuard):
    """The statement asks for a copy of the table, or for a lock, itself.

    ALGORITHM=COPY, and LOCK=SHARED or EXCLUSIVE, keep writers out even where the server could do without
    (documentation of MySQL 8.4, Online DDL). Leave them out, or ask for ALGORITHM=INPLACE, LOCK=NONE: then the
    server refuses what it cannot do online.
    """

    id = "migrations/copy-demanded"
    reference = "MM02"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t ADD COLUMN a int, ALGORITHM=COPY;", dialect=Dialect.MYSQL),
        bad("ALTER TABLE t ADD INDEX i (a), LOCK=SHARED;", dialect=Dialect.MYSQL),
        good("ALTER TABLE t ADD INDEX i (a), ALGORITHM=INPLACE, LOCK=NONE;", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AlterOnline) or subject.on_new_table:
            return
        if action.algorithm == "copy" or action.lock in ("shared", "exclusive"):
            asked = "ALGORITHM=COPY" if action.algorithm == "copy" else f"LOCK={action.lock.upper()}"
            yield self.against(subject, f"{asked} keeps writers of {action.table} out.", asked)
