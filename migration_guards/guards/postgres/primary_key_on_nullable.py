from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddConstraint
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class PrimaryKeyOnNullable(PostgresGuard):
    """A primary key is put on columns that may be null.

    USING INDEX spares the build, yet PostgreSQL still sets the columns NOT NULL and reads the whole table
    for it under an ACCESS EXCLUSIVE lock (documentation of PostgreSQL 17, ALTER TABLE). Make them NOT NULL
    before, by a CHECK that is added NOT VALID and validated.
    """

    id = "migrations/primary-key-on-nullable"
    reference = "ML13"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t ADD PRIMARY KEY USING INDEX i;", "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a);"),
        good(
            "ALTER TABLE t ADD PRIMARY KEY USING INDEX i;",
            "CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a);",
        ),
        good("ALTER TABLE t ADD PRIMARY KEY USING INDEX i;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if (
            not isinstance(action, AddConstraint)
            or action.constraint.holds is not Holds.PRIMARY
            or subject.on_new_table
        ):
            return
        index = subject.before.index(action.constraint.using_index)
        table = subject.before.table(action.table)
        if index is None or table is None:
            return
        columns = [table.columns[name] for name in index.columns if name in table.columns]
        loose = [column.name for column in columns if not column.not_null and not table.proves_not_null(column.name)]
        if loose:
            message = f"{action.table} is locked while every row is read: {', '.join(loose)} may be null until now."
            proofs = " AND ".join(f"{name} IS NOT NULL" for name in loose)
            recipe = (
                f"ALTER TABLE {action.table} ADD CONSTRAINT with CHECK ({proofs}) NOT VALID; VALIDATE it in a later"
                " migration; SET NOT NULL; then add the primary key"
            )
            yield self.against(subject, message, fix=advice(recipe))
