from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from rules.core.codebase import Codebase, FileReader
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.access_matrix import PATH, ROWS, Row
from rules.facts.endpoints import ENDPOINTS
from rules.syntax.trees import language_of

_APP = """const app = require("express")();
const requireRole = (role) => (req, res, next) => (req.user && req.user.role === role ? next() : res.sendStatus(403));
app.get("/orders", requireRole("admin"), (req, res) => res.json([]));
"""


class UnknownRole(Rule[Row]):
    """A row of the access matrix names a role or scope that the code does not know.

    No source file mentions the name, so no guard can ask for it: it is misspelt, or the role was renamed.
    """

    id = "access/unknown-role"
    reference = "ACC-05"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = ROWS
    examples = (
        Bad({"app.js": _APP, PATH: "endpoints:\n  GET /orders: role:amdin\n"}, line=2),
        Good({"app.js": _APP, PATH: "endpoints:\n  GET /orders: role:admin\n"}),
    )

    def check(self, subject: Row, code: Codebase) -> Iterable[Finding]:
        for name in subject.access.names:
            if not _is_mentioned(name, code):
                known = sorted({role for e in code.get(ENDPOINTS) for guard in e.guards for role in guard.roles})
                close = get_close_matches(name, known, n=1)
                hint = f" Did you mean {close[0]}?" if close else ""
                message = f"No source file knows the {subject.access.level} {name}.{hint}"
                yield self.finding((subject.address, name), message, subject.where)


def _is_mentioned(name: str, code: Codebase) -> bool:
    wanted = name.encode()
    reader = FileReader("mentions", name, bool, lambda _, content: wanted in content)
    return any(code.read_files(reader, _sources(code)).values())


def _sources(code: Codebase) -> Iterator[str]:
    return (path for path in sorted(code.files) if language_of(path))
