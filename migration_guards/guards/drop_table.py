from __future__ import annotations

from collections.abc import Iterable

from migration_guards import actions
from migration_guards.guard import Guard, advice
from migration_guards.model import Operation
from migration_guards.rebuild import rebuild_of
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good


class DropTable(Guard):
    """A migration drops a table with everything in it.

    The rows are gone with the statement, and the version of the application that still runs while this
    is deployed fails on every query of the table. First deploy code that no longer uses the table, then
    rename it to something like `users_to_drop`, and drop it in a later release when nothing missed it.
    A table that the same change creates may be dropped.
    """

    id = "migrations/drop-table"
    reference = "MD01"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        Bad({"migrations/2_drop.up.sql": "-- bye\nDROP TABLE IF EXISTS public.users;\n"}, line=2),
        Bad({"migrations/2.sql": "CREATE TABLE t (begin int);DROP TABLE users;"}),
        Bad({"mysql/migrations/2.sql": "DROP TABLE `users`, orders;"}, findings=2),
        Good({"migrations/2.sql": "CREATE TABLE users (id int); DROP TABLE users;"}),
        Good({"migrations/2.down.sql": "DROP TABLE users;"}),
        Good(
            {
                "sqlite/migrations/2.sql": "CREATE TABLE n (a int); INSERT INTO n SELECT a FROM users;"
                " DROP TABLE users; ALTER TABLE n RENAME TO users;"
            }
        ),
        Good({"migrations/2.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\nDROP TABLE users;"}),
        Good({"migrations/1.sql": "DROP TABLE users;"}, base={"migrations/1.sql": "DROP TABLE users;"}),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, actions.DropTable) and not subject.on_new_table and rebuild_of(subject) is None:
            recipe = (
                f"Deploy code that no longer uses {action.table}; then ALTER TABLE {action.table} RENAME TO"
                f" {action.table.rpartition('.')[2]}_to_drop; drop that in a later release"
            )
            message = f"This drops the table {action.table} with all its rows."
            yield self.against(subject, message, fix=advice(recipe))
