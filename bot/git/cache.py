"""The mirrors on this machine: shared by those who read, fetched into by one, evicted when nobody uses them."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TypeVar

import structlog

from bot.git.command import GitError, Misnamed, Unreached
from bot.git.mirror import Mirror, Remote

T = TypeVar("T")

WAIT_SECONDS = 0.05
log = structlog.get_logger()


class MirrorCache:
    """The mirrors below one folder, at most `limit` bytes; those not used for longest go first.

    `reach` is what git's environment needs besides the proxy variables to reach the remote. Several processes may
    share the folder if its locks are those of one machine.
    """

    def __init__(self, folder: Path, limit: int = 20 * 1024**3, reach: Mapping[str, str] | None = None) -> None:
        self._reach = reach or {}
        self._folder = folder
        self._limit = limit

    @asynccontextmanager
    async def prepared(self, remote: Remote, prepare: Callable[[Mirror], Awaitable[T]]) -> AsyncIterator[T]:
        """What `prepare` fetches and reads, with the mirror kept until the end; raises `GitError`.

        Only `prepare` needs the token and the remote. A mirror that it fails on is replaced by a new one if that
        helps and nobody else reads from it.
        """
        place = self._folder / f"{remote.repository}.git"
        async with _locked(self._in_use(place), fcntl.LOCK_SH) as use:
            async with _locked(place.with_suffix(".lock"), fcntl.LOCK_EX):
                value = await self._healed(Mirror(place, remote, self._reach), place, prepare, use)
                os.utime(place)
            yield value
        await asyncio.to_thread(self._evict)

    async def _healed(self, mirror: Mirror, place: Path, prepare: Callable[[Mirror], Awaitable[T]], use: IO[str]) -> T:
        fresh = not mirror.exists
        try:
            await mirror.create()
            return await prepare(mirror)
        except (Misnamed, Unreached):
            raise
        except GitError:
            if fresh or not _try_lock(use, fcntl.LOCK_EX):
                raise
            try:
                return await _replaced(mirror, place, prepare)
            finally:
                fcntl.flock(use, fcntl.LOCK_SH)

    def _in_use(self, place: Path) -> Path:
        return place.with_suffix(".use")

    def _evict(self) -> None:
        sizes = {mirror: _size(mirror) for mirror in self._folder.glob("*.git")}
        total = sum(sizes.values())
        for mirror in sorted(sizes, key=lambda path: path.stat().st_mtime):
            if total <= self._limit:
                return
            with self._in_use(mirror).open("w") as use:
                if _try_lock(use, fcntl.LOCK_EX):
                    shutil.rmtree(mirror, ignore_errors=True)
                    total -= sizes[mirror]


async def _replaced(mirror: Mirror, place: Path, prepare: Callable[[Mirror], Awaitable[T]]) -> T:
    old = place.with_suffix(".old")
    shutil.rmtree(old, ignore_errors=True)
    place.rename(old)
    try:
        await mirror.create()
        value = await prepare(mirror)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        old.rename(place)
        raise
    log.warning("mirror was damaged and is fetched anew", mirror=place.name)
    shutil.rmtree(old, ignore_errors=True)
    return value


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@asynccontextmanager
async def _locked(path: Path, how: int) -> AsyncIterator[IO[str]]:
    """Asks again and again: a thread that waits in the kernel cannot be cancelled, and a few of them end all work."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        while not _try_lock(handle, how):
            await asyncio.sleep(WAIT_SECONDS)
        yield handle


def _try_lock(handle: IO[str], how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
