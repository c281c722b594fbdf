"""Findings as annotations, worst first, under a budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.report.model import Annotation
from rules.core.finding import Finding, Severity
from rules.policy import Judged

LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTE: "notice"}
TEXT_BYTES = 60_000
TITLE_CHARACTERS = 255


def batches(items: Sequence[Annotation], size: int) -> Iterator[tuple[Annotation, ...]]:
    """The annotations in groups of at most `size`."""
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


def annotated(judged: Iterable[Judged], budget: int) -> tuple[tuple[Annotation, ...], int]:
    """One annotation a new, unsuppressed finding, and how many were left out."""
    spoken = [item for item in judged if item.new and not item.suppressed_by]
    spoken.sort(key=lambda item: (not item.blocks, *item.finding.order()))
    return tuple(_annotation(item.finding) for item in spoken[:budget]), max(0, len(spoken) - budget)


def _annotation(finding: Finding) -> Annotation:
    where = finding.where
    one_line = where.line == where.end_line
    return Annotation(
        path=where.path,
        start_line=where.line,
        end_line=where.end_line,
        start_column=where.column if one_line else None,
        end_column=max(where.column, where.end_column - 1) if one_line else None,
        level=LEVELS[finding.severity],  # type: ignore[arg-type]
        title=cut(finding.rule, TITLE_CHARACTERS),
        message=cut_bytes(finding.message, TEXT_BYTES),
        raw_details=cut_bytes(_details(finding), TEXT_BYTES),
    )


def _details(finding: Finding) -> str:
    lines = [f"{r.where.path}:{r.where.line}: {r.message}" for r in finding.related]
    if finding.fix is not None:
        verb = "Comment `/fix` to apply" if finding.fix.edits else "To do"
        lines.insert(0, f"{verb}: {finding.fix.title}")
    return "\n".join(lines)


def cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"


def cut_bytes(text: str, size: int) -> str:
    raw = text.encode("utf-8", "replace")
    return raw.decode() if len(raw) <= size else raw[: size - 4].decode("utf-8", "ignore") + "…"
