from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import TOGETHER
from rules.facts.endpoints.model import Endpoint

_APP = """const express = require("express");
const app = express();
app.get("/orders", (req, res) => res.json(orders()));
app.use((err, req, res, next) => (res.headersSent ? next(err) : res.sendStatus(500)));
"""
_LATE = 'app.get("/users", (req, res) => res.json(users()));\n'


class HandlerNotLast(Rule[Sequence[Endpoint]]):
    """A route is mounted after the error handler, which never hears of its errors.

    Express goes through what was mounted in order, for errors too: only handlers behind a route are asked. What
    fails in a later route ends in Express's own handler, which sends the stack trace unless NODE_ENV is
    `production`. Mount the error handler last.
    """

    id = "errors/handler-not-last"
    reference = "ERR-01"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = TOGETHER
    examples = (
        Bad({"app.js": _APP + _LATE}, line=5),
        Good({"app.js": _APP}),
        Good({"app.js": _APP.replace('app.get("/orders"', _LATE + 'app.get("/orders"')}),
        Good({"app.js": _APP.replace("app.use((err", "//")}),
    )

    def check(self, subject: Sequence[Endpoint], code: Codebase) -> Iterable[Finding]:
        served = [
            e for e in subject if e.framework == "express" and e.mount.found and e.public_reason != "static files"
        ]
        heard = {_root(endpoint): endpoint.catchers[-1] for endpoint in served if endpoint.catchers}
        for endpoint in served:
            catcher = heard.get(_root(endpoint))
            if catcher is not None and not endpoint.catchers and endpoint.declared.path == catcher.where.path:
                name = endpoint.address
                message = f"{name} stands behind the error handler, which does not hear of its errors."
                related = (Related(catcher.where, "the error handler"),)
                yield self.finding((name,), message, endpoint.declared, related=related)


def _root(endpoint: Endpoint) -> str:
    """The file of the application that serves an endpoint."""
    return endpoint.mount.places[0].path if endpoint.mount.places else endpoint.declared.path
