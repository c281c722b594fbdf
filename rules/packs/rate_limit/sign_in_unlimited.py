from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import TOGETHER
from rules.facts.endpoints.model import Endpoint, Verdict

WORDS = frozenset((
    "login", "signin", "sign-in", "signup", "sign-up", "register", "forgot-password", "reset-password",
    "password-reset", "password-recovery", "forgot", "otp", "verify-otp", "2fa", "magic-link", "token", "access-token",
    "resend-verification", "verify-email",
))  # fmt: skip

_APP = """const express = require("express");
const rateLimit = require("express-rate-limit");
const app = express();
const limiter = rateLimit({ windowMs: 60000, limit: 10 });
app.post("/login", limiter, (req, res) => res.sendStatus(204));
app.post("/reset-password", (req, res) => res.sendStatus(204));
"""


class SignInUnlimited(Rule[Sequence[Endpoint]]):
    """Whoever guesses passwords here may guess as often as they like.

    Sign-in, account recovery and one-time codes are tried by machines. This endpoint has no rate limit before
    it, while others in its file have one. Put a strict limit, per account and address, before it. Where none
    has one that is a warning, since a proxy may do it.
    """

    id = "rate-limit/sign-in-unlimited"
    reference = "RL-02"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = TOGETHER
    examples = (
        Bad({"app.js": _APP}, line=6),
        Bad({"app.js": _APP.replace("limiter, ", "").replace("const limiter = rateLimit", "// (")}, findings=2),
        Good({"app.js": _APP.replace('"/reset-password", ', '"/reset-password", limiter, ')}),
        Good({"app.js": _APP.replace('app.post("/login"', 'app.use(limiter);\napp.post("/login"')}),
        Good({"app.js": _APP.replace("/reset-password", "/orders")}),
    )

    def check(self, subject: Sequence[Endpoint], code: Codebase) -> Iterable[Finding]:
        beside = {endpoint.declared.path for endpoint in subject if is_limited(endpoint)}
        for endpoint in subject:
            if signs_in(endpoint) and not is_limited(endpoint) and not _limits_itself(endpoint, code):
                name = f"{endpoint.method} {endpoint.path}"
                sibling = endpoint.declared.path in beside
                severity = self.severity if sibling else Severity.WARNING
                sure = self.confidence if sibling else Confidence.LOW
                message = f"{name} can be tried without limit."
                yield self.finding((name,), message, endpoint.declared, severity=severity, confidence=sure)


def signs_in(endpoint: Endpoint) -> bool:
    """Whether an endpoint takes what somebody may guess."""
    parts = [part for part in endpoint.path.lower().replace("_", "-").split("/") if part]
    last = next((part for part in reversed(parts) if not re.match(r"[:{<\[$*]", part)), "")
    stranger = endpoint.verdict is not Verdict.GUARDED and endpoint.mount.found
    return stranger and endpoint.method in ("POST", "ANY") and last in WORDS


def _limits_itself(endpoint: Endpoint, code: Codebase) -> bool:
    """Whether the handler may count by itself, or hand the request to what does."""
    content = code.text(endpoint.handler.path) or b""
    body = content[endpoint.handler.span.start : endpoint.handler.span.end].lower()
    return b"limit" in body or b"throttl" in body


def is_limited(endpoint: Endpoint) -> bool:
    named = [stage.name.lower() for stage in endpoint.stages]
    words = ("limit", "throttl", "slowdown")
    return bool(endpoint.rate_limits) or any(word in name for name in named for word in words)
