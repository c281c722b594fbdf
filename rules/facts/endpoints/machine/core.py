"""The machine's state, and control flow: statements, branches, loops."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from rules.core.source import Span
from rules.facts.endpoints.machine.host import Basis, Condition, Dead, Ending, Exhausted, Host, Manner, Truth
from rules.facts.endpoints.machine.sides import Sides
from rules.facts.endpoints.machine.values import (
    NOTHING,
    Closure,
    Deferred,
    Either,
    Env,
    Given,
    Listed,
    Picked,
    Place,
    Unknown,
    Value,
    join,
)
from rules.syntax.program import (
    Bind,
    Do,
    Each,
    Export,
    Expr,
    If,
    Import,
    Raise,
    Return,
    Stmt,
)

if TYPE_CHECKING:
    from rules.facts.endpoints.machine.world import World

MAX_DEPTH = 110
"""Nested expressions and statements that are followed at once; keeps the interpreter's own stack safe."""


class Flow(Enum):
    """Whether control goes on after a statement, leaves the loop, or leaves the function."""

    ON = "on"
    STOPPED = "stopped"
    LEFT = "left"


class Control(ABC):
    """Executes statements. Both sides of an undecided condition are executed, and what they leave is joined."""

    def __init__(self, world: World, host: Host, steps: int) -> None:
        self.world = world
        self.host = host
        self.steps = steps
        self.depth = 0
        self.stack: list[Closure] = []
        self.under: tuple[Condition, ...] = ()
        self.consulted = False
        self.handling = 0
        self.endings: list[Ending] = []
        self.thrown: list[list[Ending]] = []
        self.returned: list[list[Ending]] = [[]]

    def reset(self) -> None:
        """Forgets what an earlier run left unfinished."""
        self.depth, self.under, self.consulted, self.handling = 0, (), False, 0
        self.stack, self.endings, self.thrown, self.returned = [], [], [], [[]]

    @abstractmethod
    def value(self, expression: Expr, env: Env) -> Value: ...

    @abstractmethod
    def bind(self, target: Expr, value: Value, env: Env, declares: bool) -> None: ...

    def tick(self) -> None:
        self.steps -= 1
        if self.steps <= 0:
            raise Exhausted

    def run(self, statements: Sequence[Stmt], env: Env) -> Flow:
        """Executes statements until one of them does not go on."""
        for statement in statements:
            self.tick()
            if self.depth >= MAX_DEPTH:
                return Flow.ON
            self.depth += 1
            try:
                flow: Flow = getattr(self, f"do_{type(statement).__name__.lower()}")(statement, env)
            except Dead:
                flow = Flow.LEFT
            finally:
                self.depth -= 1
            if flow is not Flow.ON:
                return flow
        return Flow.ON

    def aside(self, statements: Sequence[Stmt], env: Env) -> None:
        """Executes statements that no condition or handler in force has to do with: another module's."""
        held = self.under, self.consulted, self.stack, self.thrown, self.returned
        self.under, self.consulted, self.stack, self.thrown, self.returned = (), False, [], [], [[]]
        try:
            self.run(statements, env)
        finally:
            self.under, self.consulted, self.stack, self.thrown, self.returned = held

    def place(self, span: Span, env: Env) -> Place:
        return Place(env.path, span)

    def end(self, manner: Manner, value: Value, place: Place, status: int = 0) -> Ending:
        return Ending(manner, value, place, self.under, self.consulted, tuple(self.stack), status, self.handling > 0)

    def throw(self, value: Value, place: Place, consulted: bool = False) -> Dead:
        """Records an error; the caller raises what this returns."""
        self.consulted = self.consulted or consulted
        (self.thrown[-1] if self.thrown else self.endings).append(self.end(Manner.THROW, value, place))
        return Dead()

    def catching(self) -> bool:
        """Whether an error would be caught within what is followed."""
        return bool(self.thrown)

    def do_do(self, statement: Do, env: Env) -> Flow:
        self.value(statement.value, env)
        return Flow.ON

    def do_bind(self, statement: Bind, env: Env) -> Flow:
        self.bind(statement.target, self.value(statement.value, env), env, statement.declares)
        return Flow.ON

    def do_if(self, statement: If, env: Env) -> Flow:
        test = self.value(statement.test, env)
        place = self.place(statement.test.at, env)
        sides = Sides(test, self.host)

        def side(holds: bool, statements: Sequence[Stmt]) -> Flow:
            way = sides.way(holds)
            self.under = (*self.under, *(c for c in way.under if c not in self.under and isinstance(c, Condition)))
            self.consulted = self.consulted or way.consulted
            start = self.mark()
            flow = self.run(statements, env)
            if flow is Flow.LEFT and self.rejected(Basis.CHECK, start):
                sides.turn_away(holds)
            return flow

        truth = self.host.truth(test)
        return self.branch(truth, place, env, lambda: side(True, statement.then), lambda: side(False, statement.other))

    def branch(self, truth: Truth, place: Place, env: Env, then: Callable[[], Flow], other: Callable[[], Flow]) -> Flow:
        """Goes the way that a condition decides, or both ways under it."""
        if truth.answer is not None:
            self.consulted = self.consulted or truth.basis is Basis.IDENTITY
            return then() if truth.answer else other()
        one, other_side = Condition(place, truth.basis), Condition(place, truth.basis)
        outer, consulted, names = self.under, self.consulted, dict(env.names)
        self.under, self.consulted = (*outer, one), consulted or truth.identity
        start = self.mark()
        first = then()
        first_names, first_consulted, first_under = env.names, self.consulted, self.under
        env.names, self.consulted, self.under = names, consulted or truth.identity, (*outer, other_side)
        middle = self.mark()
        second = other()
        other_side.turned_away = self.rejected(truth.basis, start, middle)
        one.turned_away = self.rejected(truth.basis, middle)
        if first is Flow.LEFT and second is not Flow.LEFT:
            one.opposite = other_side
            return second
        if second is Flow.LEFT and first is not Flow.LEFT:
            other_side.opposite = one
            env.names, self.consulted, self.under = first_names, first_consulted, first_under
            return first
        self.under = outer
        self.consulted = consulted or (self.consulted and first_consulted and not truth.identity)
        env.names = _merged(first_names, env.names)
        return _together(first, second)

    def mark(self) -> tuple[int, int, int]:
        """How much was recorded so far: answers, errors on their way to a handler, returns of this function."""
        return len(self.endings), len(self.thrown[-1]) if self.thrown else 0, len(self.returned[-1])

    def rejected(self, basis: Basis, start: tuple[int, int, int], stop: tuple[int, int, int] | None = None) -> bool:
        """Whether something recorded between two marks turns away a caller for whom a check did not hold."""
        recorded = (self.endings, self.thrown[-1] if self.thrown else [], self.returned[-1])
        ends = stop or tuple(map(len, recorded))
        parts = (listed[first:last] for listed, first, last in zip(recorded, start, ends, strict=True))
        return any(self.host.rejects(ending, basis) for part in parts for ending in part)

    def settle(self, start: tuple[int, int, int]) -> None:
        """Marks the conditions whose other side was rejected after all, in what was recorded since a mark."""
        recorded = [
            *self.endings[start[0] :],
            *(self.thrown[-1][start[1] :] if self.thrown else ()),
            *self.returned[-1],
        ]
        waiting = {c for e in recorded for c in e.under if c.opposite is not None and not c.turned_away}
        for basis in {condition.basis for condition in waiting}:
            refused = {c for e in recorded if self.host.rejects(e, basis) for c in e.under}
            for condition in waiting:
                if condition.basis is basis:
                    condition.turned_away = condition.opposite in refused

    def maybe(self, truth: Truth, place: Place, env: Env, then: Callable[[], Value]) -> Value | None:
        """The value of something that is evaluated only if a condition holds; None when control never comes back."""
        return self.either(truth, place, env, then, None)

    def either(
        self, truth: Truth, place: Place, env: Env, then: Callable[[], Value], other: Callable[[], Value] | None
    ) -> Value | None:
        """The value of what is evaluated if a condition holds, or of what is if not; None when neither comes back."""
        results: list[Value] = []

        def go(action: Callable[[], Value] | None) -> Flow:
            try:
                results.extend([action()] if action is not None else [])
            except Dead:
                return Flow.LEFT
            return Flow.ON

        self.branch(truth, place, env, lambda: go(then), lambda: go(other))
        return join(results) if results else None

    def do_each(self, statement: Each, env: Env) -> Flow:
        over = self.value(statement.over, env) if statement.over is not None else None
        if isinstance(over, Listed) and not over.is_open:
            for item in list(over.values):
                if statement.target is not None:
                    self.bind(statement.target, item, env, True)
                if self.run(statement.body, env) is Flow.LEFT:
                    return Flow.LEFT
            return Flow.ON
        if statement.target is not None and over is not None:
            self.bind(statement.target, self.element(over), env, True)
        truth = Truth(None, self.host.truth(over).basis if over is not None else Basis.SERVER)
        place = self.place(statement.at, env)
        outer = self.under
        self.branch(truth, place, env, lambda: self.run(statement.body, env), lambda: Flow.ON)
        self.under = outer
        return Flow.ON

    def element(self, over: Value) -> Value:
        """Any one element of a sequence that is not known."""
        if isinstance(over, Listed) and over.values:
            return join(over.values)
        return Picked(over, Unknown("any element"))

    def do_return(self, statement: Return, env: Env) -> Flow:
        value = self.value(statement.value, env) if statement.value is not None else NOTHING
        ended = self.end(Manner.RETURN, value, self.place(statement.at, env))
        self.returned[-1] += self._each_way(ended)
        return Flow.LEFT

    def _each_way(self, ended: Ending) -> list[Ending]:
        """A return for each way in which its value came about: what is passed on keeps how it came to it."""
        value = ended.value
        if not isinstance(value, Either) or not value.ways:
            return [ended]
        return [
            replace(
                ended,
                value=option,
                under=(*ended.under, *(c for c in way.under if isinstance(c, Condition) and c not in ended.under)),
                consulted=ended.consulted or way.consulted,
            )
            for option, way in zip(value.options, value.ways, strict=True)
        ]

    def do_raise(self, statement: Raise, env: Env) -> Flow:
        value = self.value(statement.value, env) if statement.value is not None else Given("error")
        raise self.throw(value, self.place(statement.at, env))

    def do_stop(self, statement: Stmt, env: Env) -> Flow:
        return Flow.STOPPED

    def do_import(self, statement: Import, env: Env) -> Flow:
        self.world.bring(statement, env)
        return Flow.ON

    def do_export(self, statement: Export, env: Env) -> Flow:
        self.world.offer(statement, env)
        return Flow.ON

    def yielded(self, value: Value, place: Place) -> None:
        self.returned[-1].append(self.end(Manner.YIELD, value, place))


def _together(first: Flow, second: Flow) -> Flow:
    """What follows when either of two ways may have been taken, where neither or both of them left the function."""
    if first is second:
        return first
    return Flow.STOPPED if Flow.ON not in (first, second) else Flow.ON


def _merged(one: dict[str, Value], other: dict[str, Value]) -> dict[str, Value]:
    merged = dict(other)
    for name, value in one.items():
        rival = merged.get(name)
        if rival is None:
            merged[name] = value
        elif rival is not value and not isinstance(value, Deferred) and not isinstance(rival, Deferred):
            merged[name] = join([value, rival])
    return merged
