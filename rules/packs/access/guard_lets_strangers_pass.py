from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Related
from rules.core.rule import Bad, Good
from rules.facts.endpoints.model import Endpoint, Kind
from rules.packs.access.causes import Cause, OpenEndpoint, guard_of, spoken

_APP = """const express = require("express");
const jwt = require("jsonwebtoken");
const app = express();

function authenticate(req, res, next) {
  const token = req.headers.authorization;
  if (!token) return next();
  try {
    req.user = jwt.verify(token, process.env.KEY);
    next();
  } catch (error) {
    res.sendStatus(401);
  }
}

app.get("/orders", authenticate, (req, res) => res.json([]));
"""


class GuardLetsStrangersPass(OpenEndpoint):
    """What stands before the endpoint looks for an identity, and lets callers without one pass.

    A middleware that reads the user and goes on when there is none, `auto_error=False`,
    `credentialsRequired: false`, `jwt_required(optional=True)` and an authentication backend that returns
    nothing turn nobody away. Turn callers without an identity away, here or in the handler.
    """

    id = "access/guard-lets-strangers-pass"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Cause.OPTIONAL
    examples = (
        Bad({"app.js": _APP}, line=16),
        Good({"app.js": _APP.replace("return next();", "return res.sendStatus(401);")}),
        Good({"app.js": _APP.replace("=> res.json([])", "=> req.user ? res.json([]) : res.sendStatus(401)")}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        guard = guard_of(endpoint, Kind.OPTIONAL)
        return f"{spoken(guard) if guard else 'it'} lets callers without an identity pass"

    def elsewhere(self, endpoint: Endpoint, code: Codebase) -> Iterable[Related]:
        guard = guard_of(endpoint, Kind.OPTIONAL)
        return [Related(guard.where, f"{spoken(guard)} stands here")] if guard else []
