"""A verdict as check runs: the gate, and one a pack check."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from bot.jobs import FIX_ACTION, GATE, RECHECK_ACTION
from bot.report.annotations import annotated
from bot.report.model import Action, CheckRun
from rules.core.finding import Finding, Safety
from rules.policy import Blind, CheckVerdict, Conclusion, Judged, Verdict

TEXT_LIMIT = 65_535
RECHECK = Action("Re-run", "Judge this pull request again", RECHECK_ACTION)
FIX = Action("Fix", "Commit the fixes that prove themselves", FIX_ACTION)
MARKDOWN = set("\\`*_{}[]()#+-.!|<>@~&$")


@dataclass(frozen=True)
class Context:
    """Where a verdict belongs: repository as `owner/name`, commit, addresses, annotation budget."""

    repository: str
    head: str
    html_url: str
    details_url: str
    budget: int = 200


def gate(verdict: Verdict, context: Context) -> CheckRun:
    """The check run to require: what blocks, what could not be looked at, what is suppressed."""
    return _run(GATE, verdict.conclusion, verdict.judged, verdict.blind, verdict.notes, context)


def pack_run(check: CheckVerdict, context: Context) -> CheckRun:
    """The check run of one pack check."""
    return _run(f"{GATE} / {check.name}", check.conclusion, check.judged, check.blind, (), context)


def escaped(text: str) -> str:
    """Untrusted text that markdown, HTML and mentions cannot be made of."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return "".join(
        "&#64;" if c == "@" else f"&#{ord(c)};" if c in "<>&" else f"\\{c}" if c in MARKDOWN else c for c in shown
    )


def _run(
    name: str,
    conclusion: Conclusion,
    judged: tuple[Judged, ...],
    blind: tuple[Blind, ...],
    notes: tuple[str, ...],
    context: Context,
) -> CheckRun:
    spoken, omitted = annotated(judged, context.budget)
    parts = [
        _section("Blocks the merge", [_line(i.finding, context) for i in judged if i.blocks]),
        _section("Could not look", [_blind(b) for b in blind if b.fatal]),
        _section(
            "Worth a look",
            [_line(i.finding, context) for i in judged if i.new and not i.blocks and not i.suppressed_by],
        ),
        _section(
            "Suppressed",
            [f"{_line(i.finding, context)} ({escaped(i.suppressed_by)})" for i in judged if i.suppressed_by],
        ),
        _section("Said by this change", [escaped(note) for note in notes]),
        _section("Unread before too", [_blind(b) for b in blind if not b.fatal]),
    ]
    old = sum(not i.new for i in judged)
    tail = [f"{omitted} annotations are left out; the full list is behind the details link."] if omitted else []
    if old:
        tail.append(f"{old} older finding{'s' * (old != 1)} in this repository, none of them this change's.")
    summary = "\n\n".join([*(part for part in parts if part), *tail]) or "Nothing to say about this change."
    actions = (FIX, RECHECK) if any(_fixable(i) for i in judged) else (RECHECK,)
    return CheckRun(
        name, conclusion, _title(judged, blind), _fit(summary, context), "", spoken, actions, context.details_url
    )


def _title(judged: tuple[Judged, ...], blind: tuple[Blind, ...]) -> str:
    blocking = sum(i.blocks for i in judged)
    spoken = sum(i.new and not i.blocks and not i.suppressed_by for i in judged)
    words = [f"{blocking} to fix before merging"] if blocking else []
    if any(b.fatal for b in blind):
        words.append("could not look everywhere")
    if spoken:
        words.append(f"{spoken} worth a look")
    return ", ".join(words) or "All good"


def _fixable(item: Judged) -> bool:
    fix = item.finding.fix
    return item.new and not item.suppressed_by and fix is not None and bool(fix.edits) and fix.safety is Safety.SAFE


def _section(title: str, lines: list[str]) -> str:
    return f"**{title}**\n" + "\n".join(f"- {line}" for line in dict.fromkeys(lines)) if lines else ""


def _line(finding: Finding, context: Context) -> str:
    where = finding.where
    url = f"{context.html_url}/{context.repository}/blob/{context.head}/{quote(where.path)}#L{where.line}"
    return f"[{escaped(where.path)}:{where.line}]({url}) {escaped(finding.message)} (`{finding.rule}`)"


def _blind(blind: Blind) -> str:
    place = f"{escaped(blind.path)}: " if blind.path else ""
    return f"{place}{escaped(blind.reason)} (`{blind.rule}`)"


def _fit(text: str, context: Context) -> str:
    if len(text.encode("utf-16-le")) // 2 <= TEXT_LIMIT:
        return text
    note = f"\n\n_Cut here; the rest is at {context.details_url or 'the details link'}._"
    kept = text[: (TEXT_LIMIT - len(note)) // 2]
    return kept[: kept.rfind("\n")] + note
