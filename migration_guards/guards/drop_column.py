from __future__ import annotations

from collections.abc import Iterable

from migration_guards import actions
from migration_guards.guard import Guard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good


class DropColumn(Guard):
    """A migration drops a column with everything in it.

    The values are gone with the statement, and the version of the application that still runs while this
    is deployed fails wherever it reads or writes the column; many object mappers name every column they
    know. First deploy code that ignores the column, then drop it in a later release.
    """

    id = "migrations/drop-column"
    reference = "MD03"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        Bad({"migrations/2.sql": "ALTER TABLE users\n  DROP COLUMN email;"}, line=2),
        Bad({"sqlite/migrations/2.sql": "ALTER TABLE users DROP email;"}),
        Good({"migrations/2.sql": "CREATE TABLE users (email text); ALTER TABLE users DROP COLUMN email;"}),
        Good({"migrations/2.sql": "ALTER TABLE users ALTER COLUMN email DROP NOT NULL, DROP CONSTRAINT c;"}),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, actions.DropColumn) and not subject.on_new_table:
            name = f"{action.table}.{action.name}"
            recipe = f"Deploy code that neither reads nor writes {name}; drop it in a later release"
            message = f"This drops the column {name} with all its values."
            yield self.against(subject, message, action.name, advice(recipe))
