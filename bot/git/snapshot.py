"""Snapshots read by one long-lived `git cat-file --batch`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.git.command import GitError, arguments, environment, run
from rules.core.codebase import MAX_FILE_BYTES
from rules.core.source import BlobMissing, Entry

CHUNK = 1 << 20


@dataclass(frozen=True)
class ObjectStore:
    """Where objects are."""

    git_dir: str


class BlobReader:
    """Reads blobs of one object store, none larger than `limit` bytes. Not for use by several threads."""

    def __init__(self, store: ObjectStore, limit: int = MAX_FILE_BYTES) -> None:
        self._limit = limit
        self._process = subprocess.Popen(
            arguments(Path(store.git_dir), ["cat-file", "--batch"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )

    def read(self, blob: str) -> bytes:
        """The content of a blob; raises `BlobMissing`."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise BlobMissing("git is not running")
        try:
            stdin.write(blob.encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            raise BlobMissing("git ended while reading") from None
        header = stdout.readline().split()
        if not header:
            raise BlobMissing("git ended while reading")
        if len(header) != 3:
            raise BlobMissing("its content was not fetched (too large, or missing in the repository)")
        size = int(header[2])
        if size > self._limit:
            self._pass_over(size + 1)
            raise BlobMissing(f"larger than {self._limit // 1_000_000} MB")
        content = stdout.read(size + 1)
        if len(content) <= size:
            raise BlobMissing("git ended while reading")
        return content[:-1]

    def _pass_over(self, left: int) -> None:
        stdout = self._process.stdout
        while left and stdout is not None:
            part = stdout.read(min(left, CHUNK))
            if not part:
                return
            left -= len(part)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class GitSnapshot:
    """The tree of one commit."""

    def __init__(self, store: ObjectStore, tree: str, reader: BlobReader) -> None:
        self._reader = reader
        self._entries = tree_entries(store, tree)

    def entries(self) -> Iterable[Entry]:
        return self._entries

    def read(self, blob: str) -> bytes:
        return self._reader.read(blob)


def path_of(name: bytes) -> str:
    """A path as text; bytes that are not UTF-8 appear escaped."""
    return name.decode("utf-8", "backslashreplace")


def tree_entries(store: ObjectStore, tree: str) -> tuple[Entry, ...]:
    """Every name of a tree; raises `GitError` when two of them look the same, since one would hide the other."""
    listing = run(Path(store.git_dir), "ls-tree", "-r", "-z", "--full-tree", tree)
    found: dict[str, Entry] = {}
    for line in listing.split(b"\0"):
        if line:
            meta, _, name = line.partition(b"\t")
            mode, _, blob = meta.split()
            path = path_of(name)
            if path in found:
                raise GitError(f"the tree has two entries that are called {path!r}")
            found[path] = Entry(path, int(mode, 8), blob.decode())
    return tuple(found.values())
