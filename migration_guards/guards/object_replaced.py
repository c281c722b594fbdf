from __future__ import annotations

from collections.abc import Iterable

from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from migration_guards.objects import CreateObject, DropObject
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class ObjectReplaced(Guard):
    """A view or function is replaced under running code.

    Every caller gets the new one the moment the migration commits, the version that still runs included. Add
    columns at the end of a view, keep a function's arguments and meaning, or give the new one another name.
    """

    id = "migrations/object-replaced"
    reference = "MC05"
    severity = Severity.NOTE
    since = "0.1.0"
    examples = (
        bad("CREATE OR REPLACE VIEW v AS SELECT 1 AS a;", "CREATE VIEW v AS SELECT 2 AS a;"),
        bad("DROP VIEW v; CREATE VIEW v AS SELECT 1 AS a;", "CREATE VIEW v AS SELECT 2 AS a;"),
        good("CREATE OR REPLACE VIEW v AS SELECT 1 AS a;"),
        good("CREATE VIEW v AS SELECT 1 AS a; CREATE OR REPLACE VIEW v AS SELECT 2 AS a;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, CreateObject) or action.what not in ("view", "materialized view", "function"):
            return
        known = action.name in subject.before.views or action.name in subject.before.volatility
        dropped = any(isinstance(o.action, DropObject) and o.action.name == action.name for o in subject.earlier)
        made = any(isinstance(o.action, CreateObject) and o.action.name == action.name for o in subject.earlier)
        if (known or dropped) and not made:
            yield self.against(subject, f"Every caller of {action.name} gets this one from here on.", action.name)
