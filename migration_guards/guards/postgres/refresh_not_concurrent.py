from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Maintain
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from migration_guards.objects import CreateObject
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class RefreshNotConcurrent(PostgresGuard):
    """A materialized view is refreshed while nobody can read it.

    REFRESH MATERIALIZED VIEW takes an ACCESS EXCLUSIVE lock until the query is done; CONCURRENTLY lets reads
    through and needs a unique index on the view (documentation of PostgreSQL 17).
    """

    id = "migrations/refresh-not-concurrent"
    reference = "ML26"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("REFRESH MATERIALIZED VIEW totals;"),
        good("REFRESH MATERIALIZED VIEW CONCURRENTLY totals;"),
        good("CREATE MATERIALIZED VIEW totals AS SELECT 1 AS a; REFRESH MATERIALIZED VIEW totals;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, Maintain) or action.what != "refresh" or action.concurrently:
            return
        made = {o.action.name for o in subject.earlier if isinstance(o.action, CreateObject)}
        if action.table not in made:
            yield self.against(subject, f"Nobody can read {action.table} until it is refreshed.")
