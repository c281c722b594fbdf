from __future__ import annotations

import re
from collections.abc import Iterable

from migration_guards.actions import AlterType
from migration_guards.definitions import Holds
from migration_guards.dialects.postgres_types import Conversion, conversion
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class TypeChangeWithDependants(PostgresGuard):
    """A cheap change of type still has indexes or constraints to check again.

    PostgreSQL keeps the rows, but a CHECK on the column is verified against every row, and an index whose
    order may differ is rebuilt, all under an ACCESS EXCLUSIVE lock. Drop the CHECK first and add it again NOT
    VALID.
    """

    id = "migrations/type-change-with-dependants"
    reference = "ML22"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t ALTER a TYPE text;", "CREATE TABLE t (a varchar(20), CONSTRAINT c CHECK (a <> ''));"),
        good("ALTER TABLE t ALTER a TYPE text;", "CREATE TABLE t (a varchar(20), b int, CONSTRAINT c CHECK (b > 0));"),
        good("ALTER TABLE t ALTER a TYPE text;", "CREATE TABLE t (a varchar(20));"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AlterType) or subject.on_new_table:
            return
        table = subject.before.table(action.table)
        old = table.columns.get(action.name) if table else None
        if table is None or old is None or conversion(old.type, action.type, action.using) is not Conversion.FREE:
            return
        word = re.compile(rf"\b{re.escape(action.name)}\b")
        checks = [
            held.name or "a CHECK"
            for held in table.constraints
            if held.holds is Holds.CHECK and word.search(held.expression)
        ]
        if checks:
            message = f"{action.table} is locked while {', '.join(checks)} is verified against every row again."
            yield self.against(subject, message, action.name)
