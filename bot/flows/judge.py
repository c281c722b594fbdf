"""The middle that every way through shares: a change in, a verdict out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.evaluator.messages import Evaluated, Repaired, Reports, Task
from bot.ports import Evaluator, Scanners
from rules.catalog import packs
from rules.policy import Change, Policy, Verdict, decide


@dataclass(frozen=True)
class Sides:
    """A change between two trees of one object store. Paths are of the head, renames from head to base."""

    git_dir: str
    extra: Mapping[str, str]
    head: str
    base: str
    touched: frozenset[str]
    renames: Mapping[str, str]
    head_files: Mapping[str, bytes] = field(repr=False)
    base_files: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True)
class Judged:
    """A verdict with what it came from."""

    verdict: Verdict
    task: Task
    evaluated: Evaluated


async def judge(
    sides: Sides,
    policy: Policy,
    evaluator: Evaluator,
    scanners: Scanners,
    *,
    chosen: tuple[str, ...] = (),
    cache: str = "",
    approved: bool = False,
) -> Judged:
    """Scans the touched files on both sides, evaluates both, and decides."""
    head_reports, base_reports = await asyncio.gather(scanners.scan(sides.head_files), scanners.scan(sides.base_files))
    task = Task(
        git_dir=sides.git_dir,
        extra=sides.extra,
        head=sides.head,
        base=sides.base,
        policy=policy,
        packs=chosen,
        head_reports=head_reports,
        base_reports=base_reports,
        today=datetime.now(UTC).date().isoformat(),
        cache=cache,
    )
    evaluated = await evaluator.evaluate(task)
    change = Change(sides.touched, sides.renames, evaluated.standing, evaluated.added, approved)
    return Judged(decide(policy, packs(), evaluated.head, evaluated.base, change), task, evaluated)


async def repair(
    judged: Judged, wanted: frozenset[tuple[str, ...]], sides: Sides, evaluator: Evaluator, scanners: Scanners
) -> Repaired:
    """The proven fixes for these findings, by identity."""

    async def supply(changed: Mapping[str, bytes]) -> Reports:
        return await scanners.scan({**sides.head_files, **changed})

    return await evaluator.repair(replace(judged.task, wanted=tuple(sorted(wanted))), supply)
