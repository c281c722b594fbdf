"""The flows' `Repositories`, from mirrors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.flows.check import Fetched, RepositoryError
from bot.flows.hub import Place
from bot.git.changes import merge_base
from bot.git.command import GitError
from bot.git.mirror import MirrorCache, Remote
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
        try:
            async with self._mirrors.fetched(remote, [head, base_tip]) as store:
                base = await asyncio.to_thread(merge_base, store, head, base_tip)
            async with self._mirrors.fetched(remote, [head, base_tip, base]) as store:
                fetched = await asyncio.to_thread(_fetched, store, head, base, base_tip)
        except GitError as problem:
            raise RepositoryError(str(problem)) from None
        yield fetched


def _fetched(store: ObjectStore, head: str, base: str, base_tip: str) -> Fetched:
    return Fetched(
        read_sides(store, base, head), file_at(store, base_tip, POLICY_PATH), file_at(store, head, POLICY_PATH)
    )


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
