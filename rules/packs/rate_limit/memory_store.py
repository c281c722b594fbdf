from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.replicas import REPLICAS
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Record

MAKERS = ("express-rate-limit", "express-rate-limit.rateLimit", "hono-rate-limiter.rateLimiter")

_LIMIT = """const rateLimit = require("express-rate-limit");
module.exports = rateLimit({ windowMs: 60000, limit: 5 });
"""
_DEPLOY = """apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 3
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        if source.name(call.callee) in MAKERS:
            options = source.value(argument(call, 0))
            known = options is None or (isinstance(options, Record) and all(e.key is not None for e in options.entries))
            if known and entry(options, "store") is None:
                yield source.saw(call, "memory")


STORES = sightings("limiter stores", (b"imit",), _look)


class MemoryStore(Rule[Sighting]):
    """The limiter counts in its own process, and the service runs in several.

    Each process gives every caller the whole allowance, so three replicas allow three times as much, and a
    restart forgets. Count in a store that they share, such as Redis.
    """

    id = "rate-limit/memory-store"
    reference = "RL-03"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = STORES
    examples = (
        Bad({"limit.js": _LIMIT, "deploy/api.yaml": _DEPLOY}, line=2),
        Bad({"limit.js": _LIMIT, "compose.yaml": "services:\n  api:\n    deploy:\n      replicas: 2\n"}, line=2),
        Good({"limit.js": _LIMIT, "deploy/api.yaml": _DEPLOY.replace("3", "1")}),
        Good({"limit.js": _LIMIT.replace("limit: 5", "limit: 5, store: shared"), "deploy/api.yaml": _DEPLOY}),
        Good({"limit.js": _LIMIT}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        for replicas in list(code.get(REPLICAS))[:1]:
            message = f"Each of {replicas.count} processes counts for itself here: give the limiter a shared store."
            related = (Related(replicas.where, f"{replicas.count} replicas"),)
            yield self.finding(("memory store",), message, subject.where, related=related, file_local=True)
