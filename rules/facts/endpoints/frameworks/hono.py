"""Hono: order decides; a pattern meets its own path alone unless it ends with `*`.

Facts by running it: the form of each is a test. `route` copies what a router holds when it is called; a middleware at
the top of a router that is mounted at `/` meets what the application declares later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor, effect_of, is_known
from rules.facts.endpoints.machine.host import Dead, Ending
from rules.facts.endpoints.machine.values import (
    Arguments,
    Attribute,
    Closure,
    Given,
    Instance,
    Keyed,
    Made,
    Mixed,
    Space,
    Symbol,
    Value,
    name_of,
    outside_base,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.javascript import innermost, passed_on
from rules.facts.endpoints.routing.ordered import Before, Site, flat, last_link, met, near
from rules.facts.endpoints.routing.paths import below, covers, joined, paths_of
from rules.facts.endpoints.routing.writing import inline_middleware

NAME = "hono"
MARKS = (b"hono",)
APPS = frozenset(("hono.Hono", "hono/quick.Hono", "hono/tiny.Hono", "@hono/zod-openapi.OpenAPIHono"))
METHODS = frozenset(("get", "post", "put", "patch", "delete", "options", "head", "query", "all"))
SAME = METHODS | {"on", "use", "openapi", "route", "mount", "onError", "notFound", "doc", "doc31"}
"""Calls that give the router itself."""

COMBINE = "hono/combine."
MAX_NESTING = 12


def read(world: World) -> Iterator[Endpoint]:
    """Every endpoint of every application, and of routers that no application was seen to mount."""
    inspector = Inspector(world)
    routers = _routers(world)
    walk = Walk(world, routers)
    write = partial(inline_middleware, world)
    for router in routers:
        if id(router) in walk.mounted:
            continue
        walk.start(router, Mount(found=_serves(world, router)))
        yield from endpoints(inspector, NAME, near(walk.routes, walk.before), write)
    for router in routers:
        if id(router) in walk.mounted:
            walk.start(router, Mount(found=False), only_unseen=True)
            yield from endpoints(inspector, NAME, near(walk.routes, walk.before), write)


class Walk:
    """Applications from top to bottom, as requests would meet them."""

    def __init__(self, world: World, routers: list[Symbol]) -> None:
        self.routes: list[Route] = []
        self.mounted = {id(inner) for router in routers for _, use in _calls(router) if (inner := _mounted(world, use))}
        self._world = world
        self._root: Symbol = routers[0] if routers else Given("none")
        self.before: list[Before] = []
        self._seen: set[int] = set()

    def start(self, root: Symbol, mount: Mount, *, only_unseen: bool = False) -> None:
        """Collects the routes of one application; of a mounted router only what came too late to be copied."""
        self.routes, self.before, self._root = [], [], root
        self._router(Site(root, "", mount, (root,)), only_unseen=only_unseen)

    def _router(self, site: Site, until: int | None = None, *, only_unseen: bool = False) -> None:
        for prefix, use in _calls(site.router):
            if (until is not None and use.order > until) or (only_unseen and id(use) in self._seen):
                continue
            self._seen.add(id(use))
            self._use(replace(site, prefix=joined(site.prefix, prefix) if prefix else site.prefix), use)

    def _use(self, site: Site, use: Made) -> None:
        given = list(use.arguments.positional)
        inner = _mounted(self._world, use)
        if inner is not None:
            if inner not in site.inside and len(site.inside) < MAX_NESTING:
                path = next(iter(paths_of(given[0])), "")
                places = (*site.mount.places, self._world.locate(use.place))
                prefix = below(site.prefix, path)
                mount = replace(site.mount, prefix=prefix, places=places)
                under = (*site.under, *use.under)
                self._router(Site(inner, prefix, mount, (*site.inside, inner), under), use.order)
        elif use.method == "use":
            paths = paths_of(given[0]) if given else []
            for pattern in paths or ["*"]:
                self._middleware(site, use, joined(site.prefix, pattern), given[1:] if paths else given)
        elif use.method == "on" and len(given) > 1:
            for method in paths_of(given[0]):
                for path in paths_of(given[1]):
                    self._route(site, use, method.upper(), path, given[2:])
        elif use.method == "openapi" and given:
            self._described(site, use, given)
        elif use.method in METHODS and given:
            for path in paths_of(given[0]):
                self._route(site, use, "ANY" if use.method == "all" else use.method.upper(), path, given[1:])

    def _described(self, site: Site, use: Made, given: list[Value]) -> None:
        """A route of `@hono/zod-openapi`: method, path and middleware stand in a record."""
        described = given[0].arguments.get(0) if isinstance(given[0], Made) else given[0]
        if isinstance(described, Keyed):
            method, path = text_of(described.entries.get("method")), paths_of(described.entries.get("path"))
            middleware = described.entries.get("middleware")
            if method and path:
                self._route(site, use, method.upper(), path[0], [*([middleware] if middleware else []), *given[1:]])

    def _middleware(self, site: Site, use: Made, pattern: str, values: list[Value]) -> None:
        for value in flat(values):
            if _is_static(value):
                served = self._made(site, use, "GET", pattern, [value])
                self.routes.append(replace(served, public="static files"))
            else:
                layer = self._layer(value, self._origin(site), use)
                self.before.append(Before(layer, pattern, site.router, _is_whole(pattern)))

    def _route(self, site: Site, use: Made, method: str, path: str, values: list[Value]) -> None:
        handlers = flat([*values, *use.arguments.more])
        if not handlers:
            return
        path = below(site.prefix, path)
        made = self._made(site, use, method, path, handlers)
        self.routes.append(replace(made, public="static files") if _is_static(handlers[-1]) else made)
        methods = frozenset[str]() if method == "ANY" else frozenset((method,))
        for value in handlers[:-1]:
            layer = self._layer(value, Origin.EARLIER_ROUTE, use)
            self.before.append(Before(layer, path, site.router, True, methods))

    def _made(self, site: Site, use: Made, method: str, path: str, handlers: list[Value]) -> Route:
        surely, perhaps = met(self.before, method, path, site.router)
        layers: list[Layer] = []
        for layer in [*surely, *(self._layer(value, Origin.FUNCTION, use) for value in handlers[:-1])]:
            excepted = _excepted(layer.value, path)
            if excepted is not True:
                parts = [replace(layer, value=part) for part in _in_a_row(layer.value)]
                (layers if excepted is False else perhaps).extend(parts)
        layers.append(Layer(handlers[-1], Origin.IN_HANDLER, use.place, answer, answered, use.under))
        under = (*site.under, *use.under)
        mount = replace(site.mount, conditions=tuple(map(self._world.locate, under)))
        handler = innermost(handlers[-1])
        declared = last_link(self._world, use)
        return Route(
            method, path, use.place, handler, mount, tuple(layers), tuple(perhaps),
            under=under, declared=declared, after=len(self.before),
        )  # fmt: skip

    def _layer(self, value: Value, origin: Origin, use: Made) -> Layer:
        return Layer(value, origin, use.place, any_of if _is_some(value) else answer, passed_on, use.under)

    def _origin(self, site: Site) -> Origin:
        return Origin.APP if site.router is self._root else Origin.ROUTER


def any_of(visitor: Visitor, value: Value) -> list[Ending]:
    """Sends a request through each of several middlewares, of which the first that lets it pass is enough."""
    endings: list[Ending] = []
    for part in value.arguments.positional if isinstance(value, Made) else ():
        with suppress(Dead):
            endings += answer(visitor, part)
    return endings


def answer(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a handler or middleware with the context and what comes next."""
    if isinstance(value, Made):
        if effect_of(value) in ("authn", "role", "scope"):
            raise visitor.machine.throw(value, value.place, True)
        value = value if is_known(value) else innermost(value)
    given = Arguments((Given(Standing.CONTEXT), Given(Standing.NEXT)))
    if isinstance(value, Closure):
        return visitor.machine.follow(value, given)
    if isinstance(value, Made | Instance):
        visitor.machine.call(value, given, value.place)
    return []


