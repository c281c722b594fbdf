from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Const, Function, Return

MAKERS = ("express-rate-limit", "express-rate-limit.rateLimit", "express-slow-down")

_OFF = """const rateLimit = require("express-rate-limit");
module.exports = rateLimit({ limit: 5, skip: () => true });
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        if source.name(call.callee) in MAKERS:
            skip = source.value(entry(source.value(argument(call, 0)), "skip"))
            if isinstance(skip, Function) and _is_always_true(skip):
                yield source.saw(skip, "skip")


def _is_always_true(function: Function) -> bool:
    body = function.body.statements
    returned = body[0].value if len(body) == 1 and isinstance(body[0], Return) else None
    return isinstance(returned, Const) and returned.value is True


SKIPPED = sightings("skipped limits", (b"skip",), _look)


class Disabled(Rule[Sighting]):
    """A rate limiter is told to skip every request.

    `skip: () => true` reads like a limit and is none: it was switched off for a test, or for good. Remove the
    option, or the limiter.
    """

    id = "rate-limit/disabled"
    reference = "RL-06"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = SKIPPED
    examples = (
        Bad({"limit.js": _OFF}, line=2),
        Good({"limit.js": _OFF.replace("() => true", "(req) => req.path === '/health'")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = "This limiter skips every request, so it limits nothing."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
