from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migration_guards.actions import Setting
from migration_guards.dialects.postgres import effect
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Intent, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Safety, Severity


class LockTimeoutMissing(PostgresGuard):
    """A strong lock is asked for without a limit to the waiting.

    ALTER TABLE waits behind the longest running query, and every later query of the table waits behind it. SET
    LOCAL lock_timeout = '2s' before it lets the migration fail instead, and be tried again. Said once a file.
    Builds by CONCURRENTLY must not have it. The fix is made when the rule is named, since a migration that may fail
    has to be run again by somebody.
    """

    id = "migrations/lock-timeout-missing"
    reference = "ML34"
    severity = Severity.NOTE
    since = "0.1.0"
    examples = (
        bad(
            "-- A and b.\nALTER TABLE t ADD a int; ALTER TABLE t ADD b int;",
            fixed="-- A and b.\nSET LOCAL lock_timeout = '2s';\nALTER TABLE t ADD a int; ALTER TABLE t ADD b int;",
        ),
        bad("SET lock_timeout = 0; ALTER TABLE users ADD a int;"),
        good("SET lock_timeout = '2s'; ALTER TABLE users ADD a int;"),
        good("CREATE TABLE users (a int); ALTER TABLE users ADD b int;"),
        good("CREATE INDEX CONCURRENTLY i ON users (a);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        mine = effect(subject)
        if mine is None or not mine.lock.blocks_writes or self._limited(subject):
            return
        if not any((it := effect(other)) and it.lock.blocks_writes for other in subject.earlier):
            message = f"This waits for a lock on {mine.tables[0]} without limit, and every query waits behind it."
            fix = self.rewritten(subject, Intent.LOCK_TIMEOUT, "Limit the waiting to two seconds")
            fix = replace(fix, safety=Safety.UNSAFE) if fix else None
            yield self.against(subject, message, "lock_timeout", fix)

    def _limited(self, subject: Operation) -> bool:
        settings = [other.action for other in subject.earlier if isinstance(other.action, Setting)]
        return any(s.name in ("lock_timeout", "statement_timeout") and s.value not in ("", "0") for s in settings)
