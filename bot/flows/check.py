"""A pull request, judged: fetch, think, say so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from bot.flows.claims import Claims, claim, rivals_of
from bot.flows.hub import Hub, HubError, Later, Place
from bot.flows.judge import Sides, judge
from bot.flows.policy import Marks, PolicyUnread, held
from bot.jobs import GATE, Job
from bot.performer import Done
from bot.ports import EvaluationFailed, Evaluator, Rehearse, Scanners
from bot.report.check_run import gate, pack_run
from bot.report.model import CheckRun, Context, Repair
from rules.catalog import packs
from rules.facts.host import Claim, Rival
from rules.policy import Conclusion, Policy, Verdict, preview

log = structlog.get_logger()

WRITERS = frozenset({"admin", "maintain", "write"})


class RepositoryError(Exception):
    """The repository could not be read. The message is for a person."""


@dataclass(frozen=True)
class Fetched:
    """A change with the policy files of its `base` tip and its `head`, None where there is none."""

    sides: Sides
    policy_files: Mapping[str, bytes | None]
    head_message: str


class Repositories(Protocol):
    """Brings both sides of a change here."""

    def change(self, place: Place, token: str, head: str, base_tip: str) -> AbstractAsyncContextManager[Fetched]:
        """Raises `RepositoryError`."""

    async def added_lines(self, sides: Sides, path: str) -> list[range]:
        """The lines that a change adds to a file, counted from 1 at the head."""


class Runs(Marks, Protocol):
    """What is kept of each run."""

    async def started(self, run: str, place: Place, pull: int, head: str) -> None: ...

    async def finished(self, run: str, verdict: Verdict) -> None: ...

    async def stopped(self, run: str, conclusion: Conclusion, reason: str) -> None: ...

    async def repaired(self, place: Place, pull: int, repair: Repair) -> None: ...

    async def repairs(self, place: Place, pull: int) -> tuple[Repair, ...]: ...

    async def posted(self, place: Place, pull: int) -> frozenset[str]: ...


@dataclass(frozen=True)
class Tools:
    """Everything a flow works with; made once by the composition root.

    `link` is a run's page, empty without pages. While `leaving`, a cancelled run is not over: another worker has it.
    """

    hub: Hub
    repositories: Repositories
    evaluator: Evaluator
    scanners: Scanners
    rehearse: Rehearse
    runs: Runs
    claims: Claims
    html_url: str
    link: Callable[[str], str]
    cache: str = ""
    leaving: Callable[[], bool] = lambda: False


def place_of(job: Job) -> Place:
    return Place(job.installation, job.repository, job.owner, job.name)


async def check(job: Job, run: str, tools: Tools) -> Done:
    """Judges a pull request's current head and posts its check runs."""
    place = place_of(job)
    pull = await tools.hub.pull(place, job.pull)
    if not pull.open:
        return Done("closed")
    number = job.pull
    return await judge_head(Subject(place, pull.head, pull.base, number, pull.author, pull.base_ref), run, tools)


async def check_group(job: Job, run: str, tools: Tools) -> Done:
    """Judges the head of a merge group against its base."""
    return await judge_head(Subject(place_of(job), job.head, job.base), run, tools)


@dataclass(frozen=True)
class Subject:
    """What is judged: a head against the tip of its base. `number` is 0 for a merge group, which nobody wrote."""

    place: Place
    head: str
    base: str
    number: int = 0
    author: str = ""
    branch: str = ""


async def judge_head(subject: Subject, run: str, tools: Tools, follow: int = 2) -> Done:
    """The gate goes in progress, the change is judged, every check run is finished.

    `follow` is how often it is judged anew against a base that moved while the old one could not be looked at. With
    `Later` the gate stays in progress.
    """
    place, head = subject.place, subject.head
    external = f"{subject.number}:{head}:{run}"
    pending = CheckRun(GATE, Conclusion.NEUTRAL, "Looking", "", "", (), (), tools.link(run))
    await tools.runs.started(run, place, subject.number, head)
    await tools.hub.start_check(place, head, pending, external)
    try:
        answer = await judge_change(subject, tools)
    except asyncio.CancelledError:
        if not tools.leaving():
            await asyncio.shield(_supersede(place, head, run, external, tools))
        raise
    except Later:
        raise
    except Exception as problem:
        known = isinstance(problem, HubError | RepositoryError | PolicyUnread | EvaluationFailed)
        now = await _now(subject, tools) if known else subject
        if now is None:
            await _supersede(place, head, run, external, tools)
            return Done("superseded")
        if follow and now != subject:
            return await judge_head(now, run, tools, follow - 1)
        reason = str(problem) if known else f"an internal error ({type(problem).__name__})"
        await tools.runs.stopped(run, Conclusion.FAILURE, reason)
        await tools.hub.finish_check(place, head, _failed(reason, tools.link(run)), external)
        if not known:
            raise
        return Done("could not look")
    await _post(subject, answer, run, external, tools)
    return Done(str(answer.verdict.conclusion), await _claimed(subject, answer, tools))


