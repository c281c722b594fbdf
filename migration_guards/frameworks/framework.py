"""What every runner's file answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from migration_guards.model import Dialect


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a file that is run on the way up, in bytes."""

    start: int
    end: int


class Framework(Protocol):
    """A migration runner. Paths are those of one snapshot; `settings` are small files that it asked for."""

    name: str

    def migrations(self, paths: Collection[str]) -> list[str]:
        """The migration files among these paths."""

    def wants(self, path: str) -> list[str]:
        """Files that say the dialect of this migration."""

    def dialect(self, path: str, content: bytes, settings: Mapping[str, bytes]) -> Dialect: ...

    def up(self, content: bytes) -> Part: ...
