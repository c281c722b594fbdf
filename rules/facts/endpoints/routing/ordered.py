"""Frameworks in which order decides: a middleware meets what was declared after it, below its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rules.core.source import Span
from rules.facts.endpoints.caller.inspector import Layer
from rules.facts.endpoints.machine.values import Attribute, Listed, Made, Place, Symbol, Value
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Mount, Origin, Trap
from rules.facts.endpoints.routing.assemble import Route
from rules.facts.endpoints.routing.paths import covers


@dataclass(frozen=True)
class Site:
    """A router where it hangs: below a prefix, under conditions, inside other routers."""

    router: Symbol
    prefix: str
    mount: Mount
    inside: tuple[Symbol, ...]
    under: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Before:
    """A layer in force for later requests: below a pattern, or for just that path; without methods for all."""

    layer: Layer
    pattern: str
    router: Symbol
    whole: bool = False
    methods: frozenset[str] = frozenset()
    ignore_case: bool = False

    def meets(self, method: str, path: str) -> bool | None:
        """Whether every request for a route meets it; None where that cannot be told."""
        if self.methods and method not in self.methods:
            return False
        return covers(self.pattern, path, whole=self.whole, ignore_case=self.ignore_case)


def met(before: Iterable[Before], method: str, path: str, router: Symbol) -> tuple[list[Layer], list[Layer]]:
    """The layers that stand before a route of a router, and those that stand there perhaps."""
    surely: list[Layer] = []
    perhaps: list[Layer] = []
    for one in before:
        meets = one.meets(method, path)
        if meets is not False:
            passing = one.layer.origin is Origin.ROUTER and one.router is not router
            layer = replace(one.layer, origin=Origin.EARLIER_USE) if passing else one.layer
            (surely if meets else perhaps).append(layer)
    return surely, perhaps


def near(routes: Iterable[Route], before: Sequence[Before]) -> list[Route]:
    """Routes with what a reader may take for a guard of them: layers that come too late, or whose path ends above."""
    return [route if route.nearly else replace(route, nearly=tuple(_nearly(route, before))) for route in routes]


def _nearly(route: Route, before: Sequence[Before]) -> Iterator[tuple[Trap, Layer]]:
    for one in before[route.after :]:
        if one.layer.origin in (Origin.APP, Origin.ROUTER) and one.meets(route.method, route.path):
            yield Trap.TOO_LATE, one.layer
    for one in before[: route.after]:
        below = route.path.startswith(one.pattern.rstrip("/") + "/") and one.pattern.strip("/")
        if below and not one.methods and one.meets(route.method, route.path) is False:
            yield Trap.OTHER_PATH, one.layer


def last_link(world: World, use: Made) -> Place:
    """Where a call begins that stands in a chain of calls: at its own name."""
    before = use.callee.of if isinstance(use.callee, Attribute) else None
    if not isinstance(before, Made) or before.place.path != use.place.path:
        return use.place
    start, end = before.place.span.end, use.place.span.end
    if not use.place.span.start <= start < end:
        return use.place
    found = world.source(Place(use.place.path, Span(start, end))).find(f".{use.method}".encode())
    return Place(use.place.path, Span(start + max(found, 0), end))


def flat(values: Iterable[Value]) -> list[Value]:
    """Values with lists among them taken apart."""
    found: list[Value] = []
    pending = list(values)
    while pending:
        value = pending.pop(0)
        if isinstance(value, Listed):
            pending = [*value.values, *pending]
        else:
            found.append(value)
    return found
