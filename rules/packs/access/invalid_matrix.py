from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.access_matrix import FLAWS, PATH, Flaw


class InvalidMatrix(Rule[Flaw]):
    """The access matrix has a row that means nothing.

    `.github/prodgate-access.yml` has one key, `endpoints`, with a row for each `METHOD /path`: `public`,
    `authenticated`, `role:NAME` or `scope:NAME`, several with ` or ` between them. A row may be a mapping of
    `access`, `reason` and `until` instead. A row that cannot be read holds nobody to anything.
    """

    id = "access/invalid-matrix"
    reference = "ACC-05"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = FLAWS
    examples = (
        Bad({PATH: "endpoints:\n  GET /orders: everybody\n"}, line=2),
        Bad({PATH: "endpoints:\n  /orders: public\n"}, line=2),
        Bad({PATH: "endpoints:\n  GET /orders: {access: public, untill: 2027-01-01}\n"}, line=2),
        Bad({PATH: "endpoints: [\n"}),
        Good({PATH: "endpoints:\n  GET /orders: role:clerk or role:admin\n  GET /: {access: public, reason: start}\n"}),
    )

    def check(self, subject: Flaw, code: Codebase) -> Iterable[Finding]:
        yield self.finding((subject.message,), f"The access matrix has a mistake: {subject.message}.", subject.where)
