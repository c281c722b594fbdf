from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddColumn, ModifyColumn, RenameColumn, RenameTable
from migration_guards.examples import bad, good
from migration_guards.guard import Guard, advice
from migration_guards.model import Dialect, Operation
from migration_guards.rebuild import is_stepping_aside
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Fix, Severity


class Rename(Guard):
    """A migration renames a table or column that code is using.

    The version of the application that runs during the deployment knows the old name alone, the new version
    the new one: one of them fails. Add the new column and write both, or leave a view under the old name, and
    take the old name away in a later release.
    """

    id = "migrations/rename"
    reference = "MC01"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE users RENAME COLUMN name TO full_name;"),
        bad("ALTER TABLE users RENAME TO people;"),
        bad("ALTER TABLE users CHANGE name full_name varchar(80);", dialect=Dialect.MYSQL),
        bad("ALTER TABLE users RENAME TO people;", dialect=Dialect.SQLITE),
        good("CREATE TABLE users (a int); ALTER TABLE users RENAME COLUMN a TO b;"),
        good("ALTER TABLE users ADD COLUMN new_id uuid; ALTER TABLE users RENAME COLUMN new_id TO id;"),
        good("CREATE TABLE n (id int); DROP TABLE o; ALTER TABLE n RENAME TO o;", dialect=Dialect.SQLITE),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if subject.on_new_table or is_stepping_aside(subject):
            return
        if isinstance(action, RenameTable):
            message = f"Code that runs during the deployment still asks for {action.table}, now {action.new}."
            recipe = (
                f"In the same transaction, create a view {action.table} that shows all of {action.new}; drop the view"
                " in a later release"
            )
            yield self.against(subject, message, fix=advice(recipe))
        elif isinstance(action, RenameColumn):
            added = [o.action for o in subject.earlier if isinstance(o.action, AddColumn)]
            if any((one.table, one.column.name) == (action.table, action.name) for one in added):
                return
            column = f"{action.table}.{action.name}"
            message = f"Code that runs during the deployment still asks for {column}, now {action.new}."
            yield self.against(subject, message, action.name, self._advice(action.table, action.name, action.new))
        elif isinstance(action, ModifyColumn) and action.column.name.lower() != action.name.lower():
            new = action.column.name
            message = f"Code that runs during the deployment still asks for {action.table}.{action.name}, now {new}."
            yield self.against(subject, message, action.name, self._advice(action.table, action.name, new))

    def _advice(self, table: str, old: str, new: str) -> Fix:
        return advice(
            f"Add {table}.{new} and write both; copy {old} in batches; deploy code that reads {new}; drop {old} in a"
            " later release"
        )
