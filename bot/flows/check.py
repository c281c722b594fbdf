"""A pull request, judged: fetch, think, say so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from bot.flows.hub import Hub, HubError, Place
from bot.flows.judge import Judged, Sides, judge
from bot.jobs import GATE, Job
from bot.ports import EvaluationFailed, Evaluator, Scanners
from bot.report.check_run import gate, pack_run
from bot.report.model import CheckRun, Context
from rules.catalog import all_rules, packs
from rules.policy import POLICY_PATH, Conclusion, Policy, Verdict
from rules.policy_file import PolicyError, parse_policy

log = structlog.get_logger()


class RepositoryError(Exception):
    """The repository could not be read. The message is for a person."""


@dataclass(frozen=True)
class Fetched:
    """A change with the policy files of the base tip and of the head, None where there is none."""

    sides: Sides
    base_policy: bytes | None
    head_policy: bytes | None


class Repositories(Protocol):
    """Brings both sides of a change here."""

    def change(self, place: Place, token: str, head: str, base_tip: str) -> AbstractAsyncContextManager[Fetched]:
        """Raises `RepositoryError`."""


class Runs(Protocol):
    """What is kept of each run."""

    async def started(self, run: str, place: Place, pull: int, head: str) -> None: ...

    async def finished(self, run: str, verdict: Verdict) -> None: ...

    async def stopped(self, run: str, conclusion: Conclusion, reason: str) -> None: ...


@dataclass(frozen=True)
class Tools:
    """Everything a flow works with; made once by the composition root. `link` is a run's page, empty without pages."""

    hub: Hub
    repositories: Repositories
    evaluator: Evaluator
    scanners: Scanners
    runs: Runs
    html_url: str
    link: Callable[[str], str]
    cache: str = ""

    def context(self, place: Place, head: str, run: str, budget: int) -> Context:
        return Context(f"{place.owner}/{place.name}", head, self.html_url, self.link(run), budget)


def place_of(job: Job) -> Place:
    return Place(job.installation, job.repository, job.owner, job.name)


async def check(job: Job, run: str, tools: Tools) -> str:
    """Judges a pull request's current head and posts its check runs. Returns what became of it, in a word."""
    place = place_of(job)
    numbers = [job.pull] if job.pull else await tools.hub.pulls_at(place, job.head)
    outcomes = [await _check_pull(place, number, run, tools) for number in numbers]
    return ", ".join(outcomes) or "nothing to check"


async def _check_pull(place: Place, number: int, run: str, tools: Tools) -> str:
    pull = await tools.hub.pull(place, number)
    if not pull.open:
        return "closed"
    return await judge_head(place, pull.head, pull.base, number, run, tools)


async def check_group(job: Job, run: str, tools: Tools) -> str:
    """Judges the head of a merge group against its base."""
    return await judge_head(place_of(job), job.head, job.base, 0, run, tools)


async def judge_head(place: Place, head: str, base: str, number: int, run: str, tools: Tools) -> str:
    """The gate goes in progress, the change is judged, every check run is finished."""
    external = f"{number}:{head}:{run}"
    pending = CheckRun(GATE, Conclusion.NEUTRAL, "Looking", "", "", (), (), tools.link(run))
    await tools.runs.started(run, place, number, head)
    await tools.hub.start_check(place, head, pending, external)
    try:
        judged, policy = await judge_change(place, head, base, tools)
    except asyncio.CancelledError:
        await asyncio.shield(_supersede(place, head, run, external, tools))
        raise
    except Exception as problem:
        known = isinstance(problem, HubError | RepositoryError | PolicyError | EvaluationFailed)
        reason = str(problem) if known else f"an internal error ({type(problem).__name__})"
        await tools.runs.stopped(run, Conclusion.FAILURE, reason)
        await tools.hub.finish_check(place, head, _failed(reason, tools.link(run)), external)
        if not known:
            raise
        return "could not look"
    verdict = judged.verdict
    context = tools.context(place, head, run, policy.annotations)
    if policy.checks == "packs":
        for part in verdict.checks:
            if part.subjects or part.judged or part.blind:
                await tools.hub.finish_check(place, head, pack_run(part, context), external)
    await tools.runs.finished(run, verdict)
    await tools.hub.finish_check(place, head, gate(verdict, context), external)
    return str(verdict.conclusion)


async def _supersede(place: Place, head: str, run: str, external: str, tools: Tools) -> None:
    reason = "A newer head took its place."
    await tools.runs.stopped(run, Conclusion.CANCELLED, reason)
    cancelled = CheckRun(GATE, Conclusion.CANCELLED, "Superseded", reason, "", (), ())
    await tools.hub.finish_check(place, head, cancelled, external)


async def give_up(job: Job, run: str, tools: Tools) -> None:
    """Finishes the gate of work that failed or killed its worker too often."""
    reason = "the work failed several times and was given up"
    place, head = place_of(job), job.head
    if not head:
        head = (await tools.hub.pull(place, job.pull)).head
    await tools.runs.stopped(run, Conclusion.FAILURE, reason)
    await tools.hub.finish_check(place, head, _failed(reason, tools.link(run)), f"{job.pull}:{head}:{run}")


async def judge_change(place: Place, head: str, base: str, tools: Tools) -> tuple[Judged, Policy]:
    """The verdict on a change under the policy of its base tip; raises `HubError`, `RepositoryError`, `PolicyError`."""
    token = await tools.hub.read_token(place)
    async with tools.repositories.change(place, token, head, base) as fetched:
        policy, notes = policies(fetched)
        judged = await judge(fetched.sides, policy, tools.evaluator, tools.scanners, cache=tools.cache)
    return replace(judged, verdict=replace(judged.verdict, notes=judged.verdict.notes + notes)), policy


def policies(fetched: Fetched) -> tuple[Policy, tuple[str, ...]]:
    """The base's policy, and what to say of the head's; raises `PolicyError` when the base's cannot be read."""
    policy = read_policy(fetched.base_policy)
    if fetched.head_policy in (None, fetched.base_policy):
        return policy, ()
    try:
        read_policy(fetched.head_policy)
    except PolicyError as problem:
        return policy, tuple(f"{POLICY_PATH} line {m.line}: {m.message}" for m in problem.mistakes)
    return policy, (f"This change edits {POLICY_PATH}; it takes effect once merged.",)


def read_policy(content: bytes | None) -> Policy:
    """The policy in a file, or the default policy without one; raises `PolicyError`."""
    if content is None:
        return Policy()
    return parse_policy(content, set(all_rules()), {pack.name for pack in packs()})


def _failed(reason: str, link: str) -> CheckRun:
    return CheckRun(
        GATE,
        Conclusion.FAILURE,
        "Could not look",
        f"Prodgate could not look at this change: {reason}",
        "",
        (),
        (),
        link,
    )
