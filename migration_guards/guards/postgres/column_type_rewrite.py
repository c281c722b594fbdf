from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AlterType
from migration_guards.dialects.postgres_types import Conversion, conversion
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice, changed_over
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity


class ColumnTypeRewrite(PostgresGuard):
    """A column changes to a type that PostgreSQL cannot keep as it is, so the table is rewritten.

    The rewrite, and every index on the column, is made under an ACCESS EXCLUSIVE lock. Wider varchar,
    varchar to text and a wider numeric of the same scale cost nothing and are not spoken of. Add a column of
    the new type, write both, fill in batches, and change over. Where the migrations do not say the old type
    the finding is of medium confidence.
    """

    id = "migrations/column-type-rewrite"
    reference = "ML21"
    severity = Severity.ERROR
    since = "0.1.0"
    clears = True
    examples = (
        bad("ALTER TABLE t ALTER a TYPE bigint;", "CREATE TABLE t (a int);"),
        bad("ALTER TABLE t ALTER a TYPE bigint;"),
        bad("ALTER TABLE t ALTER a TYPE jsonb USING a::jsonb;", "CREATE TABLE t (a text);"),
        good("ALTER TABLE t ALTER a TYPE varchar(80);", "CREATE TABLE t (a varchar(20));"),
        good("ALTER TABLE t ALTER a TYPE text;", "CREATE TABLE t (a varchar(20));"),
        good("ALTER TABLE t ALTER a TYPE numeric(12, 2);", "CREATE TABLE t (a numeric(10, 2));"),
        good("CREATE TABLE t (a int); ALTER TABLE t ALTER a TYPE bigint;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AlterType) or subject.on_new_table:
            return
        old = subject.old_type
        cost = conversion(old, action.type, action.using)
        if cost is Conversion.FREE:
            return
        change = f"from {old} to {action.type}" if old else f"to {action.type}"
        message = (
            f"Changing {action.table}.{action.name} {change} writes every row anew while nobody can use the table."
        )
        sure = Confidence.MEDIUM if cost is Conversion.UNKNOWN else None
        recipe = changed_over(action.table, action.name, action.type)
        yield self.against(subject, message, action.name, advice(recipe), confidence=sure)
