"""Decorators of TypeScript, which mark classes and methods for whoever reads them: who put what on which of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from rules.facts.endpoints.machine.values import (
    NOTHING,
    Arguments,
    ClassValue,
    Closure,
    Either,
    Extern,
    Keyed,
    Known,
    Listed,
    Made,
    Place,
    Value,
    lineage,
    name_of,
)
from rules.facts.endpoints.machine.world import World
from rules.syntax.program import Expr, Function, Param


@dataclass(frozen=True)
class Mark:
    """A decorator from outside the repository. `place` is where it was written: perhaps as part of a composed one.

    One that stands there only under a condition is not `certain`.
    """

    value: Value
    place: Place
    certain: bool = True

    @property
    def name(self) -> str:
        """What the decorator is, or what made it, as seen from outside."""
        return name_of(self.value.callee if isinstance(self.value, Made) else self.value)

    @property
    def arguments(self) -> Arguments:
        return self.value.arguments if isinstance(self.value, Made) else Arguments()


@dataclass(frozen=True)
class Marked:
    """A method with its marks, and what its decorators made of it."""

    function: Function
    owner: ClassValue
    handler: Value
    marks: tuple[Mark, ...]


class Decorators:
    """Evaluates decorators once all modules were followed, each once. `composing` names what makes one of several."""

    def __init__(self, world: World, composing: frozenset[str]) -> None:
        self._world = world
        self._composing = composing
        self._classes: dict[ClassValue, tuple[Mark, ...]] = {}
        self._methods: dict[Function, Marked] = {}
        self._parameters: dict[Param, tuple[Mark, ...]] = {}

    def on_class(self, cls: ClassValue) -> tuple[Mark, ...]:
        """The marks on a class itself, those of its bases not included."""
        if cls not in self._classes:
            self._classes[cls] = tuple(self._marks(cls, cls.definition.decorators, Arguments((cls,))))
        return self._classes[cls]

    def on_parameter(self, method: Marked, param: Param) -> tuple[Mark, ...]:
        if param not in self._parameters:
            self._parameters[param] = tuple(self._marks(method.owner, param.decorators, Arguments()))
        return self._parameters[param]

    def methods(self, cls: ClassValue) -> Iterator[Marked]:
        """The methods of a class and of its bases; one that was overridden is not among them."""
        seen: set[str] = set()
        for ancestor in lineage(cls):
            for method in ancestor.definition.methods if isinstance(ancestor, ClassValue) else ():
                if method.name not in seen and isinstance(ancestor, ClassValue):
                    seen.add(method.name)
                    yield self._method(ancestor, method)

    def _method(self, cls: ClassValue, method: Function) -> Marked:
        if method not in self._methods:
            handler = self._world.machine.own_member(cls, method.name, None) or NOTHING
            descriptor = Keyed({"value": handler}, False, self._world.machine)
            given = Arguments((cls, Known(method.name), descriptor))
            marks = tuple(self._marks(cls, method.decorators, given))
            self._methods[method] = Marked(method, cls, descriptor.entries["value"], marks)
        return self._methods[method]

    def _marks(self, cls: ClassValue, decorators: Sequence[Expr], given: Arguments) -> Iterator[Mark]:
        for written in decorators:
            place = Place(cls.env.path, written.at)
            value = self._follow(place, partial(self._world.machine.value, written, cls.env))
            if value is not None:
                yield from self._parts(Mark(value, place), given)

    def _parts(self, mark: Mark, given: Arguments) -> Iterator[Mark]:
        """The decorators of which one is composed."""
        pending = [mark]
        while pending:
            part = pending.pop(0)
            value, place, certain = part.value, part.place, part.certain
            if isinstance(value, Either):
                pending[:0] = [Mark(option, place, False) for option in value.options]
            elif isinstance(value, Listed):
                pending[:0] = [Mark(inner, place, certain) for inner in value.values]
            elif isinstance(value, Made) and name_of(value.callee) in self._composing:
                pending[:0] = [Mark(inner, place, certain) for inner in value.arguments.all]
            elif isinstance(value, Closure):
                pending[:0] = [Mark(inner, place, certain) for inner in self._applied(value, given)]
            elif isinstance(value, Made | Extern):
                yield part

    def _applied(self, decorator: Closure, given: Arguments) -> list[Value]:
        """The decorators that a function of the repository puts on what it is given."""
        world = self._world
        start = world.tick()
        self._follow(decorator.place, partial(world.machine.call, decorator, given, decorator.place))
        target = given.positional[0]
        recent = (made for calls in world.calls.values() for made in takewhile(lambda m: m.order > start, calls[::-1]))
        return [made for made in recent if any(_puts(use, made, target) for use in made.uses)]

    def _follow(self, place: Place, action: Callable[[], Value]) -> Value | None:
        return self._world.from_top(place.path, action)


def _puts(use: Made, decorator: Made, target: Value) -> bool:
    return use.callee is decorator and target in use.arguments.positional