def answered(ending: Ending) -> bool:
    """Whether a handler gave what was asked for. After a caller was found to be nobody, an answer whose status is
    computed is the refusal that was caught."""
    value = ending.value
    status = value.arguments.get(1) if isinstance(value, Made) and isinstance(value.callee, Attribute) else None
    return got_answer(ending) and not (ending.consulted and isinstance(status, Symbol))


def _is_some(value: Value) -> bool:
    return isinstance(value, Made) and name_of(value.callee) == f"{COMBINE}some"


def _in_a_row(value: Value) -> list[Value]:
    """The middlewares that `every` and `except` have stand one after the other."""
    if not isinstance(value, Made) or name_of(value.callee) not in (f"{COMBINE}every", f"{COMBINE}except"):
        return [value]
    given = value.arguments.positional
    return flat(given[1:] if name_of(value.callee).endswith("except") else given)


def _excepted(value: Value, path: str) -> bool | None:
    """Whether `except` keeps a middleware from a path; None where a function decides."""
    if not isinstance(value, Made) or name_of(value.callee) != f"{COMBINE}except":
        return False
    patterns = [pattern for one in flat(value.arguments.positional[:1]) for pattern in paths_of(one)]
    if not patterns:
        return None
    covered = [covers(pattern, path, whole=_is_whole(pattern)) for pattern in patterns]
    return True if True in covered else None if None in covered else False


