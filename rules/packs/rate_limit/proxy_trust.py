from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Safety, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Const, Expr, Record

FASTIFY = frozenset(("fastify", "fastify.fastify"))

_APP = """const express = require("express");
const app = express();
app.set("trust proxy", true);
"""
_FASTIFY = 'import Fastify from "fastify";\nconst app = Fastify({ logger: true, trustProxy: true });\n'
_UVICORN = 'import uvicorn\n\nuvicorn.run("main:app", forwarded_allow_ips="*", proxy_headers=True)\n'


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        value, said, safer = _trusted(source, call)
        if value is not None:
            edits = [Edit(source.path, value.at, safer)] if safer else []
            yield source.saw(value, said, "trust", edits=edits)


def _trusted(source: Source, call: Call) -> tuple[Expr | None, str, bytes]:
    """The value by which everybody is believed, what follows, and what to write instead."""
    name = source.name(call.callee)
    first, second = argument(call, 0), argument(call, 1)
    if name.endswith("express().set") and source.constant(first) == "trust proxy" and _is_true(second):
        return second, "Express believes every X-Forwarded-For", b"1"
    if name.endswith("express().enable") and source.constant(first) == "trust proxy":
        return first, "Express believes every X-Forwarded-For", b""
    if name in FASTIFY and isinstance(options := source.value(first), Record):
        trusted = entry(options, "trustProxy")
        return (trusted if _is_true(trusted) else None), "Fastify believes every X-Forwarded-For", b"1"
    if name in ("uvicorn.run", "uvicorn.Config"):
        allowed = argument(call, None, "forwarded_allow_ips")
        return (allowed if source.constant(allowed) == "*" else None), "uvicorn believes every X-Forwarded-For", b""
    if name.endswith("ProxyHeadersMiddleware"):
        hosts = argument(call, 1, "trusted_hosts")
        return (hosts if source.constant(hosts) == "*" else None), "Every X-Forwarded-For is believed", b""
    return None, "", b""


def _is_true(value: Expr | None) -> bool:
    return isinstance(value, Const) and value.value is True


TRUST = sightings("proxy trust", (b"trust proxy", b"trustProxy", b"forwarded_allow_ips", b"trusted_hosts"), _look)


class ProxyTrust(Rule[Sighting]):
    """Whoever sends the header X-Forwarded-For chooses the address that the application sees.

    With `trust proxy: true`, `trustProxy: true` or `forwarded_allow_ips="*"` the leftmost address of the header
    counts, and the caller wrote that one: a limiter by address never stops anybody who changes it, and logs and
    allowlists hold what was made up. Say how many proxies of your own stand before the application, `1` behind one
    load balancer, or name their addresses.
    """

    id = "rate-limit/proxy-trust"
    reference = "RL-04"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = TRUST
    examples = (
        Bad({"app.js": _APP}, line=3, fixed={"app.js": _APP.replace("true", "1")}),
        Bad({"app.js": _APP.replace('set("trust proxy", true)', 'enable("trust proxy")')}, line=3),
        Bad({"app.ts": _FASTIFY}, line=2, fixed={"app.ts": _FASTIFY.replace("trustProxy: true", "trustProxy: 1")}),
        Bad({"main.py": _UVICORN}, line=3),
        Good({"app.js": _APP.replace("true", "1")}),
        Good({"app.js": _APP.replace("true", '"loopback"')}),
        Good({"app.js": _APP.replace('"trust proxy"', '"etag"')}),
        Good({"app.ts": _FASTIFY.replace("trustProxy: true", 'trustProxy: "10.0.0.0/8"')}),
        Good({"main.py": _UVICORN.replace('"*"', '"10.0.0.1"')}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Trust one proxy", subject.edits, Safety.UNSAFE) if subject.edits else None
        message = f"{subject.said}: say how many proxies, or which, are yours."
        yield self.finding((subject.key,), message, subject.where, fix=fix, file_local=True)
