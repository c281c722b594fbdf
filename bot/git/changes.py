"""What a change touches, asked of git."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.git.command import GitError, Misnamed, run
from bot.git.snapshot import ObjectStore, path_of


@dataclass(frozen=True)
class Difference:
    """Paths added or modified at the head, and renames from head path to base path."""

    touched: frozenset[str]
    renames: dict[str, str]


@dataclass(frozen=True)
class _Record:
    status: str
    old: bytes
    new: bytes
    blobs: tuple[str, str]


MOST_EXCLUDED = 500
"""Paths that one command line may leave out; beyond these no similar content is looked for."""


def difference(store: ObjectStore, base: str, head: str) -> Difference:
    """The change from one tree to another. Renames are found by identical or similar content.

    git gives up where it should compare content that is not here, so such files are left out of the comparison.
    """
    plain = list(_records(store, base, head))
    absent = _absent(store, [r for r in plain if r.status in "AD"])
    moved: list[_Record] = []
    if len(absent) <= MOST_EXCLUDED and {"A", "D"} <= {r.status for r in plain}:
        without = [f":(exclude,literal){os.fsdecode(name)}" for name in sorted(absent)]
        moved = [r for r in _records(store, base, head, "-M", "-l1000", paths=without) if r.status == "R"]
    renames = {path_of(r.new): path_of(r.old) for r in moved}
    return Difference(frozenset(path_of(r.new) for r in plain if r.status != "D"), renames)


def _records(store: ObjectStore, base: str, head: str, *options: str, paths: Sequence[str] = ()) -> Iterator[_Record]:
    words = ("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-ext-diff", "--no-textconv", *options, base, head)
    parts = iter(run(Path(store.git_dir), *words, "--", *paths).split(b"\0"))
    for meta in parts:
        if not meta:
            return
        *_, old_blob, new_blob, status = meta.decode().split()
        old = next(parts)
        new = next(parts) if status[0] in "RC" else old
        yield _Record(status[0], old, new, (old_blob, new_blob))


def _absent(store: ObjectStore, records: Sequence[_Record]) -> set[bytes]:
    """The paths among added and deleted ones whose content is not in the store."""
    asked = "".join(f"{r.blobs[r.status == 'A']}\n" for r in records).encode()
    answers = run(Path(store.git_dir), "cat-file", "--batch-check", stdin=asked).splitlines()
    return {r.new for r, answer in zip(records, answers, strict=True) if answer.endswith(b" missing")}


def merge_base(store: ObjectStore, one: str, other: str) -> str:
    """The best common ancestor; raises `Misnamed` when the histories share none."""
    found = run(Path(store.git_dir), "merge-base", one, other, ok=(0, 1)).decode().strip()
    if not found:
        raise Misnamed(f"{one} and {other} have no common history")
    return found


def resolve(store: ObjectStore, name: str) -> str:
    """The commit that a name stands for; raises `Misnamed`."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    found = run(Path(store.git_dir), *words, ok=(0, 1)).decode().strip()
    if not found:
        raise Misnamed(f"there is no commit called {name!r} here")
    return found


def merged(store: ObjectStore, tip: str, head: str) -> str:
    """The tree that merging two commits makes, conflicts left as git marks them; empty when git cannot tell."""
    words = ("merge-tree", "--write-tree", "-z", "--no-messages", tip, head)
    try:
        found = run(Path(store.git_dir), *words, ok=(0, 1))
    except GitError:
        return ""
    return found.partition(b"\0")[0].decode()


def added_lines(store: ObjectStore, base: str, head: str, path: str) -> list[range]:
    """The lines that a change adds to a file, counted from 1 at the head: where reviews can stand for sure."""
    words = ("diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", base, head)
    text = run(Path(store.git_dir), *words, "--", f":(literal){path}")
    found = []
    for line in text.splitlines():
        if line.startswith(b"@@ "):
            start, _, count = line.split()[2].lstrip(b"+").partition(b",")
            found.append(range(int(start), int(start) + int(count or 1)))
    return found


def message_of(store: ObjectStore, commit: str) -> str:
    """The message of a commit."""
    return run(Path(store.git_dir), "log", "-1", "--format=%B", commit).decode("utf-8", "replace")
