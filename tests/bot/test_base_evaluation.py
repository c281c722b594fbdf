"""The base is evaluated once for each tree, and a run that failed is no answer to keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bot.evaluator.child import base_evaluation
from bot.evaluator.messages import Task
from bot.store.cache import FactCache
from rules.core.codebase import Codebase, Fact
from rules.core.evaluate import State
from rules.core.finding import Finding, Severity
from rules.core.rule import Rule
from rules.core.source import MemorySnapshot
from rules.policy import Policy

ONE: Fact[Sequence[str]] = Fact("one", lambda code: ["only"])


class Unsteady(Rule[str]):
    """Crashes as often as it is told to."""

    id = "test/unsteady"
    severity = Severity.ERROR
    since = "0"
    looks_at = ONE
    examples = ()

    def __init__(self, crashes: int) -> None:
        self.crashes = crashes
        self.asked = 0

    def check(self, subject: str, code: Codebase) -> Iterable[Finding]:
        self.asked += 1
        if self.asked <= self.crashes:
            raise MemoryError
        return []


def states(tmp_path: Path, rule: Unsteady, times: int) -> list[State]:
    cache = FactCache(str(tmp_path / "facts.sqlite"), "engine")
    task = Task("", "head", "base", Policy(), (), {}, {}, "2026-01-01")
    runs = [base_evaluation(task, Codebase(MemorySnapshot({}), cache=cache), [rule]) for _ in range(times)]
    cache.close()
    return [run.outcomes[0].state for run in runs]


def test_the_same_base_is_evaluated_once(tmp_path: Path) -> None:
    rule = Unsteady(0)
    assert states(tmp_path, rule, 3) == [State.RAN] * 3
    assert rule.asked == 1


def test_a_crash_is_not_kept(tmp_path: Path) -> None:
    rule = Unsteady(1)
    assert states(tmp_path, rule, 3) == [State.CRASHED, State.RAN, State.RAN]
    assert rule.asked == 2
