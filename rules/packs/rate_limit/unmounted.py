from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, sightings
from rules.syntax.program import Bind, Call, Export, Name

MAKERS = ("express-rate-limit", "express-rate-limit.rateLimit", "express-slow-down", "hono-rate-limiter.rateLimiter")

_APP = """const express = require("express");
const rateLimit = require("express-rate-limit");
const app = express();
const strict = rateLimit({ windowMs: 60000, limit: 5 });
app.post("/login", (req, res) => res.sendStatus(204));
"""


def _look(source: Source) -> Iterable[Sighting]:
    exported = {own for part in source.parts if isinstance(part, Export) for own, _ in part.names}
    uses = [part.id for part in source.parts if isinstance(part, Name)]
    for part in source.parts:
        if isinstance(part, Bind) and isinstance(part.target, Name) and isinstance(part.value, Call):
            name = part.target.id
            if source.name(part.value.callee) in MAKERS and name not in exported and uses.count(name) == 1:
                yield source.saw(part, name, name)


MADE = sightings("limiters", (b"imit", b"slow-down"), _look)


class Unmounted(Rule[Sighting]):
    """A rate limiter is made and mounted nowhere.

    It limits nothing until requests pass through it: give it to the routes that it is for, or to `app.use`
    before them.
    """

    id = "rate-limit/unmounted"
    reference = "RL-01"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = MADE
    examples = (
        Bad({"app.js": _APP}, line=4),
        Good({"app.js": _APP.replace('"/login", ', '"/login", strict, ')}),
        Good({"limits.js": _APP + "module.exports = { strict };\n"}),
        Good({"limits.ts": 'import rateLimit from "express-rate-limit";\nexport const strict = rateLimit({});\n'}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"{subject.said} is mounted nowhere, so it limits nothing."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
