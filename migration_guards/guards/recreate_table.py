from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import CreateTable, DropTable
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class RecreateTable(Guard):
    """A migration drops a table and makes it anew under the same name.

    `CREATE TABLE` after `DROP TABLE IF EXISTS` looks like making sure of a fresh start; on a server with
    data it empties the table. Use CREATE TABLE IF NOT EXISTS, or alter the table that is there.
    """

    id = "migrations/recreate-table"
    reference = "MD14"
    severity = Severity.ERROR
    since = "0.1.0"
    supersedes = frozenset({"migrations/drop-table", "migrations/drop-table-cascade"})
    examples = (
        bad("DROP TABLE IF EXISTS users; CREATE TABLE users (id int);"),
        bad("DROP TABLE IF EXISTS `users`; CREATE TABLE `users` (id int);", dialect=Dialect.MYSQL),
        good("CREATE TABLE IF NOT EXISTS users (id int);"),
        good(
            "CREATE TABLE n (id int); INSERT INTO n SELECT id FROM o; DROP TABLE o; ALTER TABLE n RENAME TO o;",
            dialect=Dialect.SQLITE,
        ),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, DropTable) or subject.on_new_table:
            return
        if any(isinstance(other.action, CreateTable) and other.action.table == action.table for other in subject.later):
            yield self.against(subject, f"This empties {action.table}: it is dropped here and made anew below.")
