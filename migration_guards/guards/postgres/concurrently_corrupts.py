from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import CreateIndex, Reindex
from migration_guards.examples import good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good


class ConcurrentlyCorrupts(PostgresGuard):
    """PostgreSQL 14.0 to 14.3 may corrupt an index that is built concurrently.

    The repository says that its server is one of these. The release notes of PostgreSQL 14.4 describe the
    fault and the repair: update the server first, then build the index.
    """

    id = "migrations/concurrently-corrupts-index"
    reference = "ML42"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        Bad(
            {
                "migrations/2.sql": "CREATE INDEX CONCURRENTLY i ON t (a);",
                "docker-compose.yml": "services:\n  db:\n    image: postgres:14.2-alpine\n",
            }
        ),
        Good(
            {
                "migrations/2.sql": "CREATE INDEX CONCURRENTLY i ON t (a);",
                "docker-compose.yml": "services:\n  db:\n    image: postgres:14\n",
            }
        ),
        good("CREATE INDEX CONCURRENTLY i ON t (a);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        builds = isinstance(action, CreateIndex | Reindex) and action.concurrently
        if builds and subject.server[:1] == (14,) and len(subject.server) > 1 and subject.server[1] < 4:
            version = ".".join(map(str, subject.server))
            yield self.against(subject, f"PostgreSQL {version} may corrupt this index; update to 14.4 or later first.")