def _is_whole(pattern: str) -> bool:
    return not pattern.endswith("*")


def _is_static(value: Value) -> bool:
    return isinstance(value, Made) and name_of(value.callee).endswith("serveStatic")


def _routers(world: World) -> list[Symbol]:
    made: list[Symbol] = [made for name in sorted(APPS) for made in world.calls.get(name, [])]
    factories = world.calls.get("hono/factory.createFactory", [])
    made += [use for factory in factories for use in factory.uses if use.method == "createApp"]
    made += [instance for instance in world.instances if outside_base(instance.cls) in APPS]
    return made + [given for given in world.givens if _is_typed(given)]


def _is_typed(given: Given) -> bool:
    return given.annotation is not None and name_of(given.annotation) in APPS


def _calls(router: Symbol) -> list[tuple[str, Made]]:
    """What was called on a router in order, each with the base path under which it was."""
    found: list[tuple[str, Made]] = []
    pending = [("", use) for use in router.uses]
    while pending:
        prefix, use = pending.pop()
        if use.method == "basePath":
            prefix = joined(prefix, _base(use.arguments.get(0)))
        elif use.method in SAME:
            found.append((prefix, use))
        else:
            continue
        pending += [(prefix, further) for further in use.uses]
    return sorted(found, key=lambda pair: pair[1].order)


def _base(value: Value | None) -> str:
    """A base path; where it is configured, the one without configuration."""
    options = value.parts if isinstance(value, Mixed) and value.op == "or" else (value,)
    return next((path for option in options for path in paths_of(option)), "${…}")


def _mounted(world: World, use: Made) -> Symbol | None:
    """The router that a call hangs into another."""
    value = use.arguments.get(1) if use.method == "route" else None
    if isinstance(value, Space):
        value = world.exported(value.path, "default")
    while isinstance(value, Made) and value.method in {*SAME, "basePath"} and isinstance(value.callee, Attribute):
        value = value.callee.of
    return value if isinstance(value, Symbol) and _is_router(value) else None


def _is_router(value: Symbol) -> bool:
    if isinstance(value, Made):
        return name_of(value.callee) in APPS or value.method == "createApp"
    return (isinstance(value, Given) and _is_typed(value)) or (
        isinstance(value, Instance) and outside_base(value.cls) in APPS
    )


def _serves(world: World, router: Symbol) -> bool:
    """Whether a router that nothing mounts is an application: it is served, or put together of others."""
    if isinstance(router, Given):
        return False
    if router.asked.keys() & {"fetch", "request", "listen"}:
        return True
    if any(use.method in ("use", "route", "onError", "notFound", "mount") for _, use in _calls(router)):
        return True
    place = getattr(router, "place", None)
    exported = world.exported(place.path, "default") if place is not None else None
    while isinstance(exported, Made) and exported is not router and isinstance(exported.callee, Attribute):
        exported = exported.callee.of
    return exported is router
