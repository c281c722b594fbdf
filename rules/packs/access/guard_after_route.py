from __future__ import annotations

from rules.core.codebase import Codebase
from rules.core.rule import Bad, Good
from rules.facts.endpoints.model import Endpoint, Trap
from rules.packs.access.causes import OpenEndpoint, spoken

_APP = """const express = require("express");
const app = express();
const requireUser = (req, res, next) => (req.user ? next() : res.sendStatus(401));
"""
_ROUTE = 'app.get("/orders", (req, res) => res.json([]));\n'
_USE = "app.use(requireUser);\n"
_FASTIFY = """const app = require("fastify")();
app.get("/orders", async () => []);
app.addHook("onRequest", async (req, reply) => { if (!req.user) return reply.code(401).send(); });
app.listen({ port: 3000 });
"""


class GuardAfterRoute(OpenEndpoint):
    """A guard is mounted after the route, so requests for the route never meet it.

    Express, Koa and Hono go through middleware and routes in the order in which they were declared: what
    comes later is not asked (seen by running Express 4 and 5, Koa 3 and Hono 4). Mount the guard before the
    first route that it is for. Hooks of Fastify are different: they hold for the routes above them too.
    """

    id = "access/guard-after-route"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Trap.TOO_LATE
    examples = (
        Bad({"app.js": _APP + _ROUTE + _USE}, line=4),
        Good({"app.js": _APP + _USE + _ROUTE}),
        Good({"app.js": _APP + _ROUTE.replace("/orders", "/health") + _USE}),
        Good({"app.js": _FASTIFY}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        miss = endpoint.misses[0]
        return f"{spoken(miss)} is mounted after it, in line {miss.where.line} of {miss.where.path}"
