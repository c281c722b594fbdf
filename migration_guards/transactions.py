"""Which statements of a file run in one transaction."""

from __future__ import annotations

from migration_guards.actions import Transaction
from migration_guards.model import Script, Wrap


def numbered(script: Script) -> tuple[int, ...]:
    """For each statement of the way up the number of its transaction within the file; 0 means none.

    A BEGIN inside the runner's transaction changes nothing, a COMMIT ends it: what follows is in none. PostgreSQL
    runs a query of several statements as one transaction (documentation of PostgreSQL 17, Multiple Statements in a
    Simple Query).
    """
    implied = script.wrap in (Wrap.FILE, Wrap.ALL) or (script.wrap is Wrap.SCRIPT and len(script.up) > 1)
    current = last = outer = 1 if implied else 0
    group = ""
    numbers = []
    for statement in script.up:
        if statement.group != group:
            group = statement.group
            last += bool(group)
            current = last if group else outer
        steps = [c.action.what for c in statement.clauses if isinstance(c.action, Transaction)]
        if "begin" in steps and not current:
            current = last = last + 1
        numbers.append(0 if statement.apart else current)
        if "commit" in steps or "rollback" in steps:
            current = 0
    return tuple(numbers)
