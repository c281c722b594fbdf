from __future__ import annotations

from collections.abc import Iterable

from migration_guards.dialects.postgres import Mode, effect
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity


class LocksHeldTogether(PostgresGuard):
    """One transaction locks several tables that are in use.

    Each lock is held until the transaction ends, so the tables are unusable together, and a query that takes
    them in another order meets this one in a deadlock. Alter one table a migration, or one a transaction.
    """

    id = "migrations/locks-held-together"
    reference = "ML32"
    severity = Severity.NOTE
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE a ADD x int; ALTER TABLE b ADD x int;"),
        good("ALTER TABLE a ADD x int, ADD y int; ALTER TABLE a ADD z int;"),
        good("ALTER TABLE a ADD x int; CREATE TABLE b (a int); ALTER TABLE b ADD x int;"),
        good("-- +goose NO TRANSACTION\n-- +goose Up\nALTER TABLE a ADD x int;\nALTER TABLE b ADD x int;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        mine = effect(subject)
        if mine is None or mine.lock is not Mode.ACCESS_EXCLUSIVE:
            return
        held = [other for other in subject.together if (it := effect(other)) and it.lock is Mode.ACCESS_EXCLUSIVE]
        tables = {table for other in held for table in (effect(other) or mine).tables}
        if len(tables) == 1 and not set(mine.tables) <= tables:
            related = (Related(held[0].where, "The first lock is taken here."),)
            message = f"{mine.tables[0]} is locked while {tables.pop()} still is; deadlocks come from this."
            yield self.against(subject, message, related=related)
