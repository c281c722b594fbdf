"""A verdict as check runs: the gate, and one a pack check."""

from __future__ import annotations

from collections.abc import Sequence

from bot.jobs import FIX_ACTION, GATE, RECHECK_ACTION
from bot.report.annotations import annotated
from bot.report.escape import cut, fit_lines
from bot.report.model import Action, CheckRun, Context
from bot.report.summary import finding_line, fixable, review, section, title
from rules.policy import Blind, CheckVerdict, Conclusion, Judged, Verdict

TEXT_BYTES = 65_535
TITLE_CHARACTERS = 255
RECHECK = Action("Re-run", "Judge this pull request again", RECHECK_ACTION)
FIX = Action("Fix", "Commit the fixes that prove themselves", FIX_ACTION)


def gate(verdict: Verdict, context: Context) -> CheckRun:
    """The check run to require: what blocks, what could not be looked at, what is suppressed."""
    return _run(GATE, verdict.conclusion, verdict.judged, verdict.blind, verdict.notes, context)


def pack_run(check: CheckVerdict, context: Context) -> CheckRun:
    """The check run of one pack check."""
    return _run(f"{GATE} / {check.name}", check.conclusion, check.judged, check.blind, (), context)


def _run(
    name: str,
    conclusion: Conclusion,
    judged: Sequence[Judged],
    blind: Sequence[Blind],
    notes: Sequence[str],
    context: Context,
) -> CheckRun:
    conclusion = _honest(conclusion, blind)
    notes_on_lines, omitted = annotated(judged, context)
    sections = review(judged, blind, notes, context)
    if omitted:
        count = len(omitted)
        sections.insert(0, f"{count} finding{'s have' if count > 1 else ' has'} no annotation: more than the budget.")
    return CheckRun(
        name=name,
        conclusion=conclusion,
        title=cut(title(judged, blind), TITLE_CHARACTERS),
        summary=_fit("\n\n".join(sections) or "Nothing to say about this change.", context),
        text=_fit(section("Without an annotation", _lines(omitted, context), len(omitted)), context),
        annotations=notes_on_lines,
        actions=(FIX, RECHECK) if any(map(fixable, judged)) else (RECHECK,),
        details_url=context.details_url,
    )


def _honest(conclusion: Conclusion, blind: Sequence[Blind]) -> Conclusion:
    unseen = any(item.fatal for item in blind)
    return Conclusion.FAILURE if unseen and conclusion is not Conclusion.CANCELLED else conclusion


def _lines(judged: Sequence[Judged], context: Context) -> list[str]:
    return [finding_line(item.finding, context) for item in judged]


def _fit(text: str, context: Context) -> str:
    link = f"the [full report]({context.details_url})" if context.details_url else "`prodgate check`"
    return fit_lines(text, TEXT_BYTES, f"_Cut here: GitHub takes no more. The rest is in {link}._")
