from __future__ import annotations

import re
from collections.abc import Iterable

from migration_guards.guard import Guard
from migration_guards.model import Dialect, Kind, Operation, Reading
from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good
from rules.core.source import Span

_HEAD = re.compile(r"CREATE\s+(?:UNIQUE\s+)?INDEX\b", re.I)


class IndexNotConcurrent(Guard):
    """An index is built while nobody can write to its table.

    CREATE INDEX takes a SHARE lock for the whole build (documentation of PostgreSQL 17, Explicit
    Locking): every INSERT, UPDATE and DELETE on the table waits. CREATE INDEX CONCURRENTLY takes SHARE
    UPDATE EXCLUSIVE and lets writes through, but cannot run in a transaction, so it has to be the only
    statement of its file. The fix is offered where it already is.
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

    def check(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        clause = subject.clause
        if clause.kind is not Kind.CREATE_INDEX or clause.concurrent or subject.table_is_new:
            return
        if subject.dialect is Dialect.POSTGRES:
            message = f"Writes to {clause.table} wait until this index is built; build it CONCURRENTLY."
            yield self.against(subject, message, self._fix(subject))

    def _fix(self, subject: Operation) -> Fix | None:
        head = _HEAD.match(subject.statement)
        if head is None or not subject.alone or subject.reading is not Reading.EXACT:
            return None
        if "/migration.sql" not in subject.path:
            return None
        at = subject.where.span.start + len(head[0].encode())
        return Fix("Build the index CONCURRENTLY", (Edit(subject.path, Span(at, at), b" CONCURRENTLY"),))
