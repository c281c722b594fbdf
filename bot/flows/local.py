"""`prodgate check` and `prodgate fix`: the same middle with a terminal on either side."""

from __future__ import annotations

from rules.core.finding import Severity
from rules.policy import Verdict

PASS, FAILED, USAGE, COULD_NOT_LOOK = 0, 1, 2, 3


def exit_code(verdict: Verdict, fail_on: str) -> int:
    """0 pass, 1 the gate failed, 3 could not look. `fail_on` is error, warning or never."""
    if verdict.could_not_look:
        return COULD_NOT_LOOK
    if fail_on == "never":
        return PASS
    spoken = [item for item in verdict.judged if item.new and not item.suppressed_by]
    if verdict.blocking or (fail_on == "warning" and any(i.finding.severity is not Severity.NOTE for i in spoken)):
        return FAILED
    return PASS
