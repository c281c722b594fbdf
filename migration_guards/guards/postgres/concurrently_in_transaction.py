from __future__ import annotations

from collections.abc import Iterable

from migration_guards import actions
from migration_guards.actions import CreateIndex, DetachPartition, DropIndex, Maintain, Privilege, Reindex
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from migration_guards.objects import CreateObject, DropObject
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class ConcurrentlyInTransaction(PostgresGuard):
    """A statement that cannot run in a transaction stands in one.

    CREATE, DROP and REINDEX INDEX CONCURRENTLY, DETACH PARTITION CONCURRENTLY, VACUUM, CREATE and DROP
    DATABASE and ALTER SYSTEM are refused inside a transaction block, and a runner that wraps the file, or
    sends several statements as one query, makes one. Take the file out of the runner's transaction, and give
    the statement a file of its own.
    """

    id = "migrations/concurrently-in-transaction"
    reference = "ML04"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("-- +goose Up\nCREATE INDEX CONCURRENTLY i ON users (email);\n-- +goose Down\nSELECT 1;", line=2),
        bad("BEGIN; DROP INDEX CONCURRENTLY i; COMMIT;"),
        bad("SELECT 1; VACUUM users;"),
        good("CREATE INDEX CONCURRENTLY i ON users (email);"),
        good("-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON users (email);\nSELECT 1;"),
        good("SELECT 1; REFRESH MATERIALIZED VIEW CONCURRENTLY v;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if subject.transaction and (what := self._alone(action)):
            yield self.against(
                subject, f"PostgreSQL refuses {what} inside a transaction, and this file runs in one.", what
            )

    def _alone(self, action: actions.Action) -> str:
        """What the statement is called when it must run outside of transactions; else empty."""
        if isinstance(action, CreateIndex | DropIndex | Reindex | DetachPartition) and action.concurrently:
            return "CONCURRENTLY"
        if isinstance(action, Maintain) and action.what.startswith("vacuum"):
            return "VACUUM"
        if isinstance(action, CreateObject | DropObject) and action.what == "database":
            return f"{'CREATE' if isinstance(action, CreateObject) else 'DROP'} DATABASE"
        return "ALTER SYSTEM" if isinstance(action, Privilege) and action.what == "alter system" else ""
