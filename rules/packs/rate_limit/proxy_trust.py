from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Safety, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Const, Member

_APP = """const express = require("express");
const app = express();
app.set("trust proxy", true);
"""
_SERVE = 'import uvicorn\n\nuvicorn.run("main:app", forwarded_allow_ips="*")\n'


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        if isinstance(call.callee, Member) and call.callee.name == "set":
            value = argument(call, 1)
            if source.constant(argument(call, 0)) == "trust proxy" and source.constant(value) is True:
                edits = [Edit(source.path, value.at, b"1")] if isinstance(value, Const) else []
                yield source.saw(call, "trust proxy", edits=edits)
        elif source.name(call.callee) == "fastify":
            if source.constant(entry(source.value(argument(call, 0)), "trustProxy")) is True:
                yield source.saw(call, "trustProxy")
        elif source.constant(argument(call, None, "forwarded_allow_ips")) == "*":
            yield source.saw(call, "forwarded_allow_ips")


TRUSTED = sightings("trusted proxies", (b"trust", b"forwarded_allow_ips"), _look)


class ProxyTrust(Rule[Sighting]):
    """The address of a caller is taken from a header that the caller writes.

    With every proxy trusted, the first entry of `X-Forwarded-For` counts, which anybody may send: limits by
    address limit nobody, and logs and allow-lists can be lied to (express-rate-limit refuses to start so). Name
    how many proxies stand in front, or their addresses. The fix says one.
    """

    id = "rate-limit/proxy-trust"
    reference = "RL-04"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = TRUSTED
    examples = (
        Bad({"app.js": _APP}, line=3),
        Bad({"app.js": 'const app = require("fastify")({ trustProxy: true });\n'}, line=1),
        Bad({"serve.py": _SERVE}, line=3),
        Good({"app.js": _APP.replace("true", "1")}),
        Good({"serve.py": _SERVE.replace('"*"', '"10.0.0.1"')}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Trust one proxy", subject.edits, Safety.UNSAFE) if subject.edits else None
        message = f"{subject.said} believes whatever address a caller claims."
        yield self.finding((subject.key,), message, subject.where, fix=fix, file_local=True)
