from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import CreateIndex
from migration_guards.examples import bad, good
from migration_guards.guard import SqliteGuard
from migration_guards.model import Dialect, Operation
from migration_guards.rebuild import rebuild_of
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class RebuildForgets(SqliteGuard):
    """A rebuilt table comes back without its indexes or constraints.

    DROP TABLE takes the indexes and triggers of the old table with it, and the new one has only what the migration
    gives it (documentation of SQLite, Making Other Kinds Of Table Schema Changes). Create them again after the
    rename.
    """

    id = "migrations/rebuild-forgets"
    reference = "MQ05"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad(
            "CREATE TABLE n (id int, a text); INSERT INTO n SELECT id, a FROM t; DROP TABLE t;"
            " ALTER TABLE n RENAME TO t;",
            "CREATE TABLE t (id int, a text); CREATE INDEX i ON t (a);",
            Dialect.SQLITE,
        ),
        good(
            "CREATE TABLE n (id int, a text); INSERT INTO n SELECT id, a FROM t; DROP TABLE t;"
            " ALTER TABLE n RENAME TO t;"
            " CREATE INDEX i ON t (a);",
            "CREATE TABLE t (id int, a text); CREATE INDEX i ON t (a);",
            Dialect.SQLITE,
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        made = rebuild_of(subject)
        if made is None or made.old is None or made.old.new:
            return
        again = {o.action.index.columns for o in subject.peers if isinstance(o.action, CreateIndex)}
        again |= {held.columns for held in made.made.constraints} | {i.columns for i in made.made.indexes}
        again |= {(column.name,) for column in made.made.columns if column.unique or column.primary}
        kept = {column.name for column in made.made.columns}
        lost = [i.name for i in made.old.indexes if i.columns not in again and set(i.columns) <= kept]
        if lost:
            yield self.against(subject, f"{made.name} comes back without {', '.join(lost)}.", ",".join(lost))
