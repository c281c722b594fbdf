from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints.model import Verdict
from rules.facts.openapi import DOCUMENTED, Documented

_APP = """const app = require("express")();
const requireUser = (req, res, next) => (req.user ? next() : res.sendStatus(401));
app.get("/orders", requireUser, (req, res) => res.json([]));
app.get("/prices", (req, res) => res.json([]));
"""
_SPEC = """openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
security: [{bearer: []}]
paths:
  /orders:
    get: {responses: {"200": {description: all}}}
  /prices:
    get: {security: [], responses: {"200": {description: all}}}
"""


class AuthMismatch(Rule[Documented]):
    """The description says something else about who may call the endpoint than the code does.

    A client that sends no token where one is needed fails; worse, a description that asks for a token hides an
    endpoint that anybody can call. Say `security: []` where it is public on purpose, and guard it where not.
    """

    id = "docs/auth-mismatch"
    reference = "DOC-03"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = DOCUMENTED
    examples = (
        Bad({"app.js": _APP, "openapi.yaml": _SPEC.replace("get: {responses", "get: {security: [], responses", 1)}),
        Bad({"app.js": _APP, "openapi.yaml": _SPEC.replace("security: [], ", "")}),
        Good({"app.js": _APP, "openapi.yaml": _SPEC}),
        Good(
            {
                "app.js": _APP,
                "openapi.yaml": _SPEC.replace("security: [{bearer: []}]\n", "").replace("security: [], ", ""),
            }
        ),
    )

    def check(self, subject: Documented, code: Codebase) -> Iterable[Finding]:
        for endpoint, operation in subject.pairs:
            name = operation.address
            related = (Related(endpoint.declared, "the endpoint"),)
            if operation.public is True and endpoint.verdict is Verdict.GUARDED:
                message = f"{name} is described as public, and the code turns strangers away."
            elif operation.public is False and endpoint.verdict is Verdict.UNGUARDED:
                message = f"{name} is described as protected, and anybody can call it."
            else:
                continue
            yield self.finding((name,), message, operation.where, related=related, file_local=True)
