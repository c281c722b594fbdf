from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn
from migration_guards.examples import bad, good
from migration_guards.guard import SqliteGuard
from migration_guards.model import Dialect, Operation, Reading
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class AddColumnRefused(SqliteGuard):
    """SQLite refuses to add a column like this.

    ADD COLUMN takes no PRIMARY KEY, no UNIQUE, no NOT NULL without a default, no default that is worked out, no
    STORED generated column (documentation of SQLite, ALTER TABLE). Rebuild the table, or add a plain column.
    """

    id = "migrations/add-column-refused"
    reference = "MQ02"
    severity = Severity.ERROR
    since = "0.1.0"
    supersedes = frozenset({"migrations/add-not-null-column-without-default"})
    examples = (
        bad("ALTER TABLE t ADD COLUMN a int UNIQUE;", dialect=Dialect.SQLITE),
        bad("ALTER TABLE t ADD COLUMN a text DEFAULT CURRENT_TIMESTAMP;", dialect=Dialect.SQLITE),
        bad("ALTER TABLE t ADD COLUMN a int NOT NULL;", dialect=Dialect.SQLITE),
        bad("ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (b) STORED;", dialect=Dialect.SQLITE),
        good("ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0;", dialect=Dialect.SQLITE),
        good("ALTER TABLE t ADD COLUMN a text;", dialect=Dialect.SQLITE),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AddColumn) or subject.reading is Reading.EXACT:
            return
        column = action.column
        reasons = {
            "it is a primary key": column.primary,
            "it is UNIQUE": column.unique,
            "it is NOT NULL without a default": column.not_null
            and column.default.lower() in ("", "null")
            and not column.generated,
            "its default is worked out": bool(column.calls) or column.default.startswith("("),
            "it is generated and STORED": column.generated == "stored",
        }
        found = [reason for reason, holds in reasons.items() if holds]
        if found:
            yield self.against(subject, f"SQLite refuses to add {action.table}.{column.name}: {found[0]}.", column.name)
