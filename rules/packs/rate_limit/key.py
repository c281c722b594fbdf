from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Function

_LIMIT = """const rateLimit = require("express-rate-limit");
module.exports = rateLimit({ limit: 5, keyGenerator: (req) => req.headers["x-forwarded-for"] });
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        options = source.value(argument(call, 0))
        key = source.value(entry(options, "keyGenerator"))
        if isinstance(key, Function) and "x-forwarded-for" in source.text(key).lower():
            yield source.saw(key, "the limit counts by X-Forwarded-For, which the caller writes", "key", "key")


KEYS = sightings("limiter keys", (b"keyGenerator",), _look)


class Key(Rule[Sighting]):
    """A limit counts by something that the caller chooses.

    `X-Forwarded-For` is a header: a new value in each request is a new caller for the limiter. Count by the user
    where one is known, else by the address that the framework worked out from the proxies that it trusts.
    """

    id = "rate-limit/key"
    reference = "RL-05"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = KEYS
    examples = (
        Bad({"limit.js": _LIMIT}, line=2),
        Good({"limit.js": _LIMIT.replace('req.headers["x-forwarded-for"]', "req.user.id")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"{subject.said[:1].upper()}{subject.said[1:]}."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
