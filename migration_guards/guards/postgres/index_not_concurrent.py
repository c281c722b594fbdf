from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import CreateIndex
from migration_guards.guard import PostgresGuard
from migration_guards.model import Intent, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good


class IndexNotConcurrent(PostgresGuard):
    """An index is built while nobody can write to its table.

    CREATE INDEX takes a SHARE lock for the whole build (documentation of PostgreSQL 17, Explicit
    Locking): every INSERT, UPDATE and DELETE on the table waits. CREATE INDEX CONCURRENTLY takes SHARE
    UPDATE EXCLUSIVE and lets writes through, but cannot run in a transaction, so it has to be the only
    statement of its file, or the file has to leave its runner's transaction. The fix is offered where the
    runner has a way to say so.
    """

    id = "migrations/index-not-concurrent"
    reference = "ML01"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        Bad(
            {
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/2_i/migration.sql": "CREATE INDEX i ON users(email);\n",
            },
            fixed={"prisma/migrations/2_i/migration.sql": "CREATE INDEX CONCURRENTLY i ON users(email);\n"},
        ),
        Bad({"migrations/2.sql": "SELECT 1; CREATE UNIQUE INDEX i ON users(email);"}, fixed={}),
        Good({"migrations/2.sql": "CREATE INDEX CONCURRENTLY i ON users(email);"}),
        Good({"migrations/2.sql": "CREATE TABLE users (email text); CREATE INDEX i ON users(email);"}),
        Good({"mysql/migrations/2.sql": "CREATE INDEX i ON users(email);"}),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, CreateIndex) or action.concurrently or subject.on_new_table:
            return
        message = f"Writes to {action.table} wait until this index is built; build it CONCURRENTLY."
        fix = self.rewritten(subject, Intent.CONCURRENTLY, "Build the index CONCURRENTLY")
        yield self.against(subject, message, action.index.name, fix)
