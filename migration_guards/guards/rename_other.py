from __future__ import annotations

from collections.abc import Iterable

from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from migration_guards.objects import RenameEnumValue, RenameObject, SetSchema
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class RenameOther(Guard):
    """A migration renames or moves a schema, view, function, constraint, index or enum value.

    Code that names it fails: error handling that looks for a constraint's name, queries that say the schema,
    upserts ON CONSTRAINT, an enum value in a running version. Keep the old name until nothing asks for it.
    """

    id = "migrations/rename-other"
    reference = "MC02"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER SCHEMA billing RENAME TO invoices;"),
        bad("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';"),
        bad("ALTER TABLE users SET SCHEMA archive;"),
        good("ALTER INDEX a RENAME TO b;"),
        good("ALTER TYPE mood RENAME TO mood_old; DROP TYPE mood_old;"),
        good("CREATE TABLE users (a int); ALTER TABLE users SET SCHEMA archive;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, SetSchema) and not (action.table and subject.on_new_table):
            yield self.against(
                subject, f"Code finds the {action.what} {action.name} no longer where it was.", action.name
            )
        elif isinstance(action, RenameEnumValue):
            message = f"Code that runs during the deployment still writes '{action.value}', now '{action.new}'."
            yield self.against(subject, message, action.value)
        elif isinstance(action, RenameObject) and action.what in (
            "schema",
            "view",
            "materialized view",
            "function",
            "sequence",
        ):
            message = f"Code that still asks for the {action.what} {action.name} fails; it is {action.new} now."
            yield self.against(subject, message, action.name)
