"""Histories of migrations before the change, after it, and as merging would leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migration_guards.facts import SOURCES, frameworks
from migration_guards.frameworks.framework import Framework, Link
from migration_guards.meaning import meaning
from migration_guards.model import Source
from rules.core.codebase import Codebase, Fact
from rules.core.source import Entry, Location, locate
from rules.facts.host import MERGED


@dataclass(frozen=True, slots=True)
class File:
    """A migration file at one commit."""

    source: Source
    entry: Entry

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def version(self) -> int | None:
        """The number or time stamp that the runner orders by; None where it orders otherwise, as by 1.2 and 1.3."""
        first, *later = self.source.order or ("",)
        parted = any(isinstance(part, int) and part for part in later)
        return first if isinstance(first, int) and not parted else None


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one file of a history: `before` and `after` are None where it is not there.

    `others` are the files of the history that are not this change's, as merging would leave them.
    """

    framework: str
    history: str
    before: File | None
    after: File | None
    others: tuple[File, ...]
    all_new: tuple[File, ...]

    @property
    def runner(self) -> Framework:
        return frameworks()[self.framework]

    def where(self, code: Codebase) -> Location:
        """The first line of the file as it is now; of the name it had, where it is gone."""
        file = self.after or self.before
        assert file
        path = file.path
        content = code.text(path) or b""
        return locate(path, content, 0, len(content.partition(b"\n")[0]))


def _files(code: Codebase) -> dict[tuple[str, str], dict[str, File]]:
    found: dict[tuple[str, str], dict[str, File]] = {}
    for framework, source in code.get(SOURCES):
        file = File(source, code.files[source.path])
        found.setdefault((framework.name, source.history), {})[source.path] = file
    return found


def _changes(code: Codebase) -> Sequence[Change]:
    if code.base is None:
        return []
    before, after, merged = _files(code.base), _files(code), _files(code.get(MERGED))
    changes = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key, {}), after.get(key, {})
        fresh = tuple(file for path, file in new.items() if path not in old)
        own = {file.path for file in fresh}
        others = tuple(file for path, file in merged.get(key, {}).items() if path not in own)
        for path in sorted(old.keys() | new.keys()):
            one, two = old.get(path), new.get(path)
            if one is not None and two is not None and two.source.repeats:
                continue
            if one is None or two is None or one.entry.blob != two.entry.blob:
                changes.append(Change(*key, one, two, others, fresh))
    return changes


CHANGES: Fact[Sequence[Change]] = Fact("migration changes", _changes)
"""The migration files that the change adds, edits or removes."""


def _links(code: Codebase) -> Mapping[str, Mapping[str, Link]]:
    merged = code.get(MERGED)
    return {name: {link.path: link for link in one.links(merged)} for name, one in frameworks().items() if one.by_graph}


LINKS: Fact[Mapping[str, Mapping[str, Link]]] = Fact("migration links", _links)
"""The graphs of the tree that merging would make: by runner, then by path."""


def same_meaning(change: Change, code: Codebase) -> bool:
    """Whether an edited file says the same, but for comments and layout."""
    if change.before is None or change.after is None or code.base is None:
        return False
    path, dialect = change.after.path, change.after.source.dialect
    old, new = code.base.text(change.before.path), code.text(path)
    if old is None or new is None:
        return False
    said = meaning(path, old, dialect)
    return said is not None and said == meaning(path, new, dialect)
