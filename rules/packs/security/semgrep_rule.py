from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span, locate
from rules.facts.host import SEMGREP, Report

SEVERITIES = {"ERROR": Severity.ERROR, "WARNING": Severity.WARNING, "INFO": Severity.NOTE}
_AGENT = "const agent = new Agent({ rejectUnauthorized: false });\n"


class Semgrep(Rule[Report]):
    """One of Prodgate's own semgrep rules matched.

    The rules stand in `rules/packs/security/semgrep/`, each with annotated examples beside it. They
    match the syntax tree of each changed file. `nosemgrep` comments are not obeyed: a suppression names
    this rule and gives its reason.
    """

    id = "security/semgrep"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = SEMGREP
    examples = (
        Bad(
            {"a.ts": _AGENT},
            reports={SEMGREP.name: [Report("tls-not-verified", "a.ts", Span(26, 51), "TLS is not verified.", "ERROR")]},
            line=1,
        ),
        Good({"a.ts": _AGENT}, reports={SEMGREP.name: []}),
    )

    def check(self, subject: Report, code: Codebase) -> Iterable[Finding]:
        content = code.text(subject.path) or b""
        span = subject.span
        matched = " ".join(content[span.start : span.end].decode("utf-8", "replace").split())
        edit = Edit(subject.path, span, subject.fix.encode()) if subject.fix is not None else None
        yield self.finding(
            (subject.check, matched),
            subject.message,
            locate(subject.path, content, span.start, span.end),
            severity=SEVERITIES.get(subject.severity, Severity.WARNING),
            fix=Fix(f"Replace with {subject.fix}", (edit,)) if edit else None,
            file_local=True,
        )
