"""A snapshot with facts, each computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from rules.core.source import BlobMissing, Entry, Overlay, Snapshot

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_FILE_BYTES = 2_000_000
"""Larger files are not parsed; one that the change touches is reported as unread."""


class Unavailable(Exception):
    """A fact cannot be had, for instance because its scanner is not installed."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be looked at."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Partial:
    """A supplied value whose maker could not look at some files."""

    value: object
    unread: tuple[Unread, ...]


@dataclass(frozen=True, eq=False)
class Fact(Generic[T_co]):
    """A named, typed value of a codebase. Without `build` the host supplies it."""

    name: str
    build: Callable[[Codebase], T_co] | None = None


class Cache(Protocol):
    """Keeps what was read from a blob, by (fact, version, path, blob)."""

    def load(self, fact: str, version: str, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], bytes]: ...

    def save(self, fact: str, version: str, values: Mapping[tuple[str, str], bytes]) -> None: ...


@dataclass(frozen=True, eq=False)
class FileReader(Generic[T]):
    """Reads one file into a value. `version` names the reader and its settings: it is part of the cache key."""

    name: str
    version: str
    type: Any
    read: Callable[[str, bytes], T]


class Watch(Protocol):
    """Told which file is about to be parsed, so that a death can be blamed on it; empty when none is any more."""

    def __call__(self, path: str, /) -> None: ...


class Codebase:
    """A snapshot plus facts. `base` is the other side of the change, if there is one."""

    def __init__(
        self,
        snapshot: Snapshot,
        base: Codebase | None = None,
        supplied: Mapping[str, object] | None = None,
        cache: Cache | None = None,
        refuse: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.base = base
        self._supplied = dict(supplied or {})
        self.cache = cache
        self._refuse = dict(refuse or {})
        self._watch = watch
        self._values: dict[str, object] = {}
        self._failed: dict[str, Unavailable] = {}
        self._unread: dict[str, dict[str, Unread]] = {}
        self._building: list[str] = []
        self.files: dict[str, Entry] = {e.path: e for e in snapshot.entries() if e.is_file}

    def get(self, fact: Fact[T]) -> T:
        """The fact's value; raises `Unavailable` when it cannot be had."""
        if fact.name in self._failed:
            raise self._failed[fact.name]
        if fact.name not in self._values:
            self._unread.setdefault(fact.name, {})
            self._building.append(fact.name)
            try:
                self._values[fact.name] = self._compute(fact)
            except Unavailable as problem:
                self._failed[fact.name] = problem
                raise
            finally:
                self._building.pop()
        if self._building:
            self._unread[self._building[-1]].update(self._unread[fact.name])
        return self._values[fact.name]  # type: ignore[return-value]

    def _compute(self, fact: Fact[T]) -> object:
        if fact.build is not None:
            return fact.build(self)
        value = self._supplied.get(fact.name)
        if fact.name not in self._supplied:
            raise Unavailable(f"{fact.name} was not supplied")
        if isinstance(value, Unavailable):
            raise value
        if isinstance(value, Partial):
            for unread in value.unread:
                self.skip(unread.path, unread.reason)
            return value.value
        return value

    def unread_by(self, fact: Fact[Any]) -> tuple[Unread, ...]:
        """What could not be read while the fact was computed."""
        return tuple(self._unread.get(fact.name, {}).values())

    def skip(self, path: str, reason: str) -> None:
        """Records that a file could not be looked at for the fact being built."""
        for name in self._building:
            self._unread[name].setdefault(path, Unread(path, reason))

    def text(self, path: str) -> bytes | None:
        """The content of a regular file, or None when it is absent or unreadable (then recorded as unread)."""
        entry = self.files.get(path)
        if entry is None:
            return None
        try:
            content = self.snapshot.read(entry.blob)
        except BlobMissing as problem:
            self.skip(path, str(problem))
            return None
        if len(content) > MAX_FILE_BYTES:
            self.skip(path, f"larger than {MAX_FILE_BYTES // 1_000_000} MB")
            return None
        return content

    def read_files(self, reader: FileReader[T], paths: Iterable[str]) -> dict[str, T]:
        """What the reader makes of each file, from the cache where the blob was read before."""
        adapter: TypeAdapter[T] = TypeAdapter(reader.type)
        wanted = {path: (path, self.files[path].blob) for path in paths if path in self.files}
        known = self.cache.load(reader.name, reader.version, wanted.values()) if self.cache else {}
        results: dict[str, T] = {}
        fresh: dict[tuple[str, str], bytes] = {}
        for path, key in wanted.items():
            if path in self._refuse:
                self.skip(path, self._refuse[path])
            elif key in known:
                results[path] = adapter.validate_json(known[key])
            elif (value := self._read_one(reader, path)) is not None:
                results[path] = value
                if self.cache:
                    fresh[key] = adapter.dump_json(value)
        if self._watch:
            self._watch("")
        if self.cache and fresh:
            self.cache.save(reader.name, reader.version, fresh)
        return results

    def _read_one(self, reader: FileReader[T], path: str) -> T | None:
        return self.parsed(path, reader.read)

    def parsed(self, path: str, read: Callable[[str, bytes], T]) -> T | None:
        """What a parser makes of one file; None, and recorded as unread, when it cannot be understood."""
        if path in self._refuse:
            self.skip(path, self._refuse[path])
            return None
        content = self.text(path)
        if content is None:
            return None
        if self._watch:
            self._watch(path)
        try:
            return read(path, content)
        except Unreadable as problem:
            self.skip(path, str(problem))
        except RecursionError:
            self.skip(path, "nested too deeply")
        except MemoryError:
            self.skip(path, "reading it takes too much memory")
        return None

    def over(self, changed: Mapping[str, bytes], supplied: Mapping[str, object] | None = None) -> Codebase:
        """This codebase with files replaced or added, and supplied facts refreshed."""
        return Codebase(
            Overlay(self.snapshot, changed),
            self.base,
            {**self._supplied, **(supplied or {})},
            self.cache,
            self._refuse,
            self._watch,
        )


class Unreadable(Exception):
    """Raised by a file reader: the file cannot be understood at all. The message is the reason."""
