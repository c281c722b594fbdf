"""Trees at one commit and places in their files."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

REGULAR_MODES = frozenset({0o100644, 0o100755})


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a tree. Symbolic links and submodules are entries too; they are never followed."""

    path: str
    mode: int
    blob: str

    @property
    def is_file(self) -> bool:
        return self.mode in REGULAR_MODES


class Snapshot(Protocol):
    """A read-only tree at one commit."""

    def entries(self) -> Iterable[Entry]: ...

    def read(self, blob: str) -> bytes:
        """The content of a blob; raises `BlobMissing` when it is not to be had."""


class BlobMissing(Exception):
    """A blob could not be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open byte offsets in a blob."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file. Lines and columns count from 1, columns in code points; `end_column` is exclusive."""

    path: str
    span: Span
    line: int
    column: int
    end_line: int
    end_column: int


@lru_cache(maxsize=256)
def _line_starts(content: bytes) -> tuple[int, ...]:
    starts = [0]
    position = content.find(b"\n")
    while position != -1:
        starts.append(position + 1)
        position = content.find(b"\n", position + 1)
    return tuple(starts)


def _line_column(content: bytes, offset: int) -> tuple[int, int]:
    starts = _line_starts(content)
    index = bisect_right(starts, offset) - 1
    return index + 1, len(content[starts[index] : offset].decode("utf-8", "replace")) + 1


def locate(path: str, content: bytes, start: int, end: int) -> Location:
    """The location of the bytes `start` to `end` (exclusive), clamped to the content."""
    start = max(0, min(start, len(content)))
    end = max(start, min(end, len(content)))
    line, column = _line_column(content, start)
    end_line, end_column = _line_column(content, end)
    if end > start and end_column == 1 and end_line > line:
        end_line, end_column = _line_column(content, end - 1)
    return Location(path, Span(start, end), line, column, end_line, end_column)


def locate_line(path: str, content: bytes, line: int) -> Location:
    """The location of a whole line, counted from 1, without its line end."""
    starts = _line_starts(content)
    index = max(0, min(line, len(starts)) - 1)
    start = starts[index]
    stop = starts[index + 1] if index + 1 < len(starts) else len(content)
    return locate(path, content, start, start + len(content[start:stop].rstrip(b"\r\n")))


def blob_id(content: bytes) -> str:
    """The id that git gives to this content (SHA-1 object format)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class MemorySnapshot:
    """A tree held in memory: what examples and tests judge."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._blobs = {blob_id(content): content for content in files.values()}
        self._entries = [Entry(path, 0o100644, blob_id(content)) for path, content in sorted(files.items())]

    def entries(self) -> Iterable[Entry]:
        return self._entries

    def read(self, blob: str) -> bytes:
        try:
            return self._blobs[blob]
        except KeyError:
            raise BlobMissing(f"no blob {blob}") from None


class Overlay:
    """A snapshot with some files replaced or added: how a fix is tried before it is offered."""

    def __init__(self, below: Snapshot, changed: Mapping[str, bytes]) -> None:
        self._below = below
        self._blobs = {blob_id(content): content for content in changed.values()}
        modes = {entry.path: entry.mode for entry in below.entries() if entry.path in changed}
        fresh = [Entry(p, modes.get(p, 0o100644), blob_id(c)) for p, c in changed.items()]
        kept = [entry for entry in below.entries() if entry.path not in changed]
        self._entries = sorted(kept + fresh, key=lambda entry: entry.path)

    def entries(self) -> Iterable[Entry]:
        return self._entries

    def read(self, blob: str) -> bytes:
        content = self._blobs.get(blob)
        return self._below.read(blob) if content is None else content
