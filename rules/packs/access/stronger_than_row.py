from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.access_matrix import MATRIX, PATH, access_of
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint

_APP = """const app = require("express")();
const requireUser = (req, res, next) => (req.user ? next() : res.sendStatus(401));
app.get("/orders", requireUser, (req, res) => res.json([]));
"""


class StrongerThanRow(Rule[Endpoint]):
    """The endpoint asks for more than the access matrix says.

    Nobody gets in who should not, but callers for whom the row was written are turned away, or the row was
    forgotten when the guard was added. Write what the code asks into the row.
    """

    id = "access/stronger-than-row"
    reference = "ACC-05"
    severity = Severity.NOTE
    since = "0.1.0"
    looks_at = ENDPOINTS
    examples = (
        Bad({"app.js": _APP, PATH: "endpoints:\n  GET /orders: {access: public, reason: a shop window}\n"}, line=3),
        Good({"app.js": _APP, PATH: "endpoints:\n  GET /orders: authenticated\n"}),
    )

    def check(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        matrix, asked = code.get(MATRIX), access_of(subject)
        row = matrix.row(subject.address) if matrix is not None else None
        if row is None or asked is None or asked.rank <= row.access.rank or (asked.rank == 2 and not asked.names):
            return
        message = f"{row.address} asks for {asked}; its row says {row.access}."
        yield self.finding((row.address,), message, subject.declared, related=(Related(row.where, "the row"),))
