"""What the flows ask of GitHub, as a Protocol and plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.report.model import CheckRun


class HubError(Exception):
    """GitHub refused or was not to be reached. The message is for a person."""


class StaleHead(HubError):
    """The branch moved on before the commit was made."""


@dataclass(frozen=True)
class Place:
    """A repository as the App sees it."""

    installation: int
    repository: int
    owner: str
    name: str


@dataclass(frozen=True)
class PullRequest:
    """The parts of a pull request that decide what is done with it."""

    number: int
    open: bool
    draft: bool
    author: str
    head: str
    head_ref: str
    head_repository: int
    head_full_name: str
    base: str
    base_ref: str
    fork: bool
    maintainers_may_edit: bool


class Hub(Protocol):
    """GitHub, seen by one installation."""

    async def pull(self, place: Place, number: int) -> PullRequest: ...

    async def pulls_at(self, place: Place, head: str) -> Sequence[int]: ...

    async def open_pulls(self, place: Place) -> Sequence[PullRequest]: ...

    async def repositories(self, installation: int) -> Sequence[Place]: ...

    async def read_token(self, place: Place) -> str: ...

    async def start_check(self, place: Place, head: str, run: CheckRun, external_id: str) -> int: ...

    async def finish_check(self, place: Place, head: str, run: CheckRun, external_id: str) -> int: ...

    async def finished(self, place: Place, head: str, name: str) -> bool: ...

    async def permission(self, place: Place, login: str) -> str: ...

    async def react(self, place: Place, comment: int, content: str) -> None: ...

    async def reply(self, place: Place, number: int, marker: str, body: str) -> None: ...

    async def commit(
        self, place: Place, branch: str, expected: str, title: str, body: str, files: Mapping[str, bytes]
    ) -> str: ...
