"""What GitHub is told: plain values within the platform's limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
