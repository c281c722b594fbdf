from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import LIBRARY_CALLS, TOGETHER
from rules.facts.endpoints.caller.libraries import THROTTLES, begins
from rules.facts.endpoints.model import Endpoint

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
    it, while the application limits others. Put a strict limit, per account and address, before it. Where no
    limiter is used at all that is said with less confidence, since a proxy may do it.
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
        made = any(begins(call.name, THROTTLES) for call in code.get(LIBRARY_CALLS))
        limits = made or any(is_limited(endpoint) for endpoint in subject)
        for endpoint in subject:
            if signs_in(endpoint) and not is_limited(endpoint) and endpoint.mount.found:
                name = f"{endpoint.method} {endpoint.path}"
                severity = self.severity if limits else Severity.WARNING
                sure = self.confidence if limits else Confidence.LOW
                message = f"{name} can be tried without limit."
                yield self.finding((name,), message, endpoint.declared, severity=severity, confidence=sure)


def signs_in(endpoint: Endpoint) -> bool:
    """Whether an endpoint takes what somebody may guess."""
    parts = [part for part in endpoint.path.lower().replace("_", "-").split("/") if part]
    last = next((part for part in reversed(parts) if not re.match(r"[:{<\[$*]", part)), "")
    return endpoint.method in ("POST", "ANY") and last in WORDS


def is_limited(endpoint: Endpoint) -> bool:
    named = [stage.name.lower() for stage in endpoint.stages]
    words = ("limit", "throttl", "slowdown")
    return bool(endpoint.rate_limits) or any(word in name for name in named for word in words)
