"""Running rules over a codebase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rules.core.codebase import Codebase, Unavailable, Unread
from rules.core.finding import Finding
from rules.core.rule import Rule


class State(StrEnum):
    """How a rule's run ended."""

    RAN = "ran"
    NOTHING = "nothing-to-check"
    UNAVAILABLE = "unavailable"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one rule: how it ended, how many subjects it looked at, what stayed unread, and what else it says."""

    rule: str
    state: State
    subjects: int = 0
    reason: str = ""
    unread: tuple[Unread, ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All findings and outcomes of one codebase."""

    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]

    def fingerprints(self, renames: Mapping[str, str] | None = None) -> list[tuple[tuple[str, ...], Finding]]:
        """Each finding with its identity: rule, key, path if the key is local to a file, number among equals."""
        seen: Counter[tuple[str, ...]] = Counter()
        result = []
        for finding in self.findings:
            path = (renames or {}).get(finding.where.path, finding.where.path)
            identity = (finding.rule, *finding.key, *([path] if finding.file_local else []))
            result.append(((*identity, str(seen[identity])), finding))
            seen[identity] += 1
        return result

    def new_since(self, base: Evaluation, renames: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
        """The findings that are absent at the base. `renames` maps a path at the head to its path at the base."""
        known = {identity for identity, _ in base.fingerprints()}
        return tuple(finding for identity, finding in self.fingerprints(renames) if identity not in known)


def evaluate(code: Codebase, rules: Iterable[Rule[Any]]) -> Evaluation:
    """Runs every rule; a rule that crashes ends as an outcome, never as silence."""
    findings: list[Finding] = []
    outcomes: list[Outcome] = []
    chosen = list(rules)
    for rule in chosen:
        found, outcome = _run(rule, code)
        findings += found
        outcomes.append(outcome)
    return Evaluation(tuple(sorted(_yielding(findings, chosen), key=Finding.order)), tuple(outcomes))


def _run(rule: Rule[Any], code: Codebase) -> tuple[list[Finding], Outcome]:
    try:
        subjects = code.get(rule.looks_at)
        findings = [finding for subject in subjects for finding in rule.check(subject, code)]
        remark = rule.remark(subjects, code) if subjects else ""
    except Unavailable as problem:
        return [], Outcome(rule.id, State.UNAVAILABLE, reason=str(problem))
    except Exception as problem:
        return [], Outcome(rule.id, State.CRASHED, reason=f"{type(problem).__name__}: {problem}"[:500])
    unread = code.unread_by(rule.looks_at)
    state = State.RAN if subjects or unread else State.NOTHING
    return findings, Outcome(rule.id, state, len(subjects), unread=unread, remark=remark)


def _yielding(findings: list[Finding], rules: list[Rule[Any]]) -> list[Finding]:
    """Drops what another rule says better: one place, one finding."""
    supersedes = {rule.id: rule.supersedes for rule in rules if rule.supersedes}
    taken = {
        (old, finding.where.path, finding.where.line)
        for finding in findings
        for old in supersedes.get(finding.rule, ())
    }
    return [f for f in findings if (f.rule, f.where.path, f.where.line) not in taken]
