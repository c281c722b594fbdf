from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.access_matrix import PATH, ROWS, Row
from rules.facts.endpoints import ENDPOINTS

_APP = """const app = require("express")();
const requireUser = (req, res, next) => (req.user ? next() : res.sendStatus(401));
app.get("/orders", requireUser, (req, res) => res.json([]));
"""
_ROWS = "endpoints:\n  GET /orders: authenticated\n  DELETE /orders/:id: authenticated\n"


class StaleRow(Rule[Row]):
    """The access matrix has a row for an endpoint that does not exist.

    The endpoint was removed or has another address now. A row that is left over is a permission that waits for
    whoever brings the address back. The fix removes it.
    """

    id = "access/stale-row"
    reference = "ACC-05"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = ROWS
    examples = (
        Bad({"app.js": _APP, PATH: _ROWS}, line=3, fixed={PATH: "endpoints:\n  GET /orders: authenticated\n"}),
        Good({"app.js": _APP, PATH: "endpoints:\n  GET /orders: authenticated\n"}),
    )

    def check(self, subject: Row, code: Codebase) -> Iterable[Finding]:
        if any(endpoint.address == subject.address for endpoint in code.get(ENDPOINTS)):
            return
        yield self.finding(
            (subject.address,), f"There is no endpoint {subject.address}.", subject.where, fix=_without(subject, code)
        )


def _without(row: Row, code: Codebase) -> Fix | None:
    """Takes a row of one line out of the file."""
    lines = (code.text(PATH) or b"").splitlines(keepends=True)
    line = lines[row.where.line - 1]
    following = lines[row.where.line] if row.where.line < len(lines) else b""
    if line.rstrip().endswith(b":") or _indent(following) > _indent(line):
        return None
    start = sum(map(len, lines[: row.where.line - 1]))
    return Fix("Remove the row", (Edit(PATH, Span(start, start + len(line)), b""),))


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())
