"""The verdict on a terminal and in a workflow's log."""

from __future__ import annotations

from bot.report.text import render_text
from bot.report.workflow import render_workflow
from rules.core.finding import Edit, Fix, Severity
from rules.policy import Blind, Conclusion
from tests.report.made import finding, new, old, verdict

FIX = Fix("Declare it", (Edit(".env.example", None, b"X=\n"),))
TOLD = verdict(
    [
        old(finding("it was here before")),
        new(finding("The runbook is a stub.", "RUNBOOK.md", 1, severity=Severity.WARNING, rule="docs/stub")),
        new(finding(fix=FIX)),
        new(finding("hushed", "x.py"), suppressed_by="set by the platform"),
    ],
    [Blind("env/x", "it is too large", "db/huge.sql"), Blind("env/x", "not UTF-8", "old.py", fatal=False)],
    ["A note"],
)


def test_the_text_is_a_line_each_and_the_decision_last() -> None:
    assert render_text(TOLD).splitlines() == [
        "api/mail.py:3:5: blocks: MAIL_KEY is read here but is not declared. [env/undeclared-read]",
        "RUNBOOK.md:1:5: warning: The runbook is a stub. [docs/stub]",
        "could not look: db/huge.sql: it is too large",
        "not looked at, which does not block: old.py: not UTF-8",
        "x.py:3:5: suppressed: set by the platform [env/undeclared-read]",
        "A note",
        "failure: 1 blocking, 1 worth a look, 1 older, 1 fixable",
    ]


def test_paint_changes_no_character_that_is_seen() -> None:
    painted = render_text(TOLD, lambda text, style: f"<{style}>{text}</>")
    assert "<blocks>blocks</>: MAIL_KEY" in painted
    assert "<failure>failure</>: 1 blocking" in painted
    for style in ("place", "blocks", "warning", "rule", "failure"):
        painted = painted.replace(f"<{style}>", "")
    assert painted.replace("</>", "") == render_text(TOLD)


def test_an_empty_change_is_one_line() -> None:
    told = verdict(conclusion=Conclusion.SUCCESS)
    assert render_text(told) == "success: 0 blocking, 0 worth a look, 0 older, 0 fixable\n"


def test_workflow_commands_point_at_their_lines_and_columns_only_on_one_line() -> None:
    several = new(finding("over lines", "a,b:c.py", 3, end_line=5))
    lines = render_workflow(verdict([*TOLD.judged, several], TOLD.blind, TOLD.notes)).splitlines()
    assert (
        "::error file=api/mail.py,line=3,endLine=3,col=5,endColumn=14,title=env/undeclared-read::"
        "MAIL_KEY is read here but is not declared."
    ) in lines
    assert "::error file=a%2Cb%3Ac.py,line=3,endLine=5,title=env/undeclared-read::over lines" in lines
    assert any(line.startswith("::warning file=RUNBOOK.md,line=1") for line in lines)
    assert "::error file=db/huge.sql,title=env/x::could not look: it is too large" in lines
    assert "::notice file=old.py,title=env/x::could not look: not UTF-8" in lines
    assert "::notice title=prodgate::A note" in lines
    assert lines[-1] == "prodgate: failure"
    assert not any("hushed" in line or "it was here before" in line for line in lines)
