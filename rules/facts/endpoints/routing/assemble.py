"""From a route and what stands before it to an endpoint, and how to guard it like those beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from rules.core.source import Location
from rules.facts.endpoints.caller.inspector import Inspector, Layer, called
from rules.facts.endpoints.machine.values import ClassValue, Closure, Made, Place, Value
from rules.facts.endpoints.model import (
    Endpoint,
    Guard,
    Kind,
    Miss,
    Mount,
    Origin,
    Protection,
    Stage,
    Strength,
    Trap,
    Verdict,
)
from rules.facts.endpoints.public import public_reason


@dataclass(frozen=True)
class Route:
    """A method and path with its layers in order, the handler last. `perhaps` may stand before it or not.

    `public` is why nobody would ask for a guard, where the way in which it is declared says so. `under` are the
    conditions on its being served, `doubt` why nobody can tell who gets through. `declared` is where the declaration
    begins when that is in the middle of the chain of calls at `place`, `sample` the path of a request for it.
    `catchers` hear of its errors. `misses` and, where following them shows that they would reject, `nearly` only look
    like guards of it. `after` counts the layers that were in force where it was declared.
    """

    method: str
    path: str
    place: Place
    handler: Value
    mount: Mount
    layers: tuple[Layer, ...]
    perhaps: tuple[Layer, ...] = ()
    public: str = ""
    under: tuple[Place, ...] = ()
    doubt: str = ""
    declared: Place | None = None
    rate_limits: tuple[str, ...] = ()
    validators: tuple[str, ...] = ()
    sample: str = ""
    catchers: tuple[Layer, ...] = ()
    misses: tuple[Miss, ...] = ()
    nearly: tuple[tuple[Trap, Layer], ...] = ()
    after: int = 0


@dataclass(frozen=True)
class Found:
    """An endpoint with its route and the layer attached to it alone that holds, if there is one."""

    endpoint: Endpoint
    route: Route
    own: Layer | None = None


OWN = (Origin.FUNCTION, Origin.PROCEDURE, Origin.IN_HANDLER)
"""Where a guard is an endpoint's own, so that another can be given the same."""

Write = Callable[[Route, Layer], Protection | None]
"""Puts a guard of another route before a route; None where that cannot be written."""


def endpoints(inspector: Inspector, framework: str, routes: Iterable[Route], write: Write) -> list[Endpoint]:
    """The endpoints of routes, each with the edits that would guard it like its siblings."""
    found = [look(inspector, framework, route) for route in routes]
    beside: dict[str, list[Found]] = defaultdict(list)
    for item in found:
        beside[item.route.place.path].append(item)
    return [
        replace(item.endpoint, protection=_protection(item, beside[item.route.place.path], write)) for item in found
    ]


def look(inspector: Inspector, framework: str, route: Route) -> Found:
    """The endpoint of a route: its layers are followed, the handler only if no more than middleware holds before it."""
    guards: list[Guard] = []
    limits = list(route.rate_limits)
    validators = list(route.validators)
    own: Layer | None = None
    facts = known_parts(route)
    for layer in route.layers:
        if layer.origin is Origin.IN_HANDLER and any(g.holds and g.strength is Strength.STRONG for g in guards):
            break
        report = inspector.look(layer, facts)
        guard = report.guard
        if guard is not None and set(layer.under) - set(route.under):
            guard = replace(guard, strength=Strength.CONDITIONAL, reason=f"{guard.name} stands there under a condition")
        if guard is not None and layer.origin is Origin.MATCHER and guard.strength is Strength.STRONG:
            guard = replace(guard, strength=Strength.MIDDLEWARE)
        if guard is not None and layer.late:
            guard = replace(guard, strength=Strength.CONDITIONAL, reason=layer.late)
        guards += [guard] if guard is not None else []
        limits += report.rate_limits
        validators += report.validators
        if guard is not None and guard.holds and layer.origin in OWN:
            own = layer
    if not any(guard.holds for guard in guards):
        guards += _perhaps(inspector, route, facts)
    endpoint = Endpoint(
        framework,
        route.method,
        route.path,
        inspector.world.locate(route.declared or route.place),
        handler_location(inspector, route),
        route.mount,
        tuple(guards),
        tuple(limits),
        tuple(validators),
        tuple(stages(inspector, route.layers)),
        tuple(stages(inspector, route.catchers)),
        doubt=route.doubt,
        public_reason=route.public or public_reason(route.method, route.path),
    )
    return Found(replace(endpoint, misses=tuple(_missed(inspector, route, facts, endpoint.verdict))), route, own)


