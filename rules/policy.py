"""What a repository decided, and the verdict that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from rules.core.evaluate import Evaluation, Outcome, State
from rules.core.finding import Confidence, Finding, Severity
from rules.core.pack import Pack
from rules.core.rule import Rule
from rules.core.suppress import Suppression

POLICY_PATH = ".github/prodgate.yml"

GRAVE_PACKS = frozenset({"access", "secrets"})
"""Packs whose errors a change cannot suppress by itself unless the policy says so."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RulePolicy(_Section):
    """How one rule is held here."""

    enabled: bool = True
    severity: Severity | None = None
    allow_suppression: bool | None = Field(
        None,
        description="An inline suppression that a change brings may clear errors. Unsaid: yes, but not for secrets, "
        "access and rules that the organization locks.",
    )
    options: dict[str, Any] = Field(default_factory=dict)


class FixPolicy(_Section):
    """What `/fix` may do."""

    enabled: bool = True
    unsafe: bool = Field(False, description="Apply unsafe fixes without their rule being named.")


class Policy(_Section):
    """`.github/prodgate.yml`, read from the tip of the base branch."""

    packs: dict[str, bool] = Field(default_factory=dict, description="Packs that are switched off or on.")
    rules: dict[str, RulePolicy] = Field(default_factory=dict, description="Settings by rule id.")
    ignore: tuple[str, ...] = Field((), description="Path patterns whose findings are not reported.")
    checks: Literal["gate", "packs"] = Field("packs", description="Post the gate alone, or a check run per pack too.")
    annotations: int = Field(200, ge=0, le=1000, description="Most annotations on one check run.")
    optional: tuple[str, ...] = Field((), description="Scanners that may be missing without failing the gate.")
    rehearsal: Literal["postgres", "off"] = Field(
        "off", description="Run new migrations on a throw-away PostgreSQL server, where one is installed."
    )
    fix: FixPolicy = Field(default_factory=FixPolicy)
    lock: tuple[str, ...] = Field(
        (),
        description="In the organization's policy: what repositories may not set, as dotted keys such as "
        "`fix.unsafe`, `packs.security` or `rules.access/unguarded-endpoint`.",
    )

    def settings(self) -> dict[str, dict[str, Any]]:
        """The options of each rule: the supplied settings fact."""
        return {name: dict(rule.options) for name, rule in self.rules.items() if rule.options}

    def selects(self, rule: Rule[Any]) -> bool:
        on = self.packs.get(rule.pack, True)
        return on and self.rules.get(rule.id, RulePolicy()).enabled

    def ignores(self, path: str) -> bool:
        return any(fnmatchcase(path, pattern) for pattern in self.ignore)

    def trusts_suppression(self, rule: str) -> bool:
        """Whether a suppression that a change brings may clear an error of this rule without an approval."""
        allowed = self.rules.get(rule, RulePolicy()).allow_suppression
        if allowed is not None:
            return allowed
        pack = rule.partition("/")[0]
        return pack not in GRAVE_PACKS and not {"rules", "packs", f"rules.{rule}", f"packs.{pack}"}.intersection(
            self.lock
        )


class Conclusion(StrEnum):
    """The conclusion of a check run."""

    SUCCESS = "success"
    NEUTRAL = "neutral"
    FAILURE = "failure"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Judged:
    """A finding with what the policy makes of it."""

    finding: Finding
    new: bool
    blocks: bool
    suppressed_by: str = ""


@dataclass(frozen=True)
class Blind:
    """Something that could not be looked at. Fatal when it fails the gate."""

    rule: str
    reason: str
    path: str = ""
    fatal: bool = True


@dataclass(frozen=True)
class CheckVerdict:
    """The decision for one pack check."""

    name: str
    conclusion: Conclusion
    judged: tuple[Judged, ...]
    blind: tuple[Blind, ...]
    subjects: int


@dataclass(frozen=True)
class Verdict:
    """The decision, complete before anything is posted."""

    checks: tuple[CheckVerdict, ...]
    conclusion: Conclusion
    judged: tuple[Judged, ...]
    blind: tuple[Blind, ...]
    notes: tuple[str, ...] = ()

    @property
    def could_not_look(self) -> bool:
        return any(blind.fatal for blind in self.blind)

    @property
    def blocking(self) -> tuple[Judged, ...]:
        return tuple(judged for judged in self.judged if judged.blocks)


@dataclass(frozen=True)
class Change:
    """What the decision needs to know of a change besides both evaluations.

    `touched` are paths at the head; `renames` maps a path at the head to its path at the base;
    `added` are suppressions that the change brings, `standing` those that the base had already.
    """

    touched: frozenset[str] = frozenset()
    renames: Mapping[str, str] | None = None
    standing: tuple[Suppression, ...] = ()
    added: tuple[Suppression, ...] = ()
    approved: bool = False


def decide(policy: Policy, packs: Sequence[Pack], head: Evaluation, base: Evaluation, change: Change) -> Verdict:
    """The verdict: only new findings block, and nothing unlooked-at passes.

    `packs` are all that are installed; a check exists where one of its rules ran. A pack without a check speaks in
    the gate alone.
    """
    fresh = set(map(id, head.new_since(base, change.renames)))
    judged = tuple(
        _judge(policy, finding, id(finding) in fresh, change)
        for finding in head.findings
        if not policy.ignores(finding.where.path)
    )
    blind = tuple(_blind(policy, head, base, change))
    ran = {outcome.rule for outcome in head.outcomes}
    checks = tuple(
        _check(name, members, judged, blind, head)
        for name, members in sorted(_by_check(packs).items())
        if name and any(rule.id in ran for pack in members for rule in pack.rules)
    )
    remarks = tuple(outcome.remark for outcome in head.outcomes if outcome.remark)
    return Verdict(checks, _conclude(judged, blind), judged, blind, (*_notes(packs, change, judged), *remarks))


