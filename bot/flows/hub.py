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


class Later(Exception):
    """GitHub takes nothing more of this kind for so many seconds. Nothing was refused: the work is to be put off."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"GitHub wants to be left alone for {seconds:.0f} s")
        self.seconds = seconds


class Unseen(HubError):
    """The repository is not there, or not among those of the installation: GitHub tells these apart to nobody."""


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
    head_owner_type: str
    base: str
    base_ref: str
    fork: bool
    maintainers_may_edit: bool


@dataclass(frozen=True)
class Commit:
    """A commit to make on a branch that stands at `expected`. `executable` are the paths that keep that mode."""

    branch: str
    expected: str
    title: str
    body: str
    files: Mapping[str, bytes]
    executable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Suggestion:
    """Other text for lines of a pull request's new side, counted from 1, both ends included."""

    path: str
    first: int
    last: int
    body: str


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

    async def commit(self, place: Place, commit: Commit) -> str:
        """The id of the commit, made whole or not at all; raises `StaleHead`."""

    async def suggest(self, place: Place, number: int, head: str, marker: str, items: Sequence[Suggestion]) -> None:
        """One review with these suggestions; a review that carries the marker already is left alone."""

    async def may_edit_workflows(self, place: Place) -> bool: ...

    async def approvers(self, place: Place, number: int, head: str) -> Sequence[str]:
        """Who approves this head, by login."""

    async def required_checks(self, place: Place, branch: str) -> frozenset[str]: ...

    async def organization_file(self, place: Place, path: str) -> bytes | None:
        """A file of the owner's `.github` repository, or None; raises `Unseen` where that is not to be seen."""
