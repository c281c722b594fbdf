from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import LIBRARY_CALLS, TOGETHER
from rules.facts.endpoints.model import Endpoint

MAKERS = ("helmet", "koa-helmet", "hono/secure-headers.secureHeaders")

_APP = """const express = require("express");
const helmet = require("helmet");
const app = express();
app.use(helmet());
app.get("/orders", (req, res) => res.json([]));
app.get("/users", (req, res) => res.json([]));
"""


class SecurityHeadersUnmounted(Rule[Sequence[Endpoint]]):
    """Security headers are made, and some answers do not get them.

    `helmet()` makes a middleware; what is not mounted, or mounted after a route, sets no header on that route's
    answers: no HSTS, no `nosniff`, no policy against being framed. Mount it before the first route.
    """

    id = "headers/security-headers-unmounted"
    reference = "HDR-05"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = TOGETHER
    examples = (
        Bad({"app.js": _APP.replace("app.use(helmet());", "const headers = helmet();")}, line=4),
        Bad({"app.js": _APP.replace("app.use(helmet());\n", "") + "app.use(helmet());\n"}, line=6),
        Good({"app.js": _APP}),
        Good({"app.js": _APP.replace("app.use(helmet());\n", "")}),
    )

    def check(self, subject: Sequence[Endpoint], code: Codebase) -> Iterable[Finding]:
        made = [call for call in code.get(LIBRARY_CALLS) if call.name in MAKERS]
        without = [endpoint for endpoint in subject if _could(endpoint) and not _has(endpoint)]
        mine = [e for e in without if any(call.where.path == e.declared.path for call in made)]
        if not made or not mine:
            return
        bare = f"{len(mine)} endpoints" if len(mine) > 1 else mine[0].address
        message = f"The headers made here do not reach {bare}: mount them before the first route."
        related = tuple(Related(e.declared, e.address) for e in mine[:10])
        yield self.finding(("security headers",), message, made[0].where, related=related, file_local=True)


def _could(endpoint: Endpoint) -> bool:
    return endpoint.framework in ("express", "koa", "hono") and endpoint.mount.found


def _has(endpoint: Endpoint) -> bool:
    return any(stage.name.removesuffix("()") in MAKERS for stage in endpoint.stages)
