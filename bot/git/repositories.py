"""The flows' `Repositories`, from mirrors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.flows.check import Fetched, RepositoryError
from bot.flows.hub import Place
from bot.flows.judge import Sides
from bot.git.cache import MirrorCache
from bot.git.changes import added_lines, merge_base, message_of
from bot.git.command import GitError
from bot.git.mirror import Mirror, Remote
from bot.git.sides import read_sides
from bot.git.snapshot import BlobReader, ObjectStore, tree_entries
from rules.core.source import BlobMissing
from rules.policy import POLICY_PATH


class MirroredRepositories:
    """Both sides of a change from a mirror of the repository."""

    def __init__(self, mirrors: MirrorCache, github_url: str) -> None:
        self._mirrors = mirrors
        self._github_url = github_url.rstrip("/")

    @asynccontextmanager
    async def change(self, place: Place, token: str, head: str, base_tip: str) -> AsyncIterator[Fetched]:
        remote = Remote(place.repository, f"{self._github_url}/{place.owner}/{place.name}.git", token)

        async def prepare(mirror: Mirror) -> Fetched:
            await mirror.fetch_commits(head, base_tip)
            base = await asyncio.to_thread(merge_base, mirror.store, head, base_tip)
            await mirror.fetch_blobs(head, base_tip, base)
            return await asyncio.to_thread(_fetched, mirror.store, head, base, base_tip)

        try:
            async with self._mirrors.prepared(remote, prepare) as fetched:
                yield fetched
        except GitError as problem:
            raise RepositoryError(str(problem)) from None

    async def added_lines(self, sides: Sides, path: str) -> list[range]:
        return await asyncio.to_thread(added_lines, ObjectStore(sides.git_dir), sides.base, sides.head, path)


def _fetched(store: ObjectStore, head: str, base: str, base_tip: str) -> Fetched:
    policies = {"base": file_at(store, base_tip, POLICY_PATH), "head": file_at(store, head, POLICY_PATH)}
    return Fetched(read_sides(store, base, head, base_tip), policies, message_of(store, head))


def file_at(store: ObjectStore, tree: str, path: str) -> bytes | None:
    """A regular file's content at a commit, or None."""
    entry = next((e for e in tree_entries(store, tree) if e.path == path and e.is_file), None)
    if entry is None:
        return None
    reader = BlobReader(store)
    try:
        return reader.read(entry.blob)
    except BlobMissing as problem:
        raise GitError(str(problem)) from None
    finally:
        reader.close()
