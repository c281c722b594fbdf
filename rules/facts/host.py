"""Facts that the host supplies: values that no rule may fetch for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.core.codebase import Codebase, Fact, Unread
from rules.core.source import Span


@dataclass(frozen=True, slots=True)
class Report:
    """One raw result of a scanner, spans already in bytes."""

    check: str
    path: str
    span: Span
    message: str
    severity: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanner found, and the files that it could not look at."""

    reports: tuple[Report, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A place that a change takes in an order where only one may have it, in words: of a history of migrations."""

    order: str
    place: str


@dataclass(frozen=True, slots=True)
class Rival:
    """Another open pull request into the same branch, and what it claims."""

    pull: int
    claims: tuple[Claim, ...]


SETTINGS: Fact[Mapping[str, Mapping[str, Any]]] = Fact("settings")
"""Plain values of the policy by rule id; the same on both sides."""

MERGE: Fact[Codebase | None] = Fact("merge")
"""The tree that merging would make now where it is not the head itself; the host supplies it."""

MERGED: Fact[Codebase] = Fact("merged", lambda code: code.get(MERGE) or code)
"""The tree that merging would make now, conflicts left as git marks them. Histories are judged on it: two changes
that are right alone may be wrong together."""

RIVALS: Fact[Sequence[Rival]] = Fact("rivals")
"""The other open pull requests that claim something; none where there is no platform to ask."""

TODAY: Fact[str] = Fact("today")
"""The date as `2026-11-25`: rules have no clock."""

BANDIT: Fact[Sequence[Report]] = Fact("scanner:bandit")
SEMGREP: Fact[Sequence[Report]] = Fact("scanner:semgrep")


def options_of(code: Codebase, rule: str) -> Mapping[str, Any]:
    """The options that the policy gives to a rule."""
    return code.get(SETTINGS).get(rule, {})
