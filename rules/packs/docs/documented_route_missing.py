from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.openapi import DOCUMENTED, Documented

_APP = """const app = require("express")();
app.get("/orders", (req, res) => res.json([]));
app.get("/orders/:id", (req, res) => res.json({}));
app.post("/orders", (req, res) => res.json({}));
app.get("/users", (req, res) => res.json([]));
"""
_SPEC = """openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /orders:
    get: {responses: {"200": {description: all}}}
    post: {responses: {"200": {description: made}}}
  /orders/{id}:
    get: {responses: {"200": {description: one}}}
  /users:
    get: {responses: {"200": {description: all}}}
  /invoices:
    get: {responses: {"200": {description: all}}}
"""


class DocumentedRouteMissing(Rule[Documented]):
    """The description of the interface has an endpoint that the application has not.

    Whoever builds a client from it calls something that answers 404. The endpoint was removed or has another
    address; take it out of the file, or bring it back. It is said where nearly all of the file is found in
    the code.
    """

    id = "docs/documented-route-missing"
    reference = "DOC-03"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    looks_at = DOCUMENTED
    examples = (
        Bad({"app.js": _APP, "openapi.yaml": _SPEC}, line=12),
        Good({"app.js": _APP + 'app.get("/invoices", (req, res) => res.json([]));\n', "openapi.yaml": _SPEC}),
        Good({"app.js": _APP.replace('app.get("/users"', 'app.get("/people"'), "openapi.yaml": _SPEC}),
    )

    def check(self, subject: Documented, code: Codebase) -> Iterable[Finding]:
        if len(subject.missing) * 4 > len(subject.pairs):
            return
        for operation in subject.missing:
            name = operation.address
            yield self.finding((name,), f"No endpoint serves {name}.", operation.where, file_local=True)
