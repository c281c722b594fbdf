from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span, locate
from rules.facts.host import BANDIT, Report

SEVERITIES = {"HIGH": Severity.ERROR, "MEDIUM": Severity.WARNING, "LOW": Severity.NOTE}
_SHELL = "import subprocess\nsubprocess.run(command, shell=True)\n"


class Bandit(Rule[Report]):
    """bandit found insecure Python.

    bandit reads the syntax tree of each changed Python file. Its HIGH results block when they are new,
    MEDIUM ones are warnings, LOW ones notes. The repository's own bandit configuration and `nosec`
    comments are not obeyed: a suppression names this rule and gives its reason.
    """

    id = "security/bandit"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = BANDIT
    examples = (
        Bad(
            {"a.py": _SHELL},
            reports={BANDIT.name: [Report("B602", "a.py", Span(18, 53), "shell=True", "HIGH")]},
            line=2,
        ),
        Good({"a.py": _SHELL}, reports={BANDIT.name: []}),
    )

    def check(self, subject: Report, code: Codebase) -> Iterable[Finding]:
        content = code.text(subject.path) or b""
        line = content[subject.span.start : subject.span.end].decode("utf-8", "replace").strip()
        yield self.finding(
            (subject.check, line),
            f"{subject.message} (bandit {subject.check})",
            locate(subject.path, content, subject.span.start, subject.span.end),
            severity=SEVERITIES[subject.severity],
            file_local=True,
        )
