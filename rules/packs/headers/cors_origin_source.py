from __future__ import annotations

import re
from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.cors import CORS, Cors
from rules.facts.endpoints.library_calls import Plain, Sort

OWN = re.compile(r"(?:^|[._])(?:NEXT_PUBLIC_|VITE_)?(?:API|BACKEND|SERVER)_(?:BASE_)?(?:URL|HOST|ORIGIN)$")
LOCAL = re.compile(r"^https?://(?:localhost|127\.0\.0\.1)(?::\d+)?/?$")

_APP = """const app = require("express")();
app.use(require("cors")({ origin: ORIGIN, credentials: true }));
"""


def _with(origin: str) -> dict[str, str]:
    return {"app.js": _APP.replace("ORIGIN", origin)}


class CorsOriginSource(Rule[Cors]):
    """The origin that is let in is not the one that the pages come from.

    The address of the API itself is no origin that asks: pages come from the web application's address. An
    address without TLS can be spoken for by whoever sits on the network, and a local one next to the real
    ones lets any program on a user's machine in. Take the web origins from a variable of their own.
    """

    id = "headers/cors-origin-source"
    reference = "HDR-03"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = CORS
    examples = (
        Bad(_with("process.env.NEXT_PUBLIC_API_URL"), line=2),
        Bad(_with('["https://shop.example", "http://localhost:3000"]'), line=2),
        Bad(_with('["http://shop.example"]'), line=2),
        Good(_with("process.env.WEB_ORIGIN")),
        Good(_with('["https://shop.example"]')),
        Good(_with('["http://localhost:3000"]')),
    )

    def check(self, subject: Cors, code: Codebase) -> Iterable[Finding]:
        if subject.origins is not None and (why := _wrong(subject.origins)):
            yield self.finding(("cors origin", why), f"{why}.", subject.where, file_local=True)


def _wrong(origins: Plain) -> str:
    items = origins.items if origins.sort is Sort.LIST else (origins,)
    own = next((item.name for item in items if item.sort is Sort.SYMBOL and OWN.search(item.name)), "")
    if own:
        return f"{own.rpartition('.')[2]} is the address of the API, not of the pages that call it"
    texts = origins.texts
    local = [text for text in texts if LOCAL.match(text)]
    real = [text for text in texts if text.startswith("http") and text not in local]
    bare = next((text for text in real if text.startswith("http://")), "")
    if bare:
        return f"{bare} comes without TLS, so anybody on the network can speak for it"
    return f"{local[0]} stands among the origins of production" if local and real else ""
