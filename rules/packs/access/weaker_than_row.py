from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.access_matrix import MATRIX, PATH, Access, Row, access_of
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint
from rules.packs.access.causes import may_ask_itself

_APP = """const app = require("express")();
const requireUser = (req, res, next) => (req.user ? next() : res.sendStatus(401));
const requireRole = (role) => (req, res, next) => (req.user && req.user.role === role ? next() : res.sendStatus(403));
app.delete("/orders/:id", requireUser, (req, res) => res.json([]));
"""
_ROW = "endpoints:\n  DELETE /orders/:id: role:admin\n"


class WeakerThanRow(Rule[Endpoint]):
    """The endpoint asks for less than the access matrix says.

    `.github/prodgate-access.yml` is what was agreed on. The code lets more people in: anybody instead of
    signed-in users, every signed-in user instead of a role, or a further role. Guard the endpoint as agreed,
    or change the row where that is reviewed.
    """

    id = "access/weaker-than-row"
    reference = "ACC-05"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = ENDPOINTS
    examples = (
        Bad({"app.js": _APP, PATH: _ROW}, line=4),
        Bad({"app.js": _APP.replace("requireUser, (req, res) =>", 'requireRole("clerk"), (req, res) =>'), PATH: _ROW}),
        Good({"app.js": _APP.replace("requireUser, (req, res) =>", 'requireRole("admin"), (req, res) =>'), PATH: _ROW}),
        Good({"app.js": _APP, PATH: _ROW.replace("role:admin", "authenticated")}),
    )

    def check(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        matrix, asked = code.get(MATRIX), access_of(subject)
        row = matrix.row(subject.address) if matrix is not None else None
        if row is None or asked is None or not _is_weaker(asked, row.access):
            return
        message = f"{row.address} lets in {_people(asked)}; its row says {row.access}."
        sure = Confidence.LOW if asked.rank == 1 and may_ask_itself(subject, code) else self.confidence
        yield self.finding((row.address,), message, subject.declared, confidence=sure, related=_where(row))


def _is_weaker(asked: Access, agreed: Access) -> bool:
    if asked.rank != agreed.rank:
        return asked.rank < agreed.rank
    return asked.level == agreed.level and bool(set(asked.names) - set(agreed.names)) and asked.rank == 2


def _people(access: Access) -> str:
    return ("anybody", "every signed-in user", str(access))[access.rank]


def _where(row: Row) -> tuple[Related, ...]:
    return (Related(row.where, "the row"),)
