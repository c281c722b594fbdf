"""A change in a local repository: opened, judged and repaired by the parts that the App works with."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.evaluator.messages import Inventory, Repaired, Task
from bot.evaluator.pool import EvaluatorPool
from bot.flows.judge import Judged, Sides, judge, repair
from bot.flows.policy import Held, PolicyUnread
from bot.flows.policy import local as held_locally
from bot.git.changes import merge_base, resolve
from bot.git.command import GitError, Misnamed
from bot.git.repositories import file_at
from bot.git.sides import read_sides
from bot.git.snapshot import ObjectStore
from bot.git.worktree import commit_of, find_git_dir, object_view, working_tree
from bot.ports import EvaluationFailed
from bot.rehearsal.rehearse import rehearse
from bot.report.summary import fixable
from bot.scanners.suite import Suite, discovered
from bot.terminal import COULD_NOT_LOOK, fail
from migration_guards.rehearsal import Performance
from rules.catalog import packs
from rules.policy import POLICY_PATH, Policy


@contextmanager
def opened(path: Path, base: str, head: str | None) -> Iterator[tuple[Sides, Held]]:
    """Both sides of a change and the policy that holds for it; without a head the files as they lie there.

    Exits 2 when there is no such change or the policy is wrong, 3 when git cannot read it.
    """
    with _said():
        git_dir, root = find_git_dir(path)
        tip = resolve(ObjectStore(str(git_dir)), base)
        with _at(git_dir, root, head) as (store, commit):
            files = {side: file_at(store, name, POLICY_PATH) for side, name in (("base", tip), ("head", commit))}
            yield read_sides(store, merge_base(store, commit, tip), commit, tip), held_locally(files)


@contextmanager
def _at(git_dir: Path, root: Path, name: str | None) -> Iterator[tuple[ObjectStore, str]]:
    """The objects and the commit of a name; without one the files as they lie there."""
    commit = resolve(ObjectStore(str(git_dir)), name) if name is not None else ""
    with object_view(git_dir) as store:
        yield store, commit or commit_of(store, working_tree(store, git_dir, root), git_dir)


@contextmanager
def _said() -> Iterator[None]:
    """Ends with one sentence when git or the policy says no."""
    try:
        yield
    except Misnamed as problem:
        raise fail(str(problem)) from None
    except GitError as problem:
        raise fail(f"could not look: {problem}", COULD_NOT_LOOK) from None
    except PolicyUnread as problem:
        raise fail(str(problem)) from None


def known_packs(names: list[str] | None) -> tuple[str, ...]:
    """The packs asked for; exits 2 when there is none of a name."""
    known = [pack.name for pack in packs()]
    for name in names or ():
        if name not in known:
            raise fail(f"there is no pack {name!r}; there are {', '.join(known)}")
    return tuple(names or ())


def cache_file() -> str:
    """Where facts are kept between runs; empty where there is no place for them."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prodgate"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return str(folder / "facts.sqlite")


@dataclass(frozen=True)
class Judge:
    """Judges and repairs with one evaluating process and every scanner."""

    sides: Sides
    holds: Held
    chosen: tuple[str, ...]
    pool: EvaluatorPool
    suite: Suite

    async def judge(self) -> Judged:
        """Judges, and says in the verdict what there is to say of the policy."""
        holds = self.holds
        judged = await judge(
            self.sides, holds.policy, self.pool, self.suite, rehearse, chosen=self.chosen, cache=cache_file()
        )
        return replace(judged, verdict=replace(judged.verdict, notes=judged.verdict.notes + holds.notes))

    async def repair(self, judged: Judged) -> Repaired:
        """The fixes that prove themselves among those that `/fix` would try unasked."""
        ready = {id(item.finding) for item in judged.verdict.judged if fixable(item)}
        wanted = frozenset(i for i, finding in judged.evaluated.head.fingerprints() if id(finding) in ready)
        return await repair(judged, wanted, self.sides, self.pool, self.suite)


@asynccontextmanager
async def judging(sides: Sides, holds: Held, chosen: tuple[str, ...]) -> AsyncIterator[Judge]:
    """A `Judge` whose process ends with the block; exits 3 when it cannot look."""
    pool = EvaluatorPool(1)
    try:
        yield Judge(sides, holds, chosen, pool, Suite(discovered()))
    except EvaluationFailed as problem:
        raise fail(f"could not look: {problem}", COULD_NOT_LOOK) from None
    finally:
        await pool.close()


async def rehearsed(sides: Sides, holds: Held) -> tuple[Performance, ...]:
    """The new migrations of a change, run on a server of our own; exits 3 when they cannot be read."""
    pool = EvaluatorPool(1)
    today = datetime.now(UTC).date().isoformat()
    task = Task(sides.git_dir, sides.head, sides.base, holds.policy, (), {}, {}, today, sides.merged, cache_file())
    try:
        done = await rehearse(await pool.plans(task))
    except EvaluationFailed as problem:
        raise fail(f"could not look: {problem}", COULD_NOT_LOOK) from None
    finally:
        await pool.close()
    if isinstance(done, str):
        raise fail(f"not rehearsed: {done}", COULD_NOT_LOOK)
    return done


async def inventory_of(path: Path, rev: str | None) -> Inventory:
    """Every endpoint of a commit, or of the files as they lie there; exits 2 or 3 like `opened`."""
    pool = EvaluatorPool(1)
    try:
        with _said(), _at(*find_git_dir(path), rev) as (store, commit):
            today = datetime.now(UTC).date().isoformat()
            task = Task(store.git_dir, commit, commit, Policy(), (), {}, {}, today, commit, cache_file())
            return await pool.inventory(task)
    except EvaluationFailed as problem:
        raise fail(f"could not look: {problem}", COULD_NOT_LOOK) from None
    finally:
        await pool.close()
