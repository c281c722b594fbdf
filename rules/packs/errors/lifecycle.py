from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase, Fact
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, sightings
from rules.syntax.program import Call, Member

STARTS = ("express().listen", "fastify().listen", "koa().listen", "http.createServer().listen")

_SERVER = """const express = require("express");
const app = express();
const server = app.listen(3000);
"""
_ENDS = 'process.on("SIGTERM", () => server.close());\n'


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        if source.name(call.callee) in STARTS:
            yield source.saw(call, "listens", kind="listens")
        elif _ends(source, call):
            yield source.saw(call, "ends", kind="ends")


def _ends(source: Source, call: Call) -> bool:
    """Whether a call sees to it that the server ends in order."""
    if source.name(call.callee) in ("process.on", "process.once"):
        return source.constant(argument(call, 0)) in ("SIGTERM", "SIGINT")
    return isinstance(call.callee, Member) and call.callee.name in ("enableShutdownHooks", "createTerminus")


SEEN = sightings("life of servers", (b"listen", b"SIGTERM", b"SIGINT", b"enableShutdownHooks", b"Terminus"), _look)
SERVERS: Fact[Sequence[Sequence[Sighting]]] = Fact("servers", lambda code: (seen,) if (seen := code.get(SEEN)) else ())


class Lifecycle(Rule[Sequence[Sighting]]):
    """The server does not end in order.

    A deployment sends SIGTERM. Node.js then ends at once: requests that are under way are cut off, and
    transactions are left open. Stop listening, wait for what is running, and close the pool.
    """

    id = "errors/lifecycle"
    reference = "ERR-06"
    severity = Severity.NOTE
    confidence = Confidence.LOW
    since = "0.1.0"
    looks_at = SERVERS
    examples = (
        Bad({"server.js": _SERVER}, line=3),
        Good({"server.js": _SERVER + _ENDS}),
        Good({"a.js": "listen();\n"}),
    )

    def check(self, subject: Sequence[Sighting], code: Codebase) -> Iterable[Finding]:
        servers = [sighting for sighting in subject if sighting.kind == "listens"]
        if servers and not any(sighting.kind == "ends" for sighting in subject):
            message = "Nothing here handles SIGTERM: a deployment cuts off the requests that are under way."
            yield self.finding(("lifecycle",), message, servers[0].where)
