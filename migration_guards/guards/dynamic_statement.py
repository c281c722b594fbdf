from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Dynamic
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DynamicStatement(Guard):
    """A migration puts a statement together at run time: what it will do cannot be read.

    EXECUTE of a text that is built from parts, or PREPARE from a variable, may drop or lock anything. Write
    the statement out where you can; where you cannot, read it yourself, and say why it is safe.
    """

    id = "migrations/dynamic-statement"
    reference = "MD16"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad(
            "DO $$ DECLARE r record; BEGIN\n FOR r IN SELECT 1 LOOP\n EXECUTE 'DROP ' || r.x;\n END LOOP; END $$;",
            line=3,
        ),
        good("DO $$ BEGIN\n PERFORM 1;\n EXECUTE 'SELECT 1';\n END $$;"),
        good("CREATE TABLE t (a int);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, Dynamic):
            known = " ".join(action.text.split())[:80]
            yield self.against(subject, f"What this runs is put together only then: {known}", known)
