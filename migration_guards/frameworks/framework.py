"""What every runner's file answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from migration_guards.model import Intent, Migration, Operation, Script, Source
from rules.core.codebase import Codebase
from rules.core.finding import Edit


class Checksum(StrEnum):
    """What the runner remembers of a file that ran: its bytes (an edit stops the next run), or its name alone."""

    BYTES = "bytes"
    NAME = "name"


class Late(StrEnum):
    """What the runner does with a migration that is older than the newest that ran."""

    SKIPPED = "skipped"
    REFUSED = "refused"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Link:
    """A migration's place in a history that is a graph. Heads are counted within a group, an app in Django."""

    path: str
    name: str
    parents: tuple[str, ...]
    replaces: tuple[str, ...] = ()
    group: str = ""


def heads(group: Sequence[Link], every: Iterable[Link]) -> list[Link]:
    """Those of a group that nothing comes after. One that is replaced is none; what comes after it comes after its
    replacement."""
    replaced = {name for link in group for name in link.replaces}
    followed = {parent for link in every if link.name not in replaced for parent in link.parents}
    return [
        link
        for link in group
        if link.name not in replaced and link.name not in followed and not followed & set(link.replaces)
    ]


class Framework(ABC):
    """A migration runner. A file belongs to the first runner, by `rank`, that claims it."""

    name: ClassVar[str]
    rank: ClassVar[int] = 0
    checksum: ClassVar[Checksum] = Checksum.NAME
    late: ClassVar[Late] = Late.APPLIED
    by_graph: ClassVar[bool] = False
    """Whether migrations name those they come after, so that numbers mean nothing."""

    @abstractmethod
    def sources(self, code: Codebase) -> Iterable[Source]:
        """The migration files of a tree, with all that other files say about them."""

    @abstractmethod
    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        """What a file says; `down` is the content of `source.down`. Raises `Unreadable`."""

    def forgotten(self, path: str, code: Codebase) -> str:
        """What the runner keeps beside its files and does not know this one: the file's name, or empty."""
        return ""

    def links(self, code: Codebase) -> Iterable[Link]:
        """The graph of a history that is one."""
        return ()

    def rebase(self, path: str, after: str, code: Codebase) -> tuple[Edit, ...] | None:
        """The edits that let a migration come after another one of its graph; None where there is no safe way."""
        return None

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        """The edits that write an operation otherwise; None where this runner has no safe way."""
        return None

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        """A new migration after this one, in the runner's own naming, that runs the SQL; None where it cannot be."""
        return None
