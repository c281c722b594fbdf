from __future__ import annotations

from collections.abc import Iterable

from migration_guards import objects
from migration_guards.actions import AlterIdentity
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Dialect, Operation
from migration_guards.objects import CreateObject
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity

_WATCHED = frozenset({"view", "materialized view", "function", "procedure", "domain", "sequence", "extension"})


class DropObject(Guard):
    """A migration drops a view, function, sequence, extension or default that code may still use.

    The version of the application that runs during the deployment, other services and reports may call it.
    Drop it in a later release than the one that stops using it. A type is spoken of with CASCADE only:
    without it the server refuses while a column has the type. What the same change makes again is replaced,
    not dropped.
    """

    id = "migrations/drop-object"
    reference = "MD09"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("DROP VIEW active_users;"),
        bad("DROP TYPE mood CASCADE;"),
        bad("ALTER TABLE t ALTER COLUMN total DROP EXPRESSION;"),
        bad("DROP VIEW active_users;", dialect=Dialect.SQLITE),
        good("DROP TYPE mood;"),
        good("DROP FUNCTION total(int); CREATE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'SELECT 2';"),
        good("CREATE VIEW v AS SELECT 1; DROP VIEW v;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, AlterIdentity) and action.what == "drop expression" and not subject.on_new_table:
            message = (
                f"{action.table}.{action.name} is worked out no longer; code that relied on it writes nothing here."
            )
            yield self.against(subject, message, action.name)
        if not isinstance(action, objects.DropObject):
            return
        made = {o.action.name for o in subject.peers if isinstance(o.action, CreateObject)}
        if action.name not in made and (action.what in _WATCHED or (action.what == "type" and action.cascade)):
            yield self.against(
                subject, f"Code that still uses the {action.what} {action.name} fails from here on.", action.name
            )
