"""Both sides of a change with the contents that scanners need."""

from __future__ import annotations

from bot.flows.judge import Sides
from bot.git.changes import difference
from bot.git.snapshot import BlobReader, ObjectStore, tree_entries
from rules.core.codebase import MAX_FILE_BYTES
from rules.core.source import BlobMissing


def read_sides(store: ObjectStore, base: str, head: str) -> Sides:
    """The change between two trees; raises `GitError`. Blobs that are absent stay out: rules name them unread."""
    change = difference(store, base, head)
    before = {change.renames.get(path, path) for path in change.touched}
    reader = BlobReader(store)
    try:
        return Sides(
            store.git_dir,
            store.extra,
            head,
            base,
            change.touched,
            change.renames,
            _contents(store, reader, head, change.touched),
            _contents(store, reader, base, before),
        )
    finally:
        reader.close()


def _contents(store: ObjectStore, reader: BlobReader, tree: str, wanted: set[str] | frozenset[str]) -> dict[str, bytes]:
    found = {}
    for entry in tree_entries(store, tree):
        if entry.path in wanted and entry.is_file:
            try:
                content = reader.read(entry.blob)
            except BlobMissing:
                continue
            if len(content) <= MAX_FILE_BYTES:
                found[entry.path] = content
    return found
