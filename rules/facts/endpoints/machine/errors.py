"""Errors: what a try statement makes of those that its body throws."""

from __future__ import annotations

from rules.facts.endpoints.machine.core import Control, Flow
from rules.facts.endpoints.machine.host import Basis, Condition, Ending, Truth
from rules.facts.endpoints.machine.values import (
    ClassValue,
    Either,
    Env,
    Extern,
    Given,
    Instance,
    Made,
    Value,
    join,
    lineage,
    name_of,
)
from rules.syntax.program import Attempt, Handler

CATCH_ALL = frozenset(("Exception", "BaseException", "Error"))


class Errors(Control):
    """Try statements. A call may always throw, so handlers are executed unless the body calls nothing."""

    def do_attempt(self, statement: Attempt, env: Env) -> Flow:
        outer, steps, start = self.under, self.steps, self.mark()
        self.thrown.append([])
        flow = self.run(statement.body, env)
        thrown = self.thrown.pop()
        caught = [e for e in thrown if any(self._catches(h, e.value, env) for h in statement.handlers)]
        for ending in thrown:
            if ending not in caught:
                (self.thrown[-1] if self.thrown else self.endings).append(ending)
        if caught and flow is Flow.LEFT and self.mark() == start:
            self.consulted = self.consulted or all(ending.consulted for ending in caught)
            flow = self._handle(statement, caught, env)
        elif caught or steps - self.steps > len(statement.body):
            flow = self._maybe_handle(statement, caught, flow, outer, env)
        self.under = tuple(c for c in self.under if c in outer or c.basis is not Basis.CHECK or c.turned_away)
        ended = self.run(statement.finish, env)
        return ended if flow is Flow.ON else flow

    def _handle(self, statement: Attempt, caught: list[Ending], env: Env) -> Flow:
        value = join([ending.value for ending in caught]) if caught else Given("error")
        flows = []
        for handler in statement.handlers:
            if not caught or any(self._catches(handler, ending.value, env) for ending in caught):
                if handler.target is not None:
                    self.bind(handler.target, value, env, True)
                self.handling += 1
                try:
                    flows.append(self.run(handler.body, env))
                finally:
                    self.handling -= 1
        return Flow.LEFT if flows and all(flow is Flow.LEFT for flow in flows) else Flow.ON

    def _maybe_handle(
        self, statement: Attempt, caught: list[Ending], flow: Flow, outer: tuple[Condition, ...], env: Env
    ) -> Flow:
        """Executes the handlers as one way to go on; where they reject, what the body checked has proved something."""
        if not statement.handlers:
            return flow
        kept, start = self.under, self.mark()
        place = self.place(statement.at, env)
        end = self.branch(Truth(None), place, env, lambda: self._handle(statement, caught, env), lambda: flow)
        self.under = kept
        if self.rejected(Basis.CHECK, start):
            for condition in kept:
                if condition.basis is Basis.CHECK and condition not in outer:
                    condition.turned_away = True
        return end

    def _catches(self, handler: Handler, error: Value, env: Env) -> bool:
        """Whether a handler takes an error: it names no kind, a general one, or one that the error may be."""
        thrown = kinds_of(error)
        for kind in handler.kinds:
            name = name_of(self.value(kind, env)).rpartition(".")[2] or getattr(kind, "id", "")
            if name in CATCH_ALL or not thrown or name in thrown:
                return True
        return not handler.kinds


def kinds_of(error: Value) -> set[str]:
    """The names of the classes of an error, empty when they are not known."""
    if isinstance(error, Either):
        return set().union(*(kinds_of(option) for option in error.options))
    if isinstance(error, Instance):
        classes = lineage(error.cls)
        return {c.definition.name if isinstance(c, ClassValue) else name_of(c).rpartition(".")[2] for c in classes}
    if isinstance(error, Made):
        made = name_of(error.callee).rpartition(".")[2]
        return {made} if made[:1].isupper() else set()
    return {name_of(error).rpartition(".")[2]} if isinstance(error, Extern) else set()
