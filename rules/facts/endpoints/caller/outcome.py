"""From the ways in which code ended to whether it stands between nobody in particular and the endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.facts.endpoints.caller.answers import status_of, to_login
from rules.facts.endpoints.machine.host import Basis, Ending, Manner
from rules.facts.endpoints.machine.values import Closure, Made, Place

Through = Callable[[Ending], bool]
"""Whether an ending means that the caller got through."""


class Result(StrEnum):
    """HOLDS: nobody without an identity gets through. CONDITIONAL: so only under a condition of the server's."""

    HOLDS = "holds"
    OPEN = "open"
    OPTIONAL = "optional"
    CONDITIONAL = "conditional"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """What came of following one piece of code. `rejection` is an ending that turns the caller away."""

    result: Result
    rejection: Ending | None = None
    reason: str = ""

    @property
    def chain(self) -> tuple[str, ...]:
        """The names of the functions that were entered until the caller was turned away."""
        return tuple(spoken(closure) for closure in self.rejection.stack) if self.rejection is not None else ()

    @property
    def place(self) -> Place | None:
        return self.rejection.place if self.rejection is not None else None


def spoken(closure: Closure) -> str:
    """A function's name as a reader would say it: with the function around it where it is an inner one."""
    function = closure.function
    names = [name for name in (*function.within[-1:], function.name) if name]
    return ".".join(names) or "an inline function"


def got_onward(ending: Ending) -> bool:
    return ending.manner is Manner.ONWARD


def got_answer(ending: Ending) -> bool:
    """Whether an answer was sent or returned that is no refusal. One to an error whose status is computed is one."""
    if ending.manner in (Manner.THROW, Manner.ONWARD):
        return ending.manner is Manner.ONWARD
    status = ending.status or status_of(ending.value)
    if ending.handled and not status and isinstance(ending.value, Made):
        return False
    return status < 300 or (status == 302 and not to_login(ending.value)) or status == 304


def got_value(ending: Ending) -> bool:
    """Whether a function returned to whoever called it, whatever the value."""
    return ending.manner in (Manner.RETURN, Manner.YIELD, Manner.ONWARD)


def assess(endings: Sequence[Ending], through: Through) -> Outcome:
    """Whether any way leads through, and what stands on it. Refusals that a caller avoids by what is sent are none."""
    passes = [ending for ending in endings if through(ending)]
    checked = [p for p in passes if any(c.turned_away and c.basis in (Basis.CHECK, Basis.HINT) for c in p.under)]
    firm = [p for p in passes if p not in checked]
    turned = [ending for ending in endings if not through(ending) and about_callers(ending)]
    rejection = next((e for e in turned if e.consulted), turned[0] if turned else None)
    if not firm:
        if rejection is None and not checked:
            return Outcome(Result.UNKNOWN, None, "no way through it was found, and nothing that turns callers away")
        return Outcome(Result.HOLDS, rejection or checked[0])
    if all(any(c.turned_away and c.basis is Basis.UNKNOWN for c in p.under) for p in firm):
        return Outcome(Result.UNKNOWN, firm[0], "a call that could not be followed may turn callers away")
    consulted = [ending for ending in turned if ending.consulted]
    if consulted:
        met = [ending for ending in consulted if not any(c.basis is Basis.CALLER for c in ending.under)]
        server = bool(met) and any(c.basis is Basis.SERVER for ending in (*met, *firm) for c in ending.under)
        result = Result.CONDITIONAL if server else Result.OPTIONAL
        return Outcome(result, consulted[0], "it turns callers away only under a condition")
    return Outcome(Result.OPEN)


def about_callers(ending: Ending) -> bool:
    """Whether a refusal is about who is calling, as far as its status and the conditions before it tell."""
    if ending.manner is Manner.RETURN and not ending.status and not status_of(ending.value) and not ending.consulted:
        return False
    status = ending.status or status_of(ending.value)
    return (
        ending.consulted
        or status in (401, 403)
        or (status == 302 and to_login(ending.value))
        or any(c.basis in (Basis.CHECK, Basis.HINT) for c in ending.under)
    )


ROLES = re.compile(rb"role|admin|superuser|staff|permission|has_perm|privilege|can\(|owner", re.IGNORECASE)
SCOPES = re.compile(rb"scope", re.IGNORECASE)
SIGNATURES = re.compile(rb"signature|hmac|webhook", re.IGNORECASE)
