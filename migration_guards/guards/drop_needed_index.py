from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migration_guards.actions import DropIndex
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DropNeededIndex(Guard):
    """A dropped index held a promise, or was the last to serve a foreign key.

    Without a unique index, duplicates can be written; without an index on a foreign key's columns, every
    delete in the parent table reads the whole child table. Build the new index first, then drop the old.
    """

    id = "migrations/drop-needed-index"
    reference = "MD11"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("DROP INDEX CONCURRENTLY u;", "CREATE TABLE t (a int); CREATE UNIQUE INDEX u ON t (a);"),
        bad(
            "DROP INDEX CONCURRENTLY i;",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p); CREATE INDEX i ON t (a);",
        ),
        good("DROP INDEX CONCURRENTLY i;", "CREATE TABLE t (a int); CREATE INDEX i ON t (a);"),
        good(
            "DROP INDEX CONCURRENTLY i;",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES p, b int); CREATE INDEX i ON t (a);"
            " CREATE INDEX j ON t (a, b);",
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, DropIndex) or subject.on_new_table:
            return
        name = action.table or subject.before.table_of_index(action.name)
        table = subject.before.table(name)
        index = next((i for i in table.indexes if i.name == action.name), None) if table else None
        if table is None or index is None or table.new:
            return
        rest = replace(table, indexes=tuple(i for i in table.indexes if i is not index))
        if index.unique and not any(i.unique and set(i.columns) == set(index.columns) for i in rest.indexes):
            columns = ", ".join(index.columns)
            yield self.against(subject, f"Nothing keeps ({columns}) of {name} unique after this.", action.name)
            return
        for held in table.constraints:
            if held.references and table.covering(held.columns) and not rest.covering(held.columns):
                columns = ", ".join(held.columns)
                message = f"No index serves the foreign key ({columns}) of {name} after this."
                yield self.against(subject, message, action.name)
