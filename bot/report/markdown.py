"""A verdict as markdown: for a comment, a job summary or a file."""

from __future__ import annotations

from bot.report.model import Context
from bot.report.summary import review, title
from rules.policy import Verdict


def render_markdown(verdict: Verdict, context: Context | None = None) -> str:
    """The review below a heading with the decision; places are links when there is a context."""
    heading = f"## prodgate: {title(verdict.judged, verdict.blind)}"
    sections = review(verdict.judged, verdict.blind, verdict.notes, context)
    return "\n\n".join([heading, *(sections or ["Nothing to say about this change."])]) + "\n"
