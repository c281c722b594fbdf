"""What GitHub is told: plain values within the platform's limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rules.core.finding import Finding
from rules.policy import Conclusion


@dataclass(frozen=True)
class Annotation:
    """A note on lines of a file. Columns only where it stands on one line."""

    path: str
    start_line: int
    end_line: int
    start_column: int | None
    end_column: int | None
    level: Literal["notice", "warning", "failure"]
    title: str
    message: str
    raw_details: str = ""


@dataclass(frozen=True)
class Action:
    """A button: a label of at most 20 characters, a description of 40, an identifier of 20."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True)
class CheckRun:
    """One check run, complete."""

    name: str
    conclusion: Conclusion
    title: str
    summary: str
    text: str
    annotations: tuple[Annotation, ...]
    actions: tuple[Action, ...]
    details_url: str = ""


@dataclass(frozen=True)
class Repair:
    """A commit of ours on this pull request, and the findings that it repaired."""

    commit: str
    fixed: tuple[Finding, ...]


@dataclass(frozen=True)
class Context:
    """Where a verdict belongs: repository as `owner/name`, commit, addresses, annotation budget.

    `html_url` is GitHub's address without a slash at the end, `details_url` our page of the run or empty.
    `sources` are file contents at the head, by path: a fix in one of them is shown as a diff.
    """

    repository: str
    head: str
    html_url: str
    details_url: str
    budget: int = 200
    sources: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    repairs: tuple[Repair, ...] = ()
