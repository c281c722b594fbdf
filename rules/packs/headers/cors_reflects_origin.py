from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.cors import CORS, Cors, reflects

_APP = """const express = require("express");
const cors = require("cors");
const app = express();
app.use(cors({ origin: ORIGIN, credentials: true }));
app.get("/orders", (req, res) => res.json([]));
"""
_API = """from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origin_regex=PATTERN, allow_credentials=True)
"""


def _with(origin: str) -> dict[str, str]:
    return {"app.js": _APP.replace("ORIGIN", origin)}


class CorsReflectsOrigin(Rule[Cors]):
    """Every origin is answered as if it were trusted, and cookies go along.

    Any page that a user visits can then read the answers that the user gets. `origin: true`, a function that
    always says yes and a pattern without an end send back whatever origin asks; a pattern or `endsWith`
    without a dot lets in a host that somebody registers for it, such as `evilexample.com`. Name the origins, or
    anchor the pattern: `^https://([a-z0-9-]+\\.)?example\\.com$`.
    """

    id = "headers/cors-reflects-origin"
    reference = "HDR-01"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = CORS
    examples = (
        Bad(_with("true"), line=4),
        Bad(_with("(origin, done) => done(null, true)"), line=4),
        Bad(_with("/example\\.com$/"), line=4),
        Bad(_with("(origin, done) => done(null, origin.endsWith('example.com'))"), line=4),
        Bad({"main.py": _API.replace("PATTERN", '".*"')}, line=5),
        Good(_with('["https://shop.example"]')),
        Good(_with("/^https:\\/\\/([a-z]+\\.)?example\\.com$/")),
        Good(_with("(origin, done) => done(null, allowed.includes(origin))")),
        Good({"app.js": _APP.replace("ORIGIN", "true").replace("credentials: true", "credentials: false")}),
        Good({"main.py": _API.replace("PATTERN", 'r"https://.*\\.shop\\.example"')}),
    )

    def check(self, subject: Cors, code: Codebase) -> Iterable[Finding]:
        why = reflects(subject, code) if subject.with_credentials else ""
        if why:
            message = f"Any site may read what a user of this one gets: {why}, and credentials are sent along."
            yield self.finding(("cors", why), message, subject.where, file_local=True)
