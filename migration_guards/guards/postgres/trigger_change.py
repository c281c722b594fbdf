from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Trigger
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class TriggerChange(PostgresGuard):
    """A trigger is made, dropped or switched on a table that is in use.

    CREATE TRIGGER takes a SHARE ROW EXCLUSIVE lock, DROP TRIGGER an ACCESS EXCLUSIVE one. DISABLE TRIGGER ALL
    also switches off the foreign keys, which are triggers inside (documentation of PostgreSQL 17): rows without
    a parent can be written meanwhile, and nobody looks at them again.
    """

    id = "migrations/trigger-change"
    reference = "ML30"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("CREATE TRIGGER t AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();"),
        bad("ALTER TABLE users DISABLE TRIGGER ALL;"),
        good("CREATE TABLE u (a int); CREATE TRIGGER t AFTER INSERT ON u FOR EACH ROW EXECUTE FUNCTION f();"),
        good("ALTER TABLE users ENABLE TRIGGER ALL;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, Trigger) or subject.on_new_table:
            return
        if action.what == "disable":
            also = ", and its foreign keys with them" if action.name == "all" else ""
            yield self.against(subject, f"The triggers of {action.table} do nothing from here on{also}.", action.name)
        elif action.what in ("create", "drop"):
            verb = "making" if action.what == "create" else "dropping"
            recreated = [o for o in subject.earlier if isinstance(o.action, Trigger) and o.action.name == action.name]
            if not recreated:
                yield self.against(subject, f"Writes to {action.table} wait while {verb} {action.name}.", action.name)
