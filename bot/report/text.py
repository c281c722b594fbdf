"""A verdict for a terminal or a log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from bot.report.annotations import spoken
from bot.report.escape import one_line
from bot.report.summary import fixable
from rules.policy import Judged, Verdict

Style = Literal["place", "blocks", "error", "warning", "note", "rule", "success", "neutral", "failure", "cancelled"]
Paint = Callable[[str, Style], str]
"""Colours a piece of text for its role; it must not change the characters that are seen."""


def plain(text: str) -> str:
    """Untrusted text on one line, without control characters and without commands to a runner that reads the log."""
    line = one_line(text).replace("##[", "#\\x23[")
    return "\\x3a" + line[1:] if line.startswith("::") else line


def _unpainted(text: str, style: Style) -> str:
    return text


def render_text(verdict: Verdict, paint: Paint = _unpainted) -> str:
    """One line a new finding, what could not be looked at, and a last line with the decision."""
    new = spoken(verdict.judged)
    lines = [_line(item, paint) for item in new]
    for fatal, said in ((True, paint("could not look", "failure")), (False, "not looked at, which does not block")):
        places = dict.fromkeys((b.path, b.reason) for b in verdict.blind if b.fatal is fatal)
        lines += [f"{said}: {plain(': '.join(filter(None, place)))}" for place in places]
    lines += [
        f"{plain(_where(item))}: suppressed: {plain(item.suppressed_by)} [{item.finding.rule}]"
        for item in verdict.judged
        if item.new and item.suppressed_by
    ]
    lines += [plain(note) for note in verdict.notes]
    old = sum(not item.new for item in verdict.judged)
    blocking = sum(item.blocks for item in new)
    decision = paint(str(verdict.conclusion), verdict.conclusion.value)
    fixes = sum(map(fixable, new))
    lines.append(f"{decision}: {blocking} blocking, {len(new) - blocking} worth a look, {old} older, {fixes} fixable")
    return "\n".join(lines) + "\n"


def _where(item: Judged) -> str:
    where = item.finding.where
    return f"{where.path}:{where.line}:{where.column}"


def _line(item: Judged, paint: Paint) -> str:
    finding = item.finding
    style: Style = "blocks" if item.blocks else finding.severity.value
    mark = paint("blocks" if item.blocks else finding.severity.value, style)
    place = paint(plain(_where(item)), "place")
    rule = paint(f"[{plain(finding.rule)}]", "rule")
    return f"{place}: {mark}: {plain(finding.message)} {rule}"
