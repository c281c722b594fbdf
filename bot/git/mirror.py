"""Bare partial clones, one a repository: one fetch of commits and trees, one of the blobs that are needed."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.git.command import run_async, with_token
from bot.git.snapshot import ObjectStore

KEPT = "refs/prodgate/"
"""Fetched commits are kept by a ref each, so that they are not fetched again."""


@dataclass(frozen=True)
class Remote:
    """Where a repository is fetched from. The token is for reading this repository's contents alone."""

    repository: int
    url: str
    token: str


class MirrorCache:
    """The mirrors below one folder, at most `limit` bytes; those not used for longest go first.

    `reach` is what git's environment needs besides the proxy variables to reach the remote.
    """

    def __init__(self, folder: Path, limit: int = 20 * 1024**3, reach: Mapping[str, str] | None = None) -> None:
        self._reach = reach or {}
        self._folder = folder
        self._limit = limit

    @asynccontextmanager
    async def fetched(self, remote: Remote, wants: Sequence[str]) -> AsyncIterator[ObjectStore]:
        """A mirror that has these commits with their trees and blobs; raises `GitError`.

        Afterwards reading needs no credential and reaches no remote. Holds the mirror's lock meanwhile.
        """
        place = self._folder / f"{remote.repository}.git"
        async with _locked(self._folder / f"{remote.repository}.lock"):
            if not (place / "HEAD").exists():
                await run_async(place, "init", "--bare", "--quiet")
            await self._fetch(place, remote, wants)
            os.utime(place)
            yield ObjectStore(str(place))
        await asyncio.to_thread(self._evict, place)

    async def _fetch(self, place: Path, remote: Remote, wants: Sequence[str]) -> None:
        fetch = ("-c", f"remote.origin.url={remote.url}", "-c", "fetch.negotiationAlgorithm=default",
                 "fetch", "--quiet", "--no-tags", "--no-auto-gc", "--no-write-fetch-head",
                 "--no-recurse-submodules")  # fmt: skip
        env = with_token(remote.token, self._reach)
        held = set((await run_async(place, "for-each-ref", "--format=%(refname:lstrip=2)", KEPT)).decode().split())
        absent = [name for name in wants if name not in held]
        if absent:
            names = [f"+{name}:{KEPT}{name}" for name in absent]
            await run_async(place, *fetch, "--filter=blob:none", "origin", *names, env=env)
        missing = await self._missing_blobs(place, wants)
        if missing:
            listed = "".join(f"{blob}\n" for blob in missing).encode()
            blobs = ("-c", "fetch.negotiationAlgorithm=noop", *fetch[:2], *fetch[4:])
            await run_async(place, *blobs, "--filter=blob:none", "--stdin", "origin", env=env, stdin=listed)

    async def _missing_blobs(self, place: Path, wants: Sequence[str]) -> list[str]:
        words = ("rev-list", "--objects", "--no-walk", "--missing=print", *wants)
        listing = await run_async(place, *words)
        return [line[1:].decode() for line in listing.splitlines() if line.startswith(b"?")]

    def _evict(self, keep: Path) -> None:
        mirrors = sorted(self._folder.glob("*.git"), key=lambda path: path.stat().st_mtime)
        sizes = {mirror: _size(mirror) for mirror in mirrors}
        total = sum(sizes.values())
        for mirror in mirrors:
            if total <= self._limit:
                return
            if mirror != keep:
                shutil.rmtree(mirror, ignore_errors=True)
                total -= sizes[mirror]


def _size(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        await asyncio.to_thread(fcntl.flock, handle, fcntl.LOCK_EX)
        yield