def _missed(inspector: Inspector, route: Route, facts: dict[str, str], verdict: Verdict) -> Iterator[Miss]:
    """What would turn strangers away if it stood before the route. Of a guarded route, what a caller may leave out."""
    is_open = verdict is Verdict.UNGUARDED
    yield from route.misses if is_open else ()
    nearly = (*route.nearly, *_above_declaration(route)) if is_open else route.nearly
    for trap, layer in nearly:
        if not is_open and trap is not Trap.CALLER_CHOOSES:
            continue
        guard = inspector.look(layer, facts).guard
        if guard is not None and guard.holds:
            yield Miss(trap, guard.name, inspector.world.locate(layer.place))


def _above_declaration(route: Route) -> Iterator[tuple[Trap, Layer]]:
    """What decorators above the one that declares a route make of a function of Python: nothing that is served."""
    handler = route.handler
    if not isinstance(handler, Closure) or not handler.env.path.endswith(".py") or not route.layers:
        return
    outer = handler.env.names.get(handler.function.name)
    while isinstance(outer, Made) and isinstance(outer.callee, Made) and outer.arguments.positional:
        outer = outer.arguments.positional[0]
    if isinstance(outer, Made) or (isinstance(outer, Closure) and outer.function is not _served(route).function):
        yield Trap.ABOVE_ROUTE, replace(route.layers[-1], value=outer, origin=Origin.DECORATOR)


def _served(route: Route) -> Closure:
    """The function that is served, with whatever decorators stand below the declaration."""
    last = route.layers[-1].value
    assert isinstance(route.handler, Closure)
    return last if isinstance(last, Closure) else route.handler


def stages(inspector: Inspector, layers: Iterable[Layer]) -> Iterator[Stage]:
    """What a request meets, by the names that a reader knows; the handler is none of it."""
    for layer in layers:
        if layer.origin is not Origin.IN_HANDLER:
            yield Stage(layer.name or called(layer.value), layer.origin, inspector.world.locate(layer.place))


def known_parts(route: Route) -> dict[str, str]:
    """The parts of a request that a route settles, by the names that frameworks give them."""
    path = route.sample or route.path
    parts = {"path": path, "pathname": path, "originalUrl": path}
    parts |= {} if route.method == "ANY" else {"method": route.method}
    return parts if route.place.path.endswith(".py") else {**parts, "url": path}


def _perhaps(inspector: Inspector, route: Route, facts: dict[str, str]) -> Iterator[Guard]:
    for layer in route.perhaps:
        guard = inspector.look(layer, facts).guard
        if guard is not None and (guard.holds or guard.doubtful):
            yield replace(guard, kind=Kind.UNKNOWN, reason=f"whether {guard.name} meets this path cannot be told")


def handler_location(inspector: Inspector, route: Route) -> Location:
    held = route.handler
    return inspector.world.locate(held.place if isinstance(held, Closure | ClassValue) else route.place)


def _protection(item: Found, in_file: list[Found], write: Write) -> Protection | None:
    """The guard that all guarded siblings in the same file share, if they are the rule rather than the exception."""
    endpoint = item.endpoint
    if endpoint.verdict is not Verdict.UNGUARDED or endpoint.public_reason or "hook" in endpoint.path.lower():
        return None
    beside = [o for o in in_file if o.route.place != item.route.place]
    guarded = [o for o in beside if o.own is not None]
    bare = [o for o in beside if o.endpoint.verdict is Verdict.UNGUARDED and not o.endpoint.public_reason]
    others = [o for o in beside if o.endpoint.verdict is Verdict.GUARDED and o.own is None]
    if not guarded or others or len(guarded) < len(bare) or any(_asks_for_more(o.endpoint) for o in guarded):
        return None
    written = {write(item.route, o.own) for o in guarded if o.own is not None}
    return written.pop() if len(written) == 1 else None


def _asks_for_more(endpoint: Endpoint) -> bool:
    """Whether a guard asks for a role or scope: nobody but the author may choose one."""
    return any(guard.kind in (Kind.ROLE, Kind.SCOPE) for guard in endpoint.guards)
