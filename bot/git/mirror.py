"""Bare partial clones: one fetch of commits and trees, one of the blobs of the commits in question."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.git.command import GitError, Misnamed, Unreached, run_async, with_token
from bot.git.snapshot import ObjectStore
from rules.core.codebase import MAX_FILE_BYTES

KEPT = "refs/prodgate"
"""Fetched commits are kept by a ref each, so that they are not fetched again."""

MOST_KEPT = 64
"""Refs of one git directory; the server is told of each of them. Those not used for longest go first."""

MOST_LOOSE_PACKS = 50
"""Packs outside the common index. Every fetch leaves one or two, and git looks through each for what is missing."""

PAUSES = (1.0, 3.0, 10.0)
"""Seconds before each further attempt to fetch from a remote that was not reached."""

INVENTORY = "packs"
"""Names and sizes of the packs, by which a lost or cut one is noticed: git would only call its objects missing."""

log = structlog.get_logger()

_OBJECT_ID = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Remote:
    """Where a repository is fetched from. The token is for reading this repository's contents alone."""

    repository: int
    url: str
    token: str


class Mirror:
    """The mirror of one repository, for one user at a time; every method raises `GitError`.

    Two git directories share its objects. The outer one knows histories with their trees, the inner one, `tips`, knows
    single commits, cut off from their parents, whose blobs are here as well. So what the server is told about `tips`
    is true, it sends all that is missing in one answer, and it holds to the largest size, which it does not for blobs
    that are asked for by name. A remote is stored in neither: what is missing stays missing, whoever reads.
    """

    def __init__(self, place: Path, remote: Remote, reach: Mapping[str, str], largest: int = MAX_FILE_BYTES) -> None:
        self.store = ObjectStore(str(place))
        self._place = place
        self._tips = place / "tips"
        self._remote = remote
        self._reach = reach
        self._largest = largest

    @property
    def exists(self) -> bool:
        return (self._tips / "HEAD").exists()

    async def create(self) -> None:
        """Makes both git directories where they are absent, and clears away what a killed fetch left.

        Raises `GitError` too when packs are not as they were.
        """
        for git_dir in (self._place, self._tips):
            if not (git_dir / "HEAD").exists():
                await run_async(git_dir, "init", "--bare", "--quiet", "--template=")
        for left in (*(self._place / "objects" / "pack").glob("tmp_*"), self._tips / "shallow.lock"):
            left.unlink(missing_ok=True)
        inventory = self._place / INVENTORY
        if inventory.exists() and not set(inventory.read_text().splitlines()) <= self._packs():
            raise GitError("a pack of the mirror was lost or cut")

    def _packs(self) -> set[str]:
        packs = self._place / "objects" / "pack"
        return {f"{path.name} {path.stat().st_size}" for path in packs.glob("pack-*")}

    async def fetch_commits(self, *names: str) -> None:
        """These commits and their histories, with all trees."""
        await self._fetch(self._place, names, "--filter=blob:none")

    async def fetch_blobs(self, *names: str) -> None:
        """The blobs of these commits, except those that are too large to be looked at."""
        shared = {"GIT_OBJECT_DIRECTORY": str(self._place / "objects")}
        await self._fetch(self._tips, names, "--depth=1", f"--filter=blob:limit={self._largest + 1}", extra=shared)
        await self._index_packs()

    async def _fetch(
        self, git_dir: Path, names: tuple[str, ...], *options: str, extra: Mapping[str, str] | None = None
    ) -> None:
        for name in names:
            if not _OBJECT_ID.fullmatch(name):
                raise Misnamed(f"{name!r} is not the SHA-1 id of a commit")
        kept = git_dir / KEPT
        absent = [name for name in dict.fromkeys(names) if not (kept / name).exists()]
        if absent:
            words = (
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-auto-gc",
                "--no-write-fetch-head",
                "--no-recurse-submodules",
            )
            wanted = [f"+{name}:{KEPT}/{name}" for name in absent]
            remote = {"url": self._remote.url, "promisor": "true", "partialclonefilter": "blob:none"}
            settings = {f"remote.origin.{key}": value for key, value in remote.items()}
            env = with_token(self._remote.token, {**self._reach, **(extra or {})}, settings)
            await _patiently(git_dir, *words, *options, "origin", *wanted, env=env)
            (self._place / INVENTORY).write_text("\n".join(sorted(self._packs())))
        for name in names:
            os.utime(kept / name)
        _forget(git_dir)

    async def _index_packs(self) -> None:
        packs = self._place / "objects" / "pack"
        index = packs / "multi-pack-index"
        since = index.stat().st_mtime if index.exists() else 0.0
        if sum(pack.stat().st_mtime > since for pack in packs.glob("*.pack")) > MOST_LOOSE_PACKS:
            await run_async(self._place, "multi-pack-index", "write")


async def _patiently(git_dir: Path, *words: str, env: Mapping[str, str]) -> None:
    """A command that reaches the remote, again after each of the pauses if that is away; raises `GitError`."""
    for pause in PAUSES:
        try:
            await run_async(git_dir, *words, env=env)
        except Unreached as problem:
            log.warning("the remote was not reached", reason=str(problem), again_in=pause)
            await asyncio.sleep(pause)
        else:
            return
    await run_async(git_dir, *words, env=env)


def _forget(git_dir: Path) -> None:
    """Drops the refs that were not used for longest; their objects stay."""
    refs = sorted((git_dir / KEPT).iterdir(), key=lambda ref: ref.stat().st_mtime, reverse=True)
    for ref in refs[MOST_KEPT:]:
        ref.unlink()
    cut_off = git_dir / "shallow"
    if len(refs) > MOST_KEPT and cut_off.exists():
        cut_off.write_text("".join(f"{ref.name}\n" for ref in refs[:MOST_KEPT]))