async def _post(subject: Subject, answer: Answer, run: str, external: str, tools: Tools) -> None:
    place, verdict = subject.place, answer.verdict
    context = Context(
        f"{place.owner}/{place.name}",
        subject.head,
        tools.html_url,
        tools.link(run),
        answer.policy.annotations,
        answer.sources,
        await tools.runs.repairs(place, subject.number) if subject.number else (),
    )
    if answer.policy.checks == "packs":
        expected = await _expected(subject, tools)
        for part in verdict.checks:
            if expected is None or part.subjects or part.judged or part.blind or part.name in expected:
                await tools.hub.finish_check(place, subject.head, pack_run(part, context), external)
    await tools.runs.finished(run, verdict)
    await tools.hub.finish_check(place, subject.head, gate(verdict, context), external)


async def _expected(subject: Subject, tools: Tools) -> frozenset[str] | None:
    """The pack checks that somebody waits for though they have nothing to say; None for all of them."""
    if not subject.number:
        return None
    required = await tools.hub.required_checks(subject.place, subject.branch)
    posted = await tools.runs.posted(subject.place, subject.number)
    return posted | {name.removeprefix(f"{GATE} / ") for name in required}


async def _now(subject: Subject, tools: Tools) -> Subject | None:
    """The head against its base of now; None when the pull request is closed or at another, as it was if none tells."""
    if not subject.number:
        return subject
    try:
        pull = await tools.hub.pull(subject.place, subject.number)
    except HubError:
        return subject
    stands = pull.open and pull.head == subject.head
    return replace(subject, base=pull.base, branch=pull.base_ref) if stands else None


async def _supersede(place: Place, head: str, run: str, external: str, tools: Tools) -> None:
    reason = "The pull request moved on to another head, or was closed."
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


@dataclass(frozen=True)
class Answer:
    """The verdict on a change, the policy that it follows, the files at the head by path, and what it claims
    beside which rivals."""

    verdict: Verdict
    policy: Policy
    sources: Mapping[str, bytes]
    claims: tuple[Claim, ...]
    rivals: tuple[Rival, ...]


async def judge_change(subject: Subject, tools: Tools) -> Answer:
    """The verdict under the policy of the base tip.

    Raises `HubError`, `RepositoryError`, `PolicyUnread`, `EvaluationFailed`.
    """
    place = subject.place
    token = await tools.hub.read_token(place)
    async with tools.repositories.change(place, token, subject.head, subject.base) as fetched:
        holds = await held(place, fetched.policy_files, tools.hub, tools.runs)
        rivals = await _rivals(subject, tools)
        judged = await judge(
            fetched.sides,
            holds.policy,
            tools.evaluator,
            tools.scanners,
            tools.rehearse,
            cache=tools.cache,
            rivals=rivals,
        )
    approved = bool(judged.evaluated.added) and await _approved(subject, tools)
    verdict = judged.under(holds.policy, approved=approved)
    notes = holds.notes
    if holds.edited is not None:
        then = judged.under(holds.edited, approved=approved)
        notes = (*notes, *preview(verdict, then, holds.policy, holds.edited, packs()))
    verdict = replace(verdict, notes=verdict.notes + notes)
    return Answer(verdict, holds.policy, fetched.sides.head_files, judged.evaluated.claims, rivals)


async def _rivals(subject: Subject, tools: Tools) -> tuple[Rival, ...]:
    if not subject.number:
        return ()
    return await rivals_of(subject.place, subject.number, subject.branch, tools.hub, tools.claims)


async def _claimed(subject: Subject, answer: Answer, tools: Tools) -> tuple[Job, ...]:
    if not subject.number:
        return ()
    return await claim(subject.place, subject.number, subject.branch, answer.claims, answer.rivals, tools.claims)


async def _approved(subject: Subject, tools: Tools) -> bool:
    """Whether somebody who may write, and is not the author, approves this head."""
    if not subject.number:
        return False
    for login in await tools.hub.approvers(subject.place, subject.number, subject.head):
        if login != subject.author and await tools.hub.permission(subject.place, login) in WRITERS:
            return True
    return False


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
