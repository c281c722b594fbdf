from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AlterType
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class EnumValueRemoved(PostgresGuard):
    """An enum loses a value that rows and running code may still have.

    PostgreSQL cannot drop a value, so the column moves to a new type that lacks it: the statement fails at the first
    row that still has it, and the running version of the application cannot write it any more. Move the rows to
    another value and deploy code that no longer writes the old one first.
    """

    id = "migrations/enum-value-removed"
    reference = "MD13"
    severity = Severity.ERROR
    since = "0.1.0"
    supersedes = frozenset({"migrations/column-type-rewrite"})
    examples = (
        bad(
            'CREATE TYPE "New" AS ENUM (\'A\'); ALTER TABLE t ALTER r TYPE "New" USING (r::text::"New");',
            "CREATE TYPE \"Role\" AS ENUM ('A', 'B'); CREATE TABLE t (r \"Role\");",
        ),
        good(
            "CREATE TYPE n AS ENUM ('A', 'B', 'C'); CREATE TABLE u (r n); ALTER TABLE u ALTER r TYPE n;",
            "CREATE TYPE o AS ENUM ('A', 'B');",
        ),
        good("ALTER TYPE mood ADD VALUE 'odd';"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AlterType) or subject.on_new_table:
            return
        column = subject.before.column(action.table, action.name)
        old = subject.before.enums.get(column.type.removesuffix("[]"), ()) if column else ()
        new = subject.before.enums.get(action.type.removesuffix("[]"), ())
        gone = [value for value in old if value not in new]
        if new and gone:
            message = f"{action.table}.{action.name} can no longer hold {', '.join(gone)}, and rows that do stop this."
            yield self.against(subject, message, action.name)
