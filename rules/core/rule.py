"""A rule: metadata, check, documentation and examples in one class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel

from rules.core.codebase import Codebase, Fact
from rules.core.finding import Confidence, Finding, Fix, Related, Severity
from rules.core.source import Location

S = TypeVar("S")


@dataclass(frozen=True)
class Bad:
    """Files in which the rule speaks. `base` is the tree before the change, `fixed` what its fix must make."""

    files: Mapping[str, str]
    base: Mapping[str, str] | None = None
    reports: Mapping[str, object] = field(default_factory=dict)
    findings: int = 1
    line: int | None = None
    fixed: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Good:
    """Files in which the rule says nothing."""

    files: Mapping[str, str]
    base: Mapping[str, str] | None = None
    reports: Mapping[str, object] = field(default_factory=dict)


class Rule(ABC, Generic[S]):
    """One thing to hold against a change. The docstring of a rule is its documentation page."""

    id: ClassVar[str]
    reference: ClassVar[str] = ""
    severity: ClassVar[Severity]
    confidence: ClassVar[Confidence] = Confidence.HIGH
    since: ClassVar[str]
    options: ClassVar[type[BaseModel] | None] = None
    supersedes: ClassVar[frozenset[str]] = frozenset()
    looks_at: Fact[Sequence[S]]
    examples: ClassVar[Sequence[Bad | Good]]

    @abstractmethod
    def check(self, subject: S, code: Codebase) -> Iterable[Finding]:
        """The findings for one subject."""

    def remark(self, subjects: Sequence[S], code: Codebase) -> str:
        """What is worth saying of the subjects besides findings, in one sentence; mostly nothing."""
        return ""

    @property
    def pack(self) -> str:
        return self.id.partition("/")[0]

    @property
    def title(self) -> str:
        return (type(self).__doc__ or "").strip().partition("\n")[0]

    def finding(
        self,
        key: tuple[str, ...],
        message: str,
        where: Location,
        *,
        fix: Fix | None = None,
        related: tuple[Related, ...] = (),
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        file_local: bool = False,
    ) -> Finding:
        """A finding of this rule with its own severity and confidence unless others are given."""
        return Finding(
            self.id,
            key,
            message,
            where,
            severity or self.severity,
            confidence or self.confidence,
            fix,
            related,
            file_local,
        )
