from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Const, Expr, Function, Record, Return

LIMITERS = frozenset((
    "express-rate-limit", "express-rate-limit.rateLimit", "express-slow-down", "express-slow-down.slowDown",
    "hono-rate-limiter.rateLimiter", "slowapi.Limiter", "flask_limiter.Limiter",
))  # fmt: skip

_APP = """const { rateLimit } = require("express-rate-limit");
module.exports = rateLimit({ windowMs: 60000, limit: 5, skip: () => true });
"""
_API = """from slowapi import Limiter

limiter = Limiter(key_func=address, enabled=False)
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        if source.name(call.callee) in LIMITERS:
            options = source.value(argument(call, 0))
            skip = entry(options, "skip") if isinstance(options, Record) else None
            if skip is not None and _always(source.value(skip)):
                yield source.saw(skip, "it skips every request", f"{source.around(call)} skip")
            enabled = argument(call, None, "enabled")
            if isinstance(enabled, Const) and enabled.value is False:
                yield source.saw(enabled, "it is made with enabled=False", f"{source.around(call)} enabled")


def _always(skip: Expr | None) -> bool:
    """Whether a function says yes to everything."""
    if not isinstance(skip, Function):
        return False
    match skip.body.statements:
        case (Return(value=Const(value=True)),):
            return True
    return False


OFF = sightings("limiters switched off", (b"skip", b"enabled"), _look)


class Disabled(Rule[Sighting]):
    """A limiter stands there and limits nothing.

    `skip: () => true` or `enabled=False` was meant for a test or a bad night, and stays when it is merged: the
    route looks limited and is not. Let the configuration of that environment decide, and leave it on by default.
    """

    id = "rate-limit/disabled"
    reference = "RL-06"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = OFF
    examples = (
        Bad({"limiter.js": _APP}, line=2),
        Bad({"limiter.py": _API}, line=3),
        Good({"limiter.js": _APP.replace("() => true", '(req) => req.path === "/health"')}),
        Good({"limiter.js": _APP.replace("() => true", "() => isTest")}),
        Good({"limiter.py": _API.replace("False", "settings.limits")}),
        Good({"tests/limiter.js": _APP}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        yield self.finding((subject.key,), f"This limiter is off: {subject.said}.", subject.where, file_local=True)
