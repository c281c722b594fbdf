from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Policy, RowSecurity
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class RowSecurityChanged(PostgresGuard):
    """Who may see which rows changes.

    Row security that is switched on hides every row that no policy allows; switched off, it shows them all; a
    policy that is dropped or made restrictive changes both. Try it with the role that the application uses.
    """

    id = "migrations/row-security-changed"
    reference = "MC06"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE notes DISABLE ROW LEVEL SECURITY;"),
        bad("DROP POLICY own ON notes;"),
        bad("CREATE POLICY own ON notes AS RESTRICTIVE USING (true);"),
        good("CREATE TABLE notes (a int); ALTER TABLE notes ENABLE ROW LEVEL SECURITY;"),
        good("CREATE POLICY own ON notes USING (true);"),
        good("DROP POLICY own ON notes; CREATE POLICY own ON notes USING (true);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if subject.on_new_table:
            return
        if isinstance(action, RowSecurity) and action.what in ("enable", "disable", "no force"):
            shown = "every row that no policy allows is hidden" if action.what == "enable" else "every row is shown"
            yield self.against(subject, f"From here on {shown} in {action.table}.", action.what)
        elif isinstance(action, Policy) and (action.what == "drop" or action.restrictive):
            again = any(
                isinstance(o.action, Policy) and o.action.what == "create" and o.action.table == action.table
                for o in subject.later
            )
            if not (action.what == "drop" and again):
                yield self.against(
                    subject, f"Other rows of {action.table} are seen or hidden from here on.", action.name
                )
