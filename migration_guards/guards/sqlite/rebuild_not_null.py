from __future__ import annotations

from collections.abc import Iterable

from migration_guards.examples import bad, good
from migration_guards.guard import SqliteGuard
from migration_guards.model import Dialect, Operation
from migration_guards.rebuild import rebuild_of
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class RebuildNotNull(SqliteGuard):
    """A rebuilt table has a required column that the copy leaves empty.

    The INSERT of the rebuild fails at the first row that has no value, in the middle of the migration. Copy
    COALESCE(column, something), or give the column a default.
    """

    id = "migrations/rebuild-not-null"
    reference = "MQ01"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad(
            "CREATE TABLE n (id int, a text NOT NULL); INSERT INTO n (id, a) SELECT id, a FROM t; DROP TABLE t;"
            " ALTER TABLE n RENAME TO t;",
            "CREATE TABLE t (id int, a text);",
            Dialect.SQLITE,
        ),
        good(
            "CREATE TABLE n (id int, a text NOT NULL); INSERT INTO n (id, a) SELECT id, COALESCE(a, '') FROM t;"
            " DROP TABLE t; ALTER TABLE n RENAME TO t;",
            "CREATE TABLE t (id int, a text);",
            Dialect.SQLITE,
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        made = rebuild_of(subject)
        if made is None or made.old is None or made.old.new or made.copied is None:
            return
        for column in made.made.columns:
            old = made.old.columns.get(column.name)
            copied = column.name in made.copied.selected or made.copied.selected == ("*",)
            if column.not_null and not column.primary and old and not old.not_null and copied:
                message = f"{made.name}.{column.name} may be empty in old rows: the copy fails there."
                yield self.against(made.place, message, column.name)
