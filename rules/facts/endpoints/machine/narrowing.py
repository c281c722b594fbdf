"""What a test tells of the name that it tests: of the values that it may have, those that agree with the outcome."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rules.facts.endpoints.machine.host import Dead
from rules.facts.endpoints.machine.values import Either, Env, Value, Way
from rules.syntax.program import Compare, Const, Expr, Logic, Member, Name, Not
from rules.syntax.walk import walk

if TYPE_CHECKING:
    from rules.facts.endpoints.machine.core import Control

PLAIN = (Name, Member, Not, Compare, Logic, Const)
"""Expressions that change nothing, however often they are evaluated."""


class Narrowing:
    """The values of the one local name in a test, on either side of it."""

    def __init__(self, machine: Control, test: Expr, env: Env) -> None:
        self._env = env
        self._whole: Either | None = None
        self._agreeing: dict[bool, Value] = {}
        several = [name for name in _tested(test) if isinstance(env.names.get(name), Either)]
        self.name = several[0] if len(several) == 1 and env.maker is machine else ""
        whole = env.names.get(self.name)
        if isinstance(whole, Either):
            self._whole = whole
            truths = [self._trial(machine, test, option) for option in whole.options]
            for holds in (True, False):
                kept = [number for number, truth in enumerate(truths) if truth is not (not holds)]
                self._agreeing[holds] = _only(whole, kept)

    def _trial(self, machine: Control, test: Expr, option: Value) -> bool | None:
        """What the test says of one value."""
        held = machine.under, machine.consulted
        self._env.names[self.name] = option
        try:
            return machine.host.truth(machine.value(test, self._env)).answer
        except Dead:
            return None
        finally:
            machine.under, machine.consulted = held
            assert self._whole is not None
            self._env.names[self.name] = self._whole

    def enter(self, holds: bool) -> None:
        """On one side of the test the name stands for no more than what agrees with it."""
        if self._whole is not None:
            self._env.names[self.name] = self._agreeing[holds]

    def leave(self, holds: bool) -> None:
        """Where both sides meet again, the name stands for all its values, unless a side gave it another."""
        if self._whole is not None and self._env.names.get(self.name) is self._agreeing[holds]:
            self._env.names[self.name] = self._whole


@lru_cache(maxsize=50_000)
def _tested(test: Expr) -> frozenset[str]:
    """The names in a test that can be evaluated again without changing anything."""
    parts = list(walk([test]))
    if not all(isinstance(part, PLAIN) for part in parts):
        return frozenset()
    return frozenset(part.id for part in parts if isinstance(part, Name))


def _only(whole: Either, kept: list[int]) -> Value:
    """Some of several values; all of them where none agrees, since then nothing is known."""
    if not kept or len(kept) == len(whole.options):
        return whole
    if len(kept) == 1:
        return whole.options[kept[0]]
    ways: tuple[Way, ...] = tuple(whole.ways[number] for number in kept) if whole.ways else ()
    return Either(tuple(whole.options[number] for number in kept), ways)
