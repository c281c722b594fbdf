"""A performer that only remembers, and the jobs that it is given."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from bot.engine import Producer
from bot.flows.hub import Later
from bot.jobs import Job
from bot.performer import Done
from bot.web.webhook import QueueAway


class Recorder:
    """Performs nothing, for `seconds`, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.begun: list[tuple[Job, str]] = []
        self.done: list[Job] = []
        self.cancelled: list[Job] = []
        self.given_up: list[tuple[Job, str]] = []
        self.head = ""
        self.seconds = 0.0
        self.fails = False
        self.later: list[float] = []
        self.later_to_give_up: list[float] = []
        self.left = False
        self.most_at_once: dict[int, int] = {}
        self._at_work: Counter[int] = Counter()

    async def perform(self, job: Job, run: str) -> Done:
        if job.kind not in ("check", "repair"):
            return Done("done")
        self.begun.append((job, run))
        self._at_work[job.pull] += 1
        self.most_at_once[job.pull] = max(self.most_at_once.get(job.pull, 0), self._at_work[job.pull])
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled.append(job)
            raise
        finally:
            self._at_work[job.pull] -= 1
        if self.fails:
            raise ValueError("it does not work")
        if self.later and job.installation == 1:
            raise Later(self.later.pop(0))
        self.done.append(job)
        return Done("done")

    async def standing(self, job: Job) -> bool:
        return self.head in ("", job.head)

    async def give_up(self, job: Job, run: str) -> None:
        if self.later_to_give_up:
            raise Later(self.later_to_give_up.pop())
        self.given_up.append((job, run))

    def leave(self) -> None:
        self.left = True


def job(number: int = 1, head: str = "a" * 40, installation: int = 1, **more: Any) -> Job:
    return Job("check", installation, 5, "acme", "shop", number, head, **more)


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.02)
    raise TimeoutError("it did not come true in time")


def enqueue(database: str, *wanted: tuple[str, Job]) -> None:
    """Puts jobs into the queue by delivery, all at once."""
    producer = Producer(database)

    async def all_at_once() -> None:
        await asyncio.gather(*(_patiently(producer, delivery, [made]) for delivery, made in wanted))

    asyncio.run(all_at_once())
    producer.close()


async def _patiently(producer: Producer, delivery: str, jobs: list[Job]) -> None:
    """As GitHub's deliveries are asked for again until they are taken."""
    while True:
        try:
            return await producer.enqueue(delivery, jobs)
        except QueueAway:
            await asyncio.sleep(0.05)
