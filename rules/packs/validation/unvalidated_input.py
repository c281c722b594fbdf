from __future__ import annotations

import re
from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint

FRAMEWORKS = frozenset(("express", "koa", "hono", "nextjs", "fastify"))
CHANGING = frozenset(("POST", "PUT", "PATCH"))
READS = re.compile(rb"\b(?:req|request)\.body\b|\bctx\.request\.body\b|\b(?:req|request|c\.req)\.json\(\)")
CHECKS = re.compile(
    rb"parse|valid|schema|joi|zod|yup|ajv|typeof|instanceof|isArray|assert|check|sanit|verify|dto|decode|\bis[A-Z]\w+\("
    rb"|Number\(|rawBody|signature|constructEvent|webhook",
    re.IGNORECASE,
)

_APP = """const express = require("express");
const app = express();
app.post("/orders", (req, res) => {
  const { item, amount } = req.body;
  orders.push({ item, amount });
  res.sendStatus(204);
});
"""


class UnvalidatedInput(Rule[Endpoint]):
    """A handler uses what the caller sent without looking at it.

    What arrives may lack a field, hold a list where a number is meant, or be a megabyte long; the handler
    fails half-way, or stores it. Parse the body with a schema first, and answer 400 where it does not fit.
    """

    id = "validation/unvalidated-input"
    reference = "VAL-01"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    looks_at = ENDPOINTS
    examples = (
        Bad({"app.js": _APP}, line=3),
        Good({"app.js": _APP.replace("= req.body", "= Order.parse(req.body)")}),
        Good({"app.js": _APP.replace("orders.push({ item, amount });", "if (typeof item !== 'string') return;")}),
        Good({"app.js": _APP.replace("app.post", "app.get")}),
    )

    def check(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        if subject.framework not in FRAMEWORKS or subject.method not in CHANGING or subject.validators:
            return
        content = code.text(subject.handler.path) or b""
        body = content[subject.handler.span.start : subject.handler.span.end]
        if READS.search(body) and not CHECKS.search(body):
            name = subject.address
            message = f"{name} uses the body that was sent without checking it."
            yield self.finding((name,), message, subject.declared)
