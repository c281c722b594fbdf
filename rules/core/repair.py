"""Fixes that are proved before they are offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.core.codebase import Codebase
from rules.core.evaluate import Evaluation, State, evaluate
from rules.core.finding import Edit, Finding
from rules.core.rule import Rule
from rules.core.source import blob_id

MAX_ROUNDS = 40
"""Evaluations that one plan may cost; what is undecided then stays unfixed."""

Supply = Callable[[Mapping[str, bytes]], Mapping[str, object]]
"""Refreshes the supplied facts for changed file contents."""


@dataclass(frozen=True)
class Refused:
    """A finding that was not fixed, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True)
class Patch:
    """File contents after the fixes that were proved to help."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    fixed: tuple[Finding, ...] = ()
    refused: tuple[Refused, ...] = ()


def plan(code: Codebase, rules: Sequence[Rule[Any]], wanted: Iterable[Finding], supply: Supply | None = None) -> Patch:
    """Lays the fixes over the code at once and keeps those whose finding goes while none comes.

    Halves the set only where a finding stays or one comes, within `MAX_ROUNDS` evaluations.
    """
    before = evaluate(code, rules)
    chosen, refused = _fitting(wanted)
    budget = [MAX_ROUNDS]
    kept = _proved(code, rules, before, chosen, [], supply, budget) if chosen else []
    missed = [
        Refused(f, "the fix did not prove itself: the finding stays or another comes") for f in chosen if f not in kept
    ]
    return Patch(apply(code, kept), tuple(kept), tuple([*refused, *missed]))


def apply(code: Codebase, findings: Iterable[Finding]) -> dict[str, bytes]:
    """The contents of every file that the findings' fixes touch."""
    edits: dict[str, list[Edit]] = {}
    for finding in findings:
        for edit in finding.fix.edits if finding.fix else ():
            if edit not in edits.setdefault(edit.path, []):
                edits[edit.path].append(edit)
    return {path: _edited(_content(code, path), per_file) for path, per_file in edits.items()}


def _content(code: Codebase, path: str) -> bytes:
    entry = code.files.get(path)
    return code.snapshot.read(entry.blob) if entry else b""


def _edited(content: bytes, edits: list[Edit]) -> bytes:
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    for edit in sorted(reversed(edits), key=lambda e: (e.span.start, e.span.end) if e.span else (0, 0), reverse=True):
        text = edit.text.replace(b"\r\n", b"\n").replace(b"\n", newline)
        content = text if edit.span is None else content[: edit.span.start] + text + content[edit.span.end :]
    return content


def _fitting(wanted: Iterable[Finding]) -> tuple[list[Finding], list[Refused]]:
    taken: dict[str, list[Edit]] = {}
    chosen: list[Finding] = []
    refused: list[Refused] = []
    for finding in wanted:
        if finding.fix is None or not finding.fix.edits:
            refused.append(Refused(finding, finding.fix.title if finding.fix else "no automatic fix"))
        elif any(_clash(edit, other) for edit in finding.fix.edits for other in taken.get(edit.path, ())):
            refused.append(Refused(finding, "its fix touches the same lines as another; ask again after this commit"))
        else:
            chosen.append(finding)
            for edit in finding.fix.edits:
                taken.setdefault(edit.path, []).append(edit)
    return chosen, refused


def _clash(one: Edit, other: Edit) -> bool:
    if one == other:
        return False
    if one.span is None or other.span is None:
        return True
    if one.span == other.span:
        return one.span.start != one.span.end
    return one.span.start < other.span.end and other.span.start < one.span.end


def _proved(
    code: Codebase,
    rules: Sequence[Rule[Any]],
    before: Evaluation,
    trial: list[Finding],
    kept: list[Finding],
    supply: Supply | None,
    budget: list[int],
) -> list[Finding]:
    if budget[0] <= 0:
        return kept
    budget[0] -= 1
    if _helps(code, rules, before, kept + trial, supply):
        return kept + trial
    if len(trial) == 1:
        return kept
    half = len(trial) // 2
    kept = _proved(code, rules, before, trial[:half], kept, supply, budget)
    return _proved(code, rules, before, trial[half:], kept, supply, budget)


def _helps(
    code: Codebase, rules: Sequence[Rule[Any]], before: Evaluation, trial: list[Finding], supply: Supply | None
) -> bool:
    changed = apply(code, trial)
    if all(path in code.files and code.files[path].blob == blob_id(text) for path, text in changed.items()):
        return False
    after = evaluate(code.over(changed, supply(changed) if supply else None), rules)
    remaining = {identity for identity, _ in after.fingerprints()}
    was = dict(before.fingerprints())
    goes = {identity for identity, finding in was.items() if finding in trial}
    return not remaining & goes and remaining <= set(was) and _as_readable(before, after)


def _as_readable(before: Evaluation, after: Evaluation) -> bool:
    def blind(run: Evaluation) -> set[tuple[str, str]]:
        unread = {(o.rule, u.path) for o in run.outcomes for u in o.unread}
        return unread | {(o.rule, "") for o in run.outcomes if o.state in (State.CRASHED, State.UNAVAILABLE)}

    return blind(after) <= blind(before)
