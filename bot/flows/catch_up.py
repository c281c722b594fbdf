"""What was missed: deliveries that never arrived, and open pull requests without a finished gate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.flows.claims import Claims
from bot.flows.hub import HubError, Place, PullRequest
from bot.jobs import GATE, Job

log = structlog.get_logger()

WINDOW = timedelta(days=3)
"""github.com keeps deliveries for three days, Enterprise Server for seven; older heads are found by `heads_of`."""

OVERLAP = timedelta(minutes=10)
"""Deliveries may be listed a while after they were made."""

ATTEMPTS = 10
"""Of one delivery, GitHub's first included; the wait doubles, so that the last is asked for most of a day later."""

FIRST_WAIT = timedelta(minutes=4)
LONGEST_WAIT = timedelta(hours=6)


@dataclass(frozen=True)
class Delivery:
    """One attempt of GitHub's to deliver. All attempts share their guid."""

    id: int
    guid: str
    at: datetime
    ok: bool


class Registration(Protocol):
    """GitHub, seen by the App itself."""

    def deliveries(self, since: datetime) -> AsyncIterator[Delivery]:
        """The attempts to deliver since then, the newest first."""

    async def redeliver(self, delivery: int) -> None: ...

    async def installations(self) -> Sequence[int]: ...


class Marks(Protocol):
    """How far work has come."""

    async def mark(self, name: str) -> datetime | None: ...

    async def set_mark(self, name: str, at: datetime) -> None: ...


class Repositories(Protocol):
    """GitHub, seen by one installation."""

    async def repositories(self, installation: int) -> Sequence[Place]: ...

    async def open_pulls(self, place: Place) -> Sequence[PullRequest]: ...

    async def finished(self, place: Place, head: str, name: str) -> bool: ...


async def redeliver(registration: Registration, marks: Marks, now: datetime) -> int:
    """Asks again for deliveries that never succeeded; returns for how many.

    Everything before the mark has succeeded or was given up, so that a sweep reads only what is new.
    """
    mark = await marks.mark("deliveries")
    since = max(mark or now - WINDOW, now - WINDOW)
    attempts: dict[str, list[Delivery]] = {}
    async for delivery in registration.deliveries(since):
        attempts.setdefault(delivery.guid, []).append(delivery)
    missed = [tries for tries in attempts.values() if not any(t.ok for t in tries) and len(tries) < ATTEMPTS]
    due = [tries for tries in missed if tries[0].at + _wait(len(tries)) <= now]
    for tries in due:
        try:
            await registration.redeliver(tries[0].id)
        except HubError as problem:
            log.warning("a delivery could not be asked for again", guid=tries[0].guid, reason=str(problem))
    await marks.set_mark("deliveries", min([now - OVERLAP, *(tries[-1].at for tries in missed)]))
    return len(due)


def _wait(attempts: int) -> timedelta:
    return timedelta(0) if attempts == 1 else min(FIRST_WAIT * 2 ** (attempts - 2), LONGEST_WAIT)


async def installations_to_sweep(registration: Registration) -> tuple[Job, ...]:
    """A sweep for each installation, so that they share the workers fairly."""
    return tuple(Job("sweep", installation=number) for number in await registration.installations())


async def heads_of(job: Job, repositories: Repositories, claims: Claims) -> tuple[Job, ...]:
    """A check for each open pull request whose head has no finished gate: of one repository, or of an installation.

    Where the base of a repository moved, those that add to a history are looked at again: it may have grown.
    """
    if job.repository:
        places: Sequence[Place] = [Place(job.installation, job.repository, job.owner, job.name)]
    else:
        places = await repositories.repositories(job.installation)
    jobs = []
    for place in places:
        again = await claims.claims(place) if job.repository else {}
        for pull in await repositories.open_pulls(place):
            moved = pull.number in again
            if moved or not await repositories.finished(place, pull.head, GATE):
                where = place.installation, place.repository, place.owner, place.name
                jobs.append(Job("check", *where, pull.number, pull.head, again=moved))
    return tuple(jobs)
