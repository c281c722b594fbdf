from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.cors import CORS, Cors

_API = """from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
"""
_APP = """const app = require("express")();
app.use(require("cors")({ origin: "*", credentials: true }));
"""


class CorsWildcard(Rule[Cors]):
    """Every origin is let in with `*`, and credentials are asked for.

    Browsers refuse the combination: a page that sends cookies gets an error instead of the answer. Starlette's
    middleware makes it worse and sends back the origin that asks as soon as a cookie comes along. Name the
    origins that need cookies, or leave credentials off.
    """

    id = "headers/cors-wildcard"
    reference = "HDR-02"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = CORS
    examples = (
        Bad({"main.py": _API}, line=5),
        Bad({"app.js": _APP}, line=2),
        Good({"main.py": _API.replace(", allow_credentials=True", "")}),
        Good({"app.js": _APP.replace('"*"', '["https://shop.example"]')}),
    )

    def check(self, subject: Cors, code: Codebase) -> Iterable[Finding]:
        if subject.with_credentials and subject.origins is not None and "*" in subject.origins.texts:
            message = "Credentials with the origin `*`: browsers refuse the answer. Name the origins."
            yield self.finding(("cors wildcard",), message, subject.where, file_local=True)
