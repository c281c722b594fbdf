"""What the pool and its processes say to each other: length-prefixed JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter

from migration_guards.rehearsal import Performance, Plan
from rules.core.codebase import Unread
from rules.core.evaluate import Evaluation
from rules.core.finding import Finding
from rules.core.suppress import Suppression
from rules.facts.endpoints.model import Endpoint
from rules.facts.host import Claim, Rival, Scan
from rules.policy import Policy

MAX_FRAME = 256 * 1024 * 1024

Reports = Mapping[str, Scan | str]
"""Scanner results by fact name; a text instead of results says why there are none."""


@dataclass(frozen=True)
class Task:
    """One piece of work: both trees of a change, and what rules may not fetch for themselves.

    `refuse` are paths that killed a process before; `wanted` are identities of findings to repair.
    """

    git_dir: str
    head: str
    base: str
    policy: Policy
    packs: tuple[str, ...]
    head_reports: Reports
    base_reports: Reports
    today: str
    merged: str = ""
    cache: str = ""
    refuse: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["evaluate", "repair", "inventory", "plans"] = "evaluate"
    wanted: tuple[tuple[str, ...], ...] = ()
    rivals: tuple[Rival, ...] = ()
    rehearsal: tuple[Performance, ...] | str = ()
    """What was seen of the head's new migrations; a text says why nothing was."""


@dataclass(frozen=True)
class Evaluated:
    """Both sides, the suppressions in force, and what the head claims that other pull requests may claim too."""

    head: Evaluation
    base: Evaluation
    standing: tuple[Suppression, ...]
    added: tuple[Suppression, ...]
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True)
class RefusedFix:
    finding: Finding
    reason: str


@dataclass(frozen=True)
class Repaired:
    """File contents (as Latin-1 text, a byte a character) after the proven fixes, and what was left and why.

    `executable` are those of the files that have that mode.
    """

    files: Mapping[str, str]
    fixed: tuple[Finding, ...]
    refused: tuple[RefusedFix, ...]
    executable: tuple[str, ...] = ()

    def contents(self) -> dict[str, bytes]:
        return {path: text.encode("latin-1") for path, text in self.files.items()}


@dataclass(frozen=True)
class Inventory:
    """The endpoints of the head, and the files that could not be looked at for them."""

    endpoints: tuple[Endpoint, ...]
    unread: tuple[Unread, ...]


@dataclass(frozen=True)
class Message:
    """A line of the conversation; exactly one field is set."""

    at: str | None = None
    supply: Mapping[str, str] | None = None
    evaluated: Evaluated | None = None
    repaired: Repaired | None = None
    inventory: Inventory | None = None
    plans: tuple[Plan, ...] | None = None
    failed: str | None = None


@dataclass(frozen=True)
class Supplied:
    """The answer to `supply`."""

    reports: Reports


TASK: TypeAdapter[Task] = TypeAdapter(Task)
MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
SUPPLIED: TypeAdapter[Supplied] = TypeAdapter(Supplied)
REPORTS: TypeAdapter[Reports] = TypeAdapter(Reports)
