"""Findings as annotations, worst first, under a budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeVar

from bot.report.diff import fix_diff
from bot.report.escape import cut, cut_bytes, visible
from bot.report.model import Annotation, Context
from rules.core.finding import Confidence, Finding, Safety, Severity
from rules.policy import Judged

LEVELS: Mapping[Severity, Literal["notice", "warning", "failure"]] = {
    Severity.ERROR: "failure",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}
MESSAGE_BYTES = 65_535
TITLE_CHARACTERS = 255
MOST_RELATED = 20

T = TypeVar("T")


def batches(items: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    """The items in groups of at most `size`."""
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


def spoken(judged: Iterable[Judged]) -> list[Judged]:
    """What the change is told of: new findings that nothing suppresses, worst first."""
    return sorted((item for item in judged if item.new and not item.suppressed_by), key=_badness)


def _badness(item: Judged) -> tuple[bool, int, int, tuple[int, str, int, str]]:
    finding = item.finding
    sureness = list(Confidence).index(finding.confidence)
    return not item.blocks, finding.severity.rank, sureness, finding.order()


def annotated(judged: Iterable[Judged], context: Context) -> tuple[tuple[Annotation, ...], tuple[Judged, ...]]:
    """An annotation for each spoken finding within the budget, and the findings that are left without one."""
    ranked = spoken(judged)
    budget = max(0, context.budget)
    shown = tuple(_annotation(item.finding, context.sources) for item in ranked[:budget])
    return shown, tuple(ranked[budget:])


def _annotation(finding: Finding, sources: Mapping[str, bytes]) -> Annotation:
    where = finding.where
    start, end = max(1, where.line), max(1, where.line, where.end_line)
    column = max(1, where.column)
    return Annotation(
        path=where.path,
        start_line=start,
        end_line=end,
        start_column=column if start == end else None,
        end_column=max(column, where.end_column - 1) if start == end else None,
        level=LEVELS[finding.severity],
        title=cut(finding.rule, TITLE_CHARACTERS),
        message=cut_bytes(visible(finding.message, keep="\n\t") or finding.rule, MESSAGE_BYTES),
        raw_details=cut_bytes("\n".join(_details(finding, sources)), MESSAGE_BYTES),
    )


def _details(finding: Finding, sources: Mapping[str, bytes]) -> Iterator[str]:
    if finding.fix is not None:
        yield f"{how_to_fix(finding)}: {visible(finding.fix.title)}"
    for related in finding.related[:MOST_RELATED]:
        yield f"{visible(related.where.path)}:{related.where.line}: {visible(related.message)}"
    if len(finding.related) > MOST_RELATED:
        yield f"and {len(finding.related) - MOST_RELATED} more places"
    diff = fix_diff(finding, sources)
    if diff:
        yield "\n" + diff.rstrip("\n")


def how_to_fix(finding: Finding) -> str:
    """How the finding's fix is applied, as the start of a sentence that its title ends."""
    if finding.fix is None or not finding.fix.edits or finding.fix.safety is Safety.MANUAL:
        return "To do"
    if finding.fix.safety is Safety.UNSAFE:
        return f"May change behaviour; comment `/fix {finding.rule}` to apply"
    return "Comment `/fix` to apply"
