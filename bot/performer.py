"""What the queue asks of whoever does the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.jobs import Job


@dataclass(frozen=True)
class Done:
    """What became of a job, in a word, and the jobs that follow from it; `later`: the seconds to put the job off."""

    outcome: str
    then: tuple[Job, ...] = ()
    later: float = 0.0


class Performer(Protocol):
    """Does the work that the queue keeps."""

    async def perform(self, job: Job, run: str) -> Done:
        """Does a job; a `HubError` is tried again, after `Later` the job is put back."""

    async def standing(self, job: Job) -> bool:
        """Whether the head that a job names is still its pull request's."""

    async def give_up(self, job: Job, run: str) -> None:
        """Says on the pull request that the job cannot be done."""

    def leave(self) -> None:
        """From now on a job that is cancelled is not superseded: another worker goes on with it."""
