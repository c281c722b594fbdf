from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import CreateIndex, DropIndex
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Intent, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Safety, Severity


class ConcurrentlyIfNotExists(PostgresGuard):
    """IF NOT EXISTS hides the INVALID index that a failed build left behind.

    CREATE INDEX CONCURRENTLY that fails leaves an index that serves no query. The next run finds a relation
    of that name, does nothing and succeeds: the index is never there (documentation of PostgreSQL 17, CREATE
    INDEX). Put DROP INDEX CONCURRENTLY IF EXISTS before it, and leave IF NOT EXISTS out.
    """

    id = "migrations/concurrently-if-not-exists"
    reference = "ML07"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);"),
        bad(
            "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);\n",
            fixed="-- +goose NO TRANSACTION\n-- +goose Up\nDROP INDEX CONCURRENTLY IF EXISTS i;\n"
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);\n",
        ),
        good("CREATE INDEX CONCURRENTLY i ON t (a);"),
        good(
            "-- +goose NO TRANSACTION\n-- +goose Up\nDROP INDEX CONCURRENTLY IF EXISTS i;\n"
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);"
        ),
        good("CREATE TABLE t (a int); CREATE INDEX IF NOT EXISTS i ON t (a);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, CreateIndex) or not (action.concurrently and action.if_not_exists):
            return
        name = action.index.name
        if not any(isinstance(other.action, DropIndex) and other.action.name == name for other in subject.earlier):
            message = (
                f"If a build of {name} fails, the next run takes its INVALID remains for the index and does nothing."
            )
            known = subject.before.index(name) is not None
            title = "Drop the remains of a failed build first"
            fix = None if known else self.rewritten(subject, Intent.AFRESH, title, Safety.UNSAFE)
            yield self.against(subject, message, name, fix)