def preview(now: Verdict, then: Verdict, before: Policy, after: Policy, packs: Sequence[Pack]) -> tuple[str, ...]:
    """What an edit of the policy would change once merged, by the verdicts under both."""
    rules = [rule for pack in packs for rule in pack.rules]
    off = [rule.id for rule in rules if before.selects(rule) and not after.selects(rule)]
    on = [rule.id for rule in rules if after.selects(rule) and not before.selects(rule)]
    blocked, will_block = ({_place(item) for item in verdict.blocking} for verdict in (now, then))
    lines = [
        f"it switches off {', '.join(off)}" if off else "",
        f"it switches on {', '.join(on)}" if on else "",
        *(f"{place} would no longer block" for place in sorted(blocked - will_block)),
        *(f"{place} would block" for place in sorted(will_block - blocked)),
    ]
    said = [line for line in lines if line] or ["nothing in this change would be judged differently"]
    return tuple(f"{POLICY_PATH} is edited; once merged, {line}." for line in said)


def _place(item: Judged) -> str:
    return f"{item.finding.rule} at {item.finding.where.path}:{item.finding.where.line}"


def _judge(policy: Policy, finding: Finding, new: bool, change: Change) -> Judged:
    severity = policy.rules.get(finding.rule, RulePolicy()).severity
    if severity is not None and severity is not finding.severity:
        finding = replace(finding, severity=severity)
    reason = _suppression(policy, finding, change)
    heavy = finding.severity is Severity.ERROR and finding.confidence is not Confidence.LOW
    return Judged(finding, new, new and heavy and not reason, reason)


def _suppression(policy: Policy, finding: Finding, change: Change) -> str:
    for suppression in change.standing:
        if suppression.reason and suppression.covers(finding):
            return suppression.reason
    if finding.severity is Severity.ERROR and not (change.approved or policy.trusts_suppression(finding.rule)):
        return ""
    return next((s.reason for s in change.added if s.reason and s.covers(finding)), "")


def _blind(policy: Policy, head: Evaluation, base: Evaluation, change: Change) -> Iterable[Blind]:
    for outcome in head.outcomes:
        if outcome.state is State.CRASHED:
            yield Blind(outcome.rule, outcome.reason)
        elif outcome.state is State.UNAVAILABLE:
            yield Blind(outcome.rule, outcome.reason, fatal=not _optional(policy, outcome))
        for unread in outcome.unread:
            if not policy.ignores(unread.path):
                yield Blind(outcome.rule, unread.reason, unread.path, fatal=unread.path in change.touched)
    for outcome in base.outcomes:
        if outcome.state is State.CRASHED:
            yield Blind(outcome.rule, f"at the base: {outcome.reason}")


def _optional(policy: Policy, outcome: Outcome) -> bool:
    return outcome.rule.rpartition("/")[2] in policy.optional or outcome.rule in policy.optional


def _by_check(packs: Sequence[Pack]) -> dict[str, list[Pack]]:
    grouped: dict[str, list[Pack]] = {}
    for pack in packs:
        grouped.setdefault(pack.check, []).append(pack)
    return grouped


def _check(
    name: str, packs: list[Pack], judged: tuple[Judged, ...], blind: tuple[Blind, ...], head: Evaluation
) -> CheckVerdict:
    ids = {rule.id for pack in packs for rule in pack.rules}
    mine = tuple(item for item in judged if item.finding.rule in ids)
    unseen = tuple(item for item in blind if item.rule in ids)
    subjects = sum(outcome.subjects for outcome in head.outcomes if outcome.rule in ids)
    return CheckVerdict(name, _conclude(mine, unseen), mine, unseen, subjects)


def _conclude(judged: Iterable[Judged], blind: Iterable[Blind]) -> Conclusion:
    items = list(judged)
    if any(item.blocks for item in items) or any(item.fatal for item in blind):
        return Conclusion.FAILURE
    open_items = [item for item in items if item.new and not item.suppressed_by]
    if any(item.finding.severity is not Severity.NOTE for item in open_items):
        return Conclusion.NEUTRAL
    return Conclusion.SUCCESS


def _notes(packs: Sequence[Pack], change: Change, judged: tuple[Judged, ...]) -> tuple[str, ...]:
    known = {name for pack in packs for name in (pack.name, *(rule.id for rule in pack.rules))}
    return tuple(
        _note(suppression, known, judged)
        for suppression in change.added
        if not suppression.foreign or any(suppression.covers(item.finding) for item in judged)
    )


def _note(suppression: Suppression, known: Collection[str], judged: tuple[Judged, ...]) -> str:
    place = f"{suppression.where.path}:{suppression.where.line}"
    what = f"The suppression of {suppression.rule} at {place}"
    covered = [item for item in judged if suppression.covers(item.finding)]
    if suppression.rule not in known:
        close = get_close_matches(suppression.rule, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else "."
        return f"{what} does not count: there is no rule or pack {suppression.rule}{hint}"
    if not suppression.reason:
        return f"{what} does not count: it gives no reason."
    if not covered:
        return f"{what} suppresses nothing."
    if any(item.new and not item.suppressed_by for item in covered):
        return (
            f"{what} does not count, since this change brings it: a writer other than the author approves this head, "
            "or the policy of the base allows it for this rule."
        )
    return f"This change suppresses {suppression.rule} at {place}: {suppression.reason}"
