"""Snapshots read by one long-lived `git cat-file --batch`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.git.command import arguments, environment, run
from rules.core.source import BlobMissing, Entry


@dataclass(frozen=True)
class ObjectStore:
    """Where objects are: a git directory and, for a working tree, a place beside it for new ones."""

    git_dir: str
    extra: Mapping[str, str] = field(default_factory=dict)

    def env(self) -> dict[str, str]:
        return environment({"GIT_NO_LAZY_FETCH": "1", **self.extra})


class BlobReader:
    """Reads blobs of one object store. Not for use by several threads."""

    def __init__(self, store: ObjectStore) -> None:
        self._process = subprocess.Popen(
            arguments(Path(store.git_dir), ["cat-file", "--batch"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=store.env(),
        )

    def read(self, blob: str) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise BlobMissing("git is not running")
        try:
            stdin.write(blob.encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            raise BlobMissing("git ended while reading") from None
        header = stdout.readline().split()
        if len(header) != 3:
            raise BlobMissing("its content was not fetched (too large, or missing in the repository)")
        content = stdout.read(int(header[2]) + 1)
        return content[:-1]

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class GitSnapshot:
    """The tree of one commit."""

    def __init__(self, store: ObjectStore, tree: str, reader: BlobReader) -> None:
        self._reader = reader
        self._entries = tuple(tree_entries(store, tree))

    def entries(self) -> Iterable[Entry]:
        return self._entries

    def read(self, blob: str) -> bytes:
        return self._reader.read(blob)


def tree_entries(store: ObjectStore, tree: str) -> Iterable[Entry]:
    """Every name of a tree; bytes of a path that are not UTF-8 appear escaped."""
    listing = run(Path(store.git_dir), "ls-tree", "-r", "-z", "--full-tree", tree, env=store.env())
    for line in listing.split(b"\0"):
        if line:
            meta, _, path = line.partition(b"\t")
            mode, _, blob = meta.split()
            yield Entry(path.decode("utf-8", "backslashreplace"), int(mode, 8), blob.decode())
