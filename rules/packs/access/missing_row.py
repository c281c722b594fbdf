from __future__ import annotations

import json
from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.access_matrix import MATRIX, PATH, PUBLIC, access_of
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint

_APP = """const app = require("express")();
const requireUser = (req, res, next) => (req.user ? next() : res.sendStatus(401));
app.get("/orders", requireUser, (req, res) => res.json([]));
app.post("/orders", requireUser, (req, res) => res.json([]));
"""
_ROW = "endpoints:\n  GET /orders: authenticated\n"


class MissingRow(Rule[Endpoint]):
    """The access matrix says nothing of this endpoint.

    The repository keeps a list of who may call what, so a new endpoint gets its row in the same change, where
    somebody reviews it. The fix adds the row that the code has today. Of an endpoint that anybody can call
    only the author can say why.
    """

    id = "access/missing-row"
    reference = "ACC-05"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = ENDPOINTS
    examples = (
        Bad(
            {"app.js": _APP, PATH: _ROW},
            line=4,
            fixed={PATH: _ROW + '  "POST /orders": authenticated\n'},
        ),
        Good({"app.js": _APP, PATH: _ROW + "  POST /orders: authenticated\n"}),
        Good({"app.js": _APP}),
    )

    def check(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        matrix, address = code.get(MATRIX), subject.address
        if matrix is None or matrix.flaws or matrix.row(address) is not None:
            return
        message = f"{address} has no row in {PATH}."
        yield self.finding((address,), message, subject.declared, fix=_row(subject, code))


def _row(endpoint: Endpoint, code: Codebase) -> Fix | None:
    access, content = access_of(endpoint), code.text(PATH) or b""
    if access is None or access.level == PUBLIC or (access.rank == 2 and not access.names):
        return None
    break_before = "" if content.endswith(b"\n") else "\n"
    text = f"{break_before}  {json.dumps(endpoint.address)}: {access}\n"
    end = Span(len(content), len(content))
    return Fix("Add the row that the code has today", (Edit(PATH, end, text.encode()),))
