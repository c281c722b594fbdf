from __future__ import annotations

from collections.abc import Iterable

from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Dialect, Operation
from migration_guards.objects import CreateObject, DropObject
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DropSchema(Guard):
    """A migration drops a whole schema or database.

    Every table in it is gone with its rows. A migration that runs on every deployment is no place for this;
    do it by hand, with a backup that was tried, when nothing has used the schema for a while.
    """

    id = "migrations/drop-schema"
    reference = "MD05"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("DROP SCHEMA billing CASCADE;"),
        bad("DROP DATABASE shop;", dialect=Dialect.MYSQL),
        good("CREATE SCHEMA billing;"),
        good("CREATE SCHEMA scratch; DROP SCHEMA scratch;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, DropObject) or action.what not in ("schema", "database"):
            return
        made = {
            o.action.name
            for o in subject.earlier
            if isinstance(o.action, CreateObject) and o.action.what == action.what
        }
        if action.name not in made:
            yield self.against(
                subject, f"This drops the {action.what} {action.name} with every table in it.", action.name
            )
