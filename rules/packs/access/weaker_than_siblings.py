from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import BY_FILE
from rules.facts.endpoints.model import Endpoint, Guard, Kind, Origin, Verdict
from rules.packs.access.causes import MUTATING, spoken

FEWEST = 3
"""Siblings that have to agree before one that differs is worth a word."""

_APP = """const express = require("express");
const app = express();
const requireUser = (req, res, next) => (req.user ? next() : res.sendStatus(401));
const requireAdmin = (req, res, next) => (req.user && req.user.role === "admin" ? next() : res.sendStatus(403));
app.post("/users", requireAdmin, (req, res) => res.json({}));
app.put("/users/:id", requireAdmin, (req, res) => res.json({}));
app.patch("/users/:id", requireAdmin, (req, res) => res.json({}));
app.delete("/users/:id", requireUser, (req, res) => res.json({}));
"""


class WeakerThanSiblings(Rule[Sequence[Endpoint]]):
    """All endpoints beside this one that change something ask for a role, and this one does not.

    Of the methods of one router or controller that change data, every other one stands behind the same guard
    for a role or permission; this one is open to every signed-in user. That is how a guard is forgotten when
    a method is added. Reading is often meant for more people than writing, so reading methods are not compared.
    """

    id = "access/weaker-than-siblings"
    reference = "ACC-03"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    looks_at = BY_FILE
    examples = (
        Bad({"app.js": _APP}, line=8),
        Good({"app.js": _APP.replace('"/users/:id", requireUser', '"/users/:id", requireAdmin')}),
        Good({"app.js": _APP.replace("app.delete", "app.get")}),
        Good({"app.js": _APP.replace('app.put("/users/:id", requireAdmin', 'app.put("/users/:id", requireUser')}),
    )

    def check(self, subject: Sequence[Endpoint], code: Codebase) -> Iterable[Finding]:
        changing = [e for e in subject if e.method in MUTATING and not e.public_reason]
        asking = [(e, guard) for e in changing if (guard := _role(e)) is not None]
        plain = [e for e in changing if _role(e) is None]
        if len(plain) != 1 or len({e.declared.line for e, _ in asking}) < FEWEST:
            return
        odd, (sibling, guard) = plain[0], asking[0]
        if odd.verdict is not Verdict.GUARDED or len({other.name for _, other in asking}) > 1:
            return
        if any(held.kind not in (Kind.AUTHENTICATED, Kind.OPTIONAL) for held in odd.guards):
            return
        name = odd.address
        message = f"{name} asks only for an identity, while its {len(asking)} siblings stand behind {spoken(guard)}."
        related = (Related(sibling.declared, f"this sibling stands behind {spoken(guard)}"),)
        yield self.finding((name,), message, odd.declared, related=related)


def _role(endpoint: Endpoint) -> Guard | None:
    """The guard for a role that was attached to an endpoint."""
    asked = (Kind.ROLE, Kind.SCOPE)
    return next((g for g in endpoint.guards if g.holds and g.kind in asked and g.origin is not Origin.IN_HANDLER), None)
