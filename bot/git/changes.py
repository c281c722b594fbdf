"""What a change touches, asked of git."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.git.command import GitError, run
from bot.git.snapshot import ObjectStore


@dataclass(frozen=True)
class Difference:
    """Paths added or modified at the head, paths gone, and renames from head path to base path."""

    touched: frozenset[str]
    deleted: frozenset[str]
    renames: dict[str, str]


EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def difference(store: ObjectStore, base: str, head: str) -> Difference:
    """The change from one tree to another. Renames are found by identical or similar content."""
    words = ("diff-tree", "-r", "-z", "-M", "-l2000", "--no-ext-diff", "--no-textconv", "--raw", base, head)
    touched: set[str] = set()
    deleted: set[str] = set()
    renames: dict[str, str] = {}
    for status, old, new in _records(run(Path(store.git_dir), *words, env=store.env())):
        if status == "D":
            deleted.add(old)
        else:
            touched.add(new)
        if status == "R":
            renames[new] = old
            deleted.add(old)
    return Difference(frozenset(touched), frozenset(deleted), renames)


def _records(raw: bytes) -> Iterator[tuple[str, str, str]]:
    parts = iter(raw.split(b"\0"))
    for meta in parts:
        if not meta:
            return
        status = meta.split()[-1][:1].decode()
        old = next(parts).decode("utf-8", "backslashreplace")
        new = next(parts).decode("utf-8", "backslashreplace") if status in "RC" else old
        yield status, old, new


def merge_base(store: ObjectStore, one: str, other: str) -> str:
    """The best common ancestor; raises `GitError` when the histories share none."""
    found = run(Path(store.git_dir), "merge-base", one, other, env=store.env(), ok=(0, 1)).decode().strip()
    if not found:
        raise GitError(f"{one} and {other} have no common history")
    return found


def resolve(store: ObjectStore, name: str) -> str:
    """The commit that a name stands for; raises `GitError`."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    found = run(Path(store.git_dir), *words, env=store.env(), ok=(0, 1)).decode().strip()
    if not found:
        raise GitError(f"there is no commit called {name!r} here")
    return found
