from __future__ import annotations

from collections.abc import Iterable

from migration_guards import actions
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class SetNotNull(PostgresGuard):
    """A column is made NOT NULL, and every row is read under the strongest lock.

    SET NOT NULL takes an ACCESS EXCLUSIVE lock and reads the table, unless a valid CHECK (column IS NOT
    NULL) already proves it, since PostgreSQL 12 (documentation of PostgreSQL 17, ALTER TABLE). Add that CHECK
    NOT VALID, validate it in a later migration, then SET NOT NULL takes a moment and the CHECK can go.
    """

    id = "migrations/set-not-null"
    reference = "ML15"
    severity = Severity.ERROR
    since = "0.1.0"
    clears = True
    examples = (
        bad("ALTER TABLE t ALTER a SET NOT NULL;"),
        bad("ALTER TABLE t ALTER a SET NOT NULL;", "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0));"),
        good("ALTER TABLE t ALTER a SET NOT NULL;", "CREATE TABLE t (a int, CONSTRAINT c CHECK (a IS NOT NULL));"),
        good(
            "ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL;",
            "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;",
        ),
        good("ALTER TABLE t ALTER a SET NOT NULL;", "CREATE TABLE t (a int NOT NULL);"),
        good("CREATE TABLE t (a int); ALTER TABLE t ALTER a SET NOT NULL;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, actions.SetNotNull) or subject.on_new_table:
            return
        table = subject.before.table(action.table)
        column = table.columns.get(action.name) if table else None
        if table and (table.proves_not_null(action.name) or (column and column.not_null)):
            return
        name = f"{action.table}.{action.name}"
        message = f"{action.table} is locked while every row is read; prove {name} by a validated CHECK first."
        yield self.against(subject, message, action.name, advice(self._recipe(action)))

    def _recipe(self, action: actions.SetNotNull) -> str:
        check = f"{action.table}_{action.name}_not_null"
        return (
            f"ALTER TABLE {action.table} ADD CONSTRAINT {check} CHECK ({action.name} IS NOT NULL) NOT VALID; in a later"
            f" migration VALIDATE CONSTRAINT {check}, then SET NOT NULL and DROP CONSTRAINT {check}"
        )
