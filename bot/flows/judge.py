"""The middle that every way through shares: a change in, a verdict out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.evaluator.messages import Evaluated, Repaired, Reports, Task
from bot.ports import Evaluator, Rehearse, Scanners
from rules.catalog import packs
from rules.facts.host import Rival
from rules.policy import Change, Policy, Verdict, decide


@dataclass(frozen=True)
class Sides:
    """A change between two trees of one object store. Paths are of the head, renames from head to base.

    `merged` is the tree that merging into the tip of the base would make, empty where git cannot tell.
    """

    git_dir: str
    head: str
    base: str
    touched: frozenset[str]
    renames: Mapping[str, str]
    merged: str
    head_files: Mapping[str, bytes] = field(repr=False)
    base_files: Mapping[str, bytes] = field(repr=False)
    head_absent: frozenset[str] = frozenset()
    base_absent: frozenset[str] = frozenset()

    def head_contents(self) -> dict[str, bytes | None]:
        """What scanners look at: the touched files at the head, None where the content is not to be had."""
        return {**self.head_files, **dict.fromkeys(self.head_absent)}

    def base_contents(self) -> dict[str, bytes | None]:
        return {**self.base_files, **dict.fromkeys(self.base_absent)}


@dataclass(frozen=True)
class Judged:
    """A verdict with what it came from."""

    verdict: Verdict
    task: Task
    evaluated: Evaluated
    change: Change

    def under(self, policy: Policy, *, approved: bool = False) -> Verdict:
        """The verdict on the same evaluations under another policy, or with an approval."""
        return decide(
            policy, packs(), self.evaluated.head, self.evaluated.base, replace(self.change, approved=approved)
        )


async def judge(
    sides: Sides,
    policy: Policy,
    evaluator: Evaluator,
    scanners: Scanners,
    rehearse: Rehearse,
    *,
    chosen: tuple[str, ...] = (),
    cache: str = "",
    rivals: tuple[Rival, ...] = (),
) -> Judged:
    """Scans the touched files on both sides, rehearses where the policy asks, evaluates both sides, and decides."""
    scans = (scanners.scan(sides.head_contents()), scanners.scan(sides.base_contents()))
    head_reports, base_reports = await asyncio.gather(*scans)
    task = Task(
        git_dir=sides.git_dir,
        head=sides.head,
        base=sides.base,
        merged=sides.merged,
        policy=policy,
        packs=chosen,
        head_reports=head_reports,
        base_reports=base_reports,
        today=datetime.now(UTC).date().isoformat(),
        cache=cache,
        rivals=rivals,
    )
    if policy.rehearsal == "postgres":
        task = replace(task, rehearsal=await rehearse(await evaluator.plans(task)))
    evaluated = await evaluator.evaluate(task)
    change = Change(sides.touched, sides.renames, evaluated.standing, evaluated.added)
    return Judged(decide(policy, packs(), evaluated.head, evaluated.base, change), task, evaluated, change)


async def repair(
    judged: Judged, wanted: frozenset[tuple[str, ...]], sides: Sides, evaluator: Evaluator, scanners: Scanners
) -> Repaired:
    """The proven fixes for these findings, by identity."""

    async def supply(changed: Mapping[str, bytes]) -> Reports:
        return await scanners.scan({**sides.head_contents(), **changed})

    return await evaluator.repair(replace(judged.task, wanted=tuple(sorted(wanted))), supply)
