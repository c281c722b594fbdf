"""Pull requests that claim the same place in a history, told of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.flows.hub import Place, PullRequest
from bot.jobs import Job
from rules.facts.host import Claim, Rival


class Claims(Protocol):
    """What open pull requests claim, by their numbers."""

    async def claims(self, place: Place, branch: str = "") -> Mapping[int, tuple[Claim, ...]]:
        """Those of the pull requests into a branch, or into any."""

    async def claim(self, place: Place, pull: int, branch: str, claims: Sequence[Claim]) -> None:
        """Keeps what a pull request claims now, in place of what it claimed before."""

    async def branches(self, place: Place, pull: int) -> Sequence[str]:
        """The branches into which a pull request claimed something."""


class Pulls(Protocol):
    async def open_pulls(self, place: Place) -> Sequence[PullRequest]: ...


async def rivals_of(place: Place, pull: int, branch: str, pulls: Pulls, store: Claims) -> tuple[Rival, ...]:
    """The other open pull requests into a branch that claim something; what closed ones claimed is forgotten."""
    others = {number: claims for number, claims in (await store.claims(place, branch)).items() if number != pull}
    if not others:
        return ()
    still = {one.number for one in await pulls.open_pulls(place) if one.base_ref == branch}
    for number in others.keys() - still:
        await store.claim(place, number, branch, ())
    return tuple(Rival(number, claims) for number, claims in sorted(others.items()) if number in still)


async def claim(
    place: Place, pull: int, branch: str, claims: Sequence[Claim], seen: Sequence[Rival], store: Claims
) -> tuple[Job, ...]:
    """Keeps what a pull request claims; the checks of those for whom that changes something.

    `seen` are the rivals that it was judged beside: when another came meanwhile, it is itself to be judged again.
    Of two that are judged at once each writes before it reads, so that one of them sees the other.
    """
    before, now = set((await store.claims(place, branch)).get(pull, ())), set(claims)
    if before != now:
        await store.claim(place, pull, branch, claims)
    kept = {number: theirs for number, theirs in (await store.claims(place, branch)).items() if number != pull}
    told = [number for number, theirs in sorted(kept.items()) if (before ^ now) & set(theirs)]
    known = {rival.pull for rival in seen}
    late = any(now & set(theirs) for number, theirs in kept.items() if number not in known)
    return tuple(
        Job("check", place.installation, place.repository, place.owner, place.name, number, again=True)
        for number in (*told, *([pull] if late else ()))
    )


async def release(place: Place, pull: int, store: Claims) -> tuple[Job, ...]:
    """Forgets what a closed pull request claimed; the checks of those that were told of it."""
    jobs: tuple[Job, ...] = ()
    for branch in await store.branches(place, pull):
        jobs += await claim(place, pull, branch, (), (), store)
    return jobs
