"""The small Protocols that the flows see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from bot.evaluator.messages import Evaluated, Repaired, Reports, Task
from migration_guards.rehearsal import Performance, Plan


class EvaluationFailed(Exception):
    """The evaluation gave no result; the message says why."""


class Evaluator(Protocol):
    """Evaluates untrusted trees elsewhere."""

    async def evaluate(self, task: Task) -> Evaluated:
        """Raises `EvaluationFailed`, as the others do."""

    async def plans(self, task: Task) -> tuple[Plan, ...]:
        """What a rehearsal of the head has to run."""

    async def repair(self, task: Task, supply: Callable[[Mapping[str, bytes]], Awaitable[Reports]]) -> Repaired: ...


class Scanners(Protocol):
    """Runs every scanner over file contents, None where one is not to be had.

    Never raises: a scanner that cannot run says so in its report, and names what it did not read.
    """

    async def scan(self, files: Mapping[str, bytes | None]) -> Reports: ...


Rehearse = Callable[[Sequence[Plan]], Awaitable[tuple[Performance, ...] | str]]
"""Runs plans on a server; a text says why there is none. Never raises for what a plan does."""
