"""What is measured, and how a table of it is shown."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Row:
    """One number. `below` is the aim: the number is to be less; None where there is no aim."""

    what: str
    value: float
    unit: str
    below: float | None = None

    @property
    def met(self) -> bool:
        return self.below is None or self.value < self.below

    @property
    def verdict(self) -> str:
        """The aim, and whether it is met."""
        if self.below is None:
            return ""
        return f"< {f'{self.below:g} {self.unit}'.strip()}: {'met' if self.met else 'NOT met'}"

    def cells(self) -> tuple[str, str, str]:
        digits = 0 if self.value >= 100 or (not self.unit and self.value == int(self.value)) else 2
        return self.what, f"{self.value:.{digits}f} {self.unit}".strip(), self.verdict


@dataclass(frozen=True)
class Table:
    """A titled list of rows, and in a sentence how they came about."""

    title: str
    how: str
    rows: tuple[Row, ...]

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", self.how, "", "| what | measured | aim |", "|---|---:|---|"]
        return "\n".join([*lines, *(f"| {' | '.join(row.cells())} |" for row in self.rows)]) + "\n"

    def json(self) -> dict[str, Any]:
        rows = [{"what": r.what, "value": r.value, "unit": r.unit, "below": r.below, "met": r.met} for r in self.rows]
        return {"title": self.title, "how": self.how, "rows": rows}


def percentile(values: Iterable[float], hundredth: int) -> float:
    """The value that so many of a hundred do not exceed."""
    ranked: Sequence[float] = sorted(values)
    return ranked[min(len(ranked) - 1, len(ranked) * hundredth // 100)]


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def machine() -> str:
    """What the numbers were taken on, in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {system}, {datetime.now(UTC):%Y-%m-%d}"


def resident_mb(pid: int) -> float:
    """The memory that a process holds now, in MB."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in status if line.startswith("VmRSS:"))) / 1024


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for path in listed for word in path.read_text().split()]
