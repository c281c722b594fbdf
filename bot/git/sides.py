"""Both sides of a change with the contents that scanners need."""

from __future__ import annotations

from bot.flows.judge import Sides
from bot.git.changes import difference, merged
from bot.git.snapshot import BlobReader, ObjectStore, tree_entries
from rules.core.source import BlobMissing


def read_sides(store: ObjectStore, base: str, head: str, tip: str) -> Sides:
    """The change from one commit to another, which is to be merged into `tip`; raises `GitError`.

    Files whose content is absent or too large are listed: scanners name them unread, as rules do.
    """
    change = difference(store, base, head)
    before = {change.renames.get(path, path) for path in change.touched}
    reader = BlobReader(store)
    try:
        head_files, head_absent = _contents(store, reader, head, change.touched)
        base_files, base_absent = _contents(store, reader, base, before)
        return Sides(
            store.git_dir,
            head,
            base,
            change.touched,
            change.renames,
            head if tip == base else merged(store, tip, head),
            head_files,
            base_files,
            head_absent,
            base_absent,
        )
    finally:
        reader.close()


def _contents(
    store: ObjectStore, reader: BlobReader, tree: str, wanted: set[str] | frozenset[str]
) -> tuple[dict[str, bytes], frozenset[str]]:
    found: dict[str, bytes] = {}
    absent: set[str] = set()
    for entry in tree_entries(store, tree):
        if entry.path in wanted and entry.is_file:
            try:
                found[entry.path] = reader.read(entry.blob)
            except BlobMissing:
                absent.add(entry.path)
    return found, frozenset(absent)
