from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Maintain
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Intent, Operation
from migration_guards.objects import CreateObject
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Safety, Severity


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
        bad(
            "REFRESH MATERIALIZED VIEW totals;",
            "CREATE MATERIALIZED VIEW totals AS SELECT 1 AS a; CREATE UNIQUE INDEX i ON totals (a);",
            fixed="REFRESH MATERIALIZED VIEW CONCURRENTLY totals;",
        ),
        good("REFRESH MATERIALIZED VIEW CONCURRENTLY totals;"),
        good("CREATE MATERIALIZED VIEW totals AS SELECT 1 AS a; REFRESH MATERIALIZED VIEW totals;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, Maintain) or action.what != "refresh" or action.concurrently:
            return
        made = {o.action.name for o in subject.earlier if isinstance(o.action, CreateObject)}
        if action.table not in made:
            view = subject.before.table(action.table)
            whole = [i for i in view.indexes if i.unique and i.valid and not i.partial] if view else []
            plain = any(not any(name.startswith("(") for name in index.columns) for index in whole)
            title = "Refresh CONCURRENTLY, if the view was filled before"
            fix = self.rewritten(subject, Intent.CONCURRENTLY, title, Safety.UNSAFE) if plain else None
            yield self.against(subject, f"Nobody can read {action.table} until it is refreshed.", fix=fix)
