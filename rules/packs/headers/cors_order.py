from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import TOGETHER
from rules.facts.endpoints.model import Endpoint, Origin, Stage

NAMES = ("cors", "hono/cors.cors", "@koa/cors")

_APP = """const express = require("express");
const cors = require("cors");
const app = express();
const requireUser = (req, res, next) => (req.user ? next() : res.sendStatus(401));
app.use(cors({ origin: "https://shop.example" }));
app.use(requireUser);
app.get("/orders", (req, res) => res.json([]));
"""
_SWAPPED = _APP.replace("app.use(requireUser);\n", "").replace("app.use(cors", "app.use(requireUser);\napp.use(cors")


class CorsOrder(Rule[Sequence[Endpoint]]):
    """A guard stands before the middleware that answers preflight requests.

    A browser asks with OPTIONS before it sends a request to another origin, and sends no credential with it. The
    guard turns that question away, so the real request is never made. Mount CORS before the guards.
    """

    id = "headers/cors-order"
    reference = "HDR-04"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = TOGETHER
    examples = (
        Bad({"app.js": _SWAPPED}),
        Good({"app.js": _APP}),
        Good({"app.js": _APP.replace('app.use(cors({ origin: "https://shop.example" }));\n', "")}),
    )

    def check(self, subject: Sequence[Endpoint], code: Codebase) -> Iterable[Finding]:
        found = {before[0].where: before for endpoint in subject if (before := _before(endpoint)) is not None}
        for guard, across in found.values():
            name = guard.name.removesuffix("()")
            message = f"{name} turns preflight requests away before CORS answers them; mount CORS first."
            related = (Related(across.where, "CORS is mounted here"),)
            yield self.finding(("cors order", name), message, guard.where, related=related, file_local=True)


def _before(endpoint: Endpoint) -> tuple[Stage, Stage] | None:
    """A guard of the application that stands before CORS, and CORS."""
    across = next((stage for stage in endpoint.stages if _is_cors(stage)), None)
    guards = {guard.where for guard in endpoint.guards if guard.holds}
    for stage in endpoint.stages[: endpoint.stages.index(across)] if across is not None else ():
        if stage.where in guards and stage.origin is Origin.APP and across is not None:
            return stage, across
    return None


def _is_cors(stage: Stage) -> bool:
    return stage.origin is Origin.APP and stage.name.removesuffix("()") in NAMES
