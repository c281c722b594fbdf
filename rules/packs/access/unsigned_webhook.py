from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Related
from rules.core.rule import Bad, Good
from rules.facts.endpoints.model import Endpoint
from rules.packs.access.causes import Cause, OpenEndpoint

_APP = """const crypto = require("crypto");
const express = require("express");
const app = express();

app.post("/webhooks/payments", express.raw({ type: "*/*" }), (req, res) => {
  settle(JSON.parse(req.body));
  res.sendStatus(204);
});
"""
_SIGNED = """  const expected = crypto.createHmac("sha256", process.env.WEBHOOK_SECRET).update(req.body).digest("hex");
  if (req.headers["x-signature"] !== expected) return res.sendStatus(401);
"""


class UnsignedWebhook(OpenEndpoint):
    """A webhook takes what anybody sends.

    Its address is no secret: whoever knows it can report payments that were never made. Verify the sender's
    signature over the raw body before it is parsed, with the library of the sender or an HMAC compared in
    constant time, and answer 401 otherwise.
    """

    id = "access/unsigned-webhook"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Cause.WEBHOOK
    examples = (
        Bad({"app.js": _APP}, line=5),
        Good({"app.js": _APP.replace("  settle", _SIGNED + "  settle")}),
        Good({"app.js": _APP.replace("post", "get").replace("/webhooks/payments", "/health")}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        return "no signature of its sender is verified"

    def elsewhere(self, endpoint: Endpoint, code: Codebase) -> Iterable[Related]:
        return ()
