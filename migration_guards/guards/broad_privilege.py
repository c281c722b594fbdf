from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Privilege
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity

_SYSTEM = {
    "drop owned": "drops everything that the role owns",
    "alter system": "changes the server for every database",
    "reassign owned": "hands over everything that the role owns",
}


class BroadPrivilege(Guard):
    """A migration gives or takes rights far beyond its tables.

    Everything to everybody, a superuser, settings of the whole server: such a change outlives the
    application and is seldom wanted on every deployment. Grant what is needed to the role that needs it,
    and keep the rest with those who run the server.
    """

    id = "migrations/broad-privilege"
    reference = "MD15"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("GRANT ALL ON users TO PUBLIC;"),
        bad("ALTER ROLE app SUPERUSER;"),
        bad("ALTER SYSTEM SET max_connections = 10;"),
        bad("REVOKE SELECT ON users FROM app;"),
        good("GRANT SELECT, INSERT ON users TO app;"),
        good("CREATE TABLE notes (id int); GRANT ALL ON notes TO app;"),
        good("REVOKE ALL ON FUNCTION f() FROM PUBLIC;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, Privilege):
            return
        place = f" on {action.table}" if action.table else ""
        if action.what in _SYSTEM:
            yield self.against(subject, f"This {_SYSTEM[action.what]}.", action.what)
        elif action.what in ("alter role", "create role") and action.broad:
            yield self.against(subject, "This role may then do anything, or pass every row policy.", action.what)
        elif action.what == "grant" and action.broad and not (action.table and subject.on_new_table):
            yield self.against(subject, f"This grants everything{place}, or grants it to everybody.", action.what)
        elif action.what == "revoke" and action.table and not action.broad and not subject.on_new_table:
            yield self.against(subject, f"Code that still needs this right{place} fails from here on.", action.what)
