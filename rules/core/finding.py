"""What a rule says: findings and the fixes that repair them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.core.source import Location, Span


class Severity(StrEnum):
    """How bad it is. Only a new ERROR blocks."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure the rule is. A LOW finding never blocks."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Safety(StrEnum):
    """SAFE fixes keep behaviour and apply unasked; UNSAFE ones only when the rule is named; MANUAL ones are advice."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces a span of a file; without a span it adds a new file."""

    path: str
    span: Span | None
    text: bytes


@dataclass(frozen=True, slots=True)
class Fix:
    """How to repair a finding. A MANUAL fix has no edits: its title is the instruction."""

    title: str
    edits: tuple[Edit, ...] = ()
    safety: Safety = Safety.SAFE


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains a finding."""

    where: Location
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `key` identifies it across commits (an endpoint, a table and column, an env key), never its wording.
    `file_local` keys are told apart by path as well, renames followed.
    """

    rule: str
    key: tuple[str, ...]
    message: str
    where: Location
    severity: Severity
    confidence: Confidence
    fix: Fix | None = None
    related: tuple[Related, ...] = ()
    file_local: bool = False

    def order(self) -> tuple[int, str, int, str]:
        return self.severity.rank, self.where.path, self.where.line, self.rule
