from __future__ import annotations

from collections.abc import Iterable

from migration_guards import actions
from migration_guards.actions import AddColumn, Insert, SetDefault, Update
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard, advice
from migration_guards.model import Operation
from migration_guards.objects import AddEnumValue
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity


class EnumValueUsedAtOnce(PostgresGuard):
    """A new enum value is used in the transaction that adds it.

    PostgreSQL refuses it with "unsafe use of new value" (documentation of PostgreSQL 17, ALTER TYPE); before
    PostgreSQL 12 ADD VALUE itself cannot run in a transaction. Add the value in a migration of its own.
    """

    id = "migrations/enum-value-used-at-once"
    reference = "ML37"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("ALTER TYPE mood ADD VALUE 'odd';\nUPDATE people SET mood = 'odd' WHERE id = 1;", line=2),
        bad("ALTER TYPE mood ADD VALUE 'odd'; ALTER TABLE people ALTER mood SET DEFAULT 'odd';"),
        good("ALTER TYPE mood ADD VALUE 'odd'; UPDATE people SET mood = 'sad' WHERE id = 1;"),
        good("ALTER TYPE mood ADD VALUE 'odd';"),
        good("CREATE TYPE mood AS ENUM ('odd'); CREATE TABLE people (m mood DEFAULT 'odd');"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        texts = self._texts(action)
        for other in subject.together if texts else ():
            if isinstance(other.action, AddEnumValue) and other.action.value in texts:
                related = (Related(other.where, "The value is added here."),)
                message = f"PostgreSQL refuses to use '{other.action.value}' before the transaction that adds it ends."
                recipe = f"Add '{other.action.value}' in a migration of its own before this one"
                yield self.against(subject, message, other.action.value, advice(recipe), related=related)

    def _texts(self, action: actions.Action) -> set[str]:
        if isinstance(action, Insert | Update):
            return set(action.values)
        default = ""
        if isinstance(action, SetDefault):
            default = action.default
        elif isinstance(action, AddColumn):
            default = action.column.default
        return {default.split("::")[0].strip("'")} - {""}
