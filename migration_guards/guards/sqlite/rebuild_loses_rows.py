from __future__ import annotations

from collections.abc import Iterable

from migration_guards.examples import bad, good
from migration_guards.guard import SqliteGuard
from migration_guards.model import Dialect, Operation
from migration_guards.rebuild import rebuild_of
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class RebuildLosesRows(SqliteGuard):
    """A rebuilt table loses a column or rows on the way.

    The INSERT ... SELECT of the rebuild leaves out a column that the new table still has, or narrows the rows, or
    there is none at all; then the old table is dropped. Copy every column and every row, and compare the counts.
    """

    id = "migrations/rebuild-loses-rows"
    reference = "MD17"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad(
            "CREATE TABLE n (id int); DROP TABLE t; ALTER TABLE n RENAME TO t;",
            "CREATE TABLE t (id int);",
            Dialect.SQLITE,
        ),
        bad(
            "CREATE TABLE n (id int, a text); INSERT INTO n (id) SELECT id FROM t; DROP TABLE t;"
            " ALTER TABLE n RENAME TO t;",
            "CREATE TABLE t (id int, a text);",
            Dialect.SQLITE,
        ),
        good(
            "CREATE TABLE n (id int); INSERT INTO n (id) SELECT id FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;",
            "CREATE TABLE t (id int);",
            Dialect.SQLITE,
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        made = rebuild_of(subject)
        if made is None or (made.old is not None and made.old.new):
            return
        if made.copied is None:
            yield self.against(subject, f"The rows of {made.name} are not copied before the table is dropped.")
            return
        old = set(made.old.columns) if made.old else set()
        given = set(made.copied.columns)
        lost = sorted({c.name for c in made.made.columns} & old - given) if given else []
        if lost:
            message = f"{', '.join(lost)} of {made.name} is left out of the copy: its values are gone."
            yield self.against(subject, message, ",".join(lost))
        elif made.copied.filtered:
            yield self.against(subject, f"Rows of {made.name} that the WHERE leaves out are gone.")
