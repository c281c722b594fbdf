"""The text of a review: what blocks and why, what could not be seen, what is suppressed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.report.annotations import spoken
from bot.report.escape import code, cut, markdown, url_path
from bot.report.model import Context
from rules.core.finding import Finding, Safety
from rules.policy import Blind, Judged

MOST_LINES = 50
"""Lines of each section but the blocking one; the text below names the others."""

MOST_CHARACTERS = 600
"""Of one message: a line is for reading, the whole text stands in the annotation."""


def review(
    judged: Sequence[Judged], blind: Sequence[Blind], notes: Sequence[str], context: Context | None
) -> list[str]:
    """The sections of a review in markdown, the most pressing first. Without a context nothing is linked."""
    new = spoken(judged)
    blocks = [item for item in new if item.blocks]
    others = [item for item in new if not item.blocks]
    hushed = [item for item in judged if item.new and item.suppressed_by]
    sections = [
        section("Blocks the merge", [_speak(item.finding, context) for item in blocks], len(blocks)),
        section("Could not look", blind_lines(b for b in blind if b.fatal)),
        section("Worth a look", [_speak(item.finding, context) for item in others]),
        section("Fixed automatically", _repaired(context)),
        section("Suppressed by this change", [_hushed(item, context) for item in hushed]),
        section("Notes", [_said(note) for note in notes]),
        section("Not looked at, which does not block", blind_lines(b for b in blind if not b.fatal)),
        _offer(new),
        _older(judged),
    ]
    return [part for part in sections if part]


def title(judged: Sequence[Judged], blind: Sequence[Blind]) -> str:
    """The decision in a few words."""
    new = spoken(judged)
    blocking = sum(item.blocks for item in new)
    words = [f"{blocking} to fix before merging"] if blocking else []
    if any(item.fatal for item in blind):
        words.append("could not look everywhere" if words or judged else "could not look")
    if len(new) > blocking:
        words.append(f"{len(new) - blocking} worth a look")
    text = ", ".join(words) or "All good"
    return text[0].upper() + text[1:]


def section(name: str, lines: Iterable[str], most: int = MOST_LINES) -> str:
    """A heading with a list below, or nothing for nothing."""
    listed = list(dict.fromkeys(lines))
    shown = [f"- {line}" for line in listed[:most]]
    if len(listed) > most:
        shown.append(f"- and {len(listed) - most} more")
    return f"**{name}** ({len(listed)})\n\n" + "\n".join(shown) if listed else ""


def finding_line(finding: Finding, context: Context | None) -> str:
    """One finding: its place, what is wrong, its rule."""
    place = _place(finding, context)
    return f"{place} {_said(finding.message)} ({code(finding.rule)})"


def blind_lines(blind: Iterable[Blind]) -> list[str]:
    """What could not be looked at and why, one line a place, with the rules that it concerns."""
    return [
        f"{code(path) + ': ' if path else ''}{_said(reason)} ({', '.join(map(code, names))})"
        for (path, reason), names in blind_places(blind).items()
    ]


def blind_places(blind: Iterable[Blind]) -> dict[tuple[str, str], list[str]]:
    """The rules that could not look, by path (empty: everywhere) and reason."""
    rules: dict[tuple[str, str], list[str]] = {}
    for item in blind:
        concerned = rules.setdefault((item.path, item.reason), [])
        if item.rule not in concerned:
            concerned.append(item.rule)
    return rules


def _said(text: str) -> str:
    return markdown(cut(text, MOST_CHARACTERS))


def _place(finding: Finding, context: Context | None) -> str:
    where = finding.where
    label = code(f"{where.path}:{where.line}")
    if context is None:
        return label
    anchor = f"L{where.line}" if where.end_line <= where.line else f"L{where.line}-L{where.end_line}"
    return f"[{label}]({context.html_url}/{context.repository}/blob/{context.head}/{url_path(where.path)}#{anchor})"


def _speak(finding: Finding, context: Context | None) -> str:
    line = finding_line(finding, context)
    if finding.fix is None:
        return line
    if finding.fix.edits and finding.fix.safety is Safety.SAFE:
        return f"{line} — fixable: {_said(finding.fix.title)}"
    return f"{line} — {_said(finding.fix.title)}"


def _hushed(item: Judged, context: Context | None) -> str:
    return f"{finding_line(item.finding, context)} — reason given: {_said(item.suppressed_by)}"


def _repaired(context: Context | None) -> list[str]:
    if context is None:
        return []
    return [
        f"{code(finding.where.path)} {_said(finding.message)} ({code(finding.rule)}) in "
        f"[{repair.commit[:12]}]({context.html_url}/{context.repository}/commit/{repair.commit})"
        for repair in context.repairs
        for finding in repair.fixed
    ]


def fixable(item: Judged) -> bool:
    """Whether `/fix` would try this finding unasked."""
    fix = item.finding.fix
    return item.new and not item.suppressed_by and fix is not None and bool(fix.edits) and fix.safety is Safety.SAFE


def _offer(new: Sequence[Judged]) -> str:
    count = sum(map(fixable, new))
    return f"Comment `/fix` to have {count} of {len(new)} fixed in one commit." if count else ""


def _older(judged: Sequence[Judged]) -> str:
    old = sum(not item.new for item in judged)
    if not old:
        return ""
    return f"{old} older finding{'s were' if old > 1 else ' was'} here before this change; they never block."
