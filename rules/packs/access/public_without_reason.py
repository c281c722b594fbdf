from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.access_matrix import PATH, PUBLIC, ROWS, Row
from rules.facts.host import TODAY

_ROW = "endpoints:\n  GET /prices: {access: public, reason: a shop window, until: 2026-12-31}\n"


class PublicWithoutReason(Rule[Row]):
    """The access matrix opens an endpoint to anybody and does not say why.

    A public row silences the finding that anybody can call the endpoint, once it stands in the base branch.
    So it gives a reason that a reviewer can weigh, and may say until when it holds: after that date it
    counts no more.
    """

    id = "access/public-without-reason"
    reference = "ACC-05"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = ROWS
    examples = (
        Bad({PATH: "endpoints:\n  GET /prices: public\n"}, line=2),
        Bad({PATH: _ROW.replace("2026-12-31", "2026-03-01")}, line=2),
        Good({PATH: _ROW}),
        Good({PATH: "endpoints:\n  GET /prices: authenticated\n"}),
    )

    def check(self, subject: Row, code: Codebase) -> Iterable[Finding]:
        if subject.access.level != PUBLIC:
            return
        if not subject.reason:
            message = f"{subject.address} is public without a reason."
            yield self.finding((subject.address,), message, subject.where)
        elif subject.until and subject.until < code.get(TODAY):
            message = f"{subject.address} was to be public until {subject.until}: guard it, or decide anew."
            where, severity = subject.where, Severity.WARNING
            yield self.finding((subject.address, subject.until), message, where, severity=severity)
