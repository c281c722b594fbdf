from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Edit, Finding, Fix, Safety, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.edge_limits import LIMITED_AT_THE_EDGE
from rules.facts.endpoints import ENDPOINTS, LIBRARY_CALLS
from rules.facts.endpoints.model import Endpoint, Verdict
from rules.facts.sightings import source_of
from rules.syntax.program import Bind, Call, Const, Name

WORDS = frozenset((
    "login", "signin", "sign-in", "log-in", "signup", "sign-up", "register", "registration", "forgot-password",
    "forgot", "reset-password", "password-reset", "password-recovery", "otp", "verify-otp", "send-otp", "2fa", "mfa",
    "magic-link", "passwordless", "resend-verification", "access-token",
))  # fmt: skip
LIMITS = re.compile(r"limit|throttl|slow-?down|brute|captcha|turnstile", re.IGNORECASE)
MAKERS = ("express-rate-limit", "express-rate-limit.rateLimit")

_APP = """const express = require("express");
const { rateLimit } = require("express-rate-limit");
const app = express();
const limiter = rateLimit({ windowMs: 60000, limit: 5 });
app.post("/signup", limiter, (req, res) => res.json(signUp(req.body)));
app.post("/login", (req, res) => res.json(signIn(req.body)));
"""
_API = """from fastapi import FastAPI, Request
from slowapi import Limiter

app = FastAPI()
limiter = Limiter(key_func=address)
app.state.limiter = limiter


@app.post("/signup")
@limiter.limit("5/minute")
def sign_up(request: Request):
    return {}


@app.post("/login")
def sign_in(request: Request):
    return {}
"""


class SignInUnlimited(Rule[Endpoint]):
    """Somebody may try passwords, codes or addresses here as fast as the server answers.

    Sign-in, sign-up, password reset and one-time codes are what attackers call thousands of times: with leaked
    passwords, with all six-digit codes, or to send mail at your cost. Put a strict limiter before the route, by
    address and by account.

    Where other routes of the file are limited, this one was forgotten, and that blocks. Where nothing in the
    repository limits anything, something before it may, and this is a remark only; it is not made where a proxy's
    or a firewall's configuration here has a limit.
    """

    id = "rate-limit/sign-in-unlimited"
    reference = "RL-02"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = ENDPOINTS
    examples = (
        Bad(
            {"app.js": _APP},
            line=6,
            fixed={"app.js": _APP.replace('"/login", (', '"/login", limiter, (')},
        ),
        Bad({"main.py": _API}, line=15),
        Bad({"app.js": _APP.replace("limiter, ", "")}, findings=2),
        Good({"app.js": _APP.replace('"/login", (', '"/login", limiter, (')}),
        Good({"app.js": _APP.replace("limiter, ", "").replace("app.post", "app.use(limiter);\napp.post", 1)}),
        Good({"app.js": _APP.replace("app.post", "app.get")}),
        Good({"main.py": _API.replace('@app.post("/login")', '@app.post("/orders")')}),
        Good({"app.js": _APP, "nginx.conf": "limit_req_zone $binary_remote_addr zone=one:10m rate=1r/s;\n"}),
    )  # fmt: skip

    def check(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        if not _is_sign_in(subject) or _is_limited(subject, code) or code.get(LIMITED_AT_THE_EDGE):
            return
        name = subject.address
        beside = any(e.rate_limits and e.declared.path == subject.declared.path for e in code.get(ENDPOINTS))
        edits = tuple(_limiter_before(subject, code))
        fix = Fix("Put the limiter of this file before it", edits, Safety.UNSAFE) if edits else None
        sure = Confidence.MEDIUM if beside else Confidence.LOW
        message = f"Nothing limits how often {name} is called."
        yield self.finding((name,), message, subject.declared, fix=fix, confidence=sure)


def _is_sign_in(endpoint: Endpoint) -> bool:
    parts = [part.lower().replace("_", "-") for part in endpoint.path.split("/") if part]
    called = endpoint.method in ("POST", "ANY") and not endpoint.path.startswith("action:")
    stranger = endpoint.verdict is not Verdict.GUARDED and endpoint.mount.found
    return called and stranger and not endpoint.doubt and bool(parts) and parts[-1] in WORDS


def _is_limited(endpoint: Endpoint, code: Codebase) -> bool:
    """Whether something limits callers, or might by its name, before the handler or in it."""
    if endpoint.rate_limits or any(LIMITS.search(stage.name) for stage in endpoint.stages):
        return True
    content = code.text(endpoint.handler.path) or b""
    span = endpoint.handler.span
    return bool(LIMITS.search(content[span.start : span.end].decode("utf-8", "replace")))


def _limiter_before(endpoint: Endpoint, code: Codebase) -> Iterator[Edit]:
    """A limiter that the file has made, put before the route's handler."""
    path = endpoint.declared.path
    made = {call.where.span for call in code.get(LIBRARY_CALLS) if call.name in MAKERS and call.where.path == path}
    source = source_of(code, path) if endpoint.framework == "express" and made else None
    if source is None:
        return
    named = [
        part.target.id
        for part in source.parts
        if isinstance(part, Bind) and isinstance(part.target, Name) and getattr(part.value, "at", None) in made
    ]
    for call in source.calls:
        if _declares(call, endpoint) and len(call.arguments) > 1 and named:
            end = call.arguments[0].value.at.end
            yield Edit(path, Span(end, end), f", {named[0]}".encode())


def _declares(call: Call, endpoint: Endpoint) -> bool:
    first = call.arguments[0].value if call.arguments else None
    return call.at == endpoint.declared.span and isinstance(first, Const) and isinstance(first.value, str)
