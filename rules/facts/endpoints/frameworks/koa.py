"""Koa with its router: order decides; a router's middlewares meet its own routes alone, and those nested in it.

Facts by running it: the form of each is a test. What a router holds is copied when it is nested in another, and looked
at with each request when an application uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor, is_known
from rules.facts.endpoints.machine.host import Ending
from rules.facts.endpoints.machine.values import (
    Arguments,
    Attribute,
    Closure,
    Given,
    Instance,
    Keyed,
    Made,
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
from rules.facts.endpoints.routing.paths import below, joined, paths_of
from rules.facts.endpoints.routing.writing import inline_middleware

NAME = "koa"
MARKS = (b"koa",)
APPS = frozenset(("koa", "koa.Koa", "koa.default"))
ROUTERS = frozenset(("@koa/router", "@koa/router.Router", "koa-router", "koa-router.Router"))
METHODS = {
    **{
        name: name.upper()
        for name in ("get", "post", "put", "patch", "delete", "head", "options", "query", "link", "unlink")
    },
    "del": "DELETE",
    "all": "ANY",
}
SAME = METHODS.keys() | {"use", "register", "param", "prefix", "redirect"}
"""Calls that give the router itself."""

MAX_NESTING = 12


def read(world: World) -> Iterator[Endpoint]:
    """Every endpoint of every application, and of routers that no application was seen to use."""
    inspector, walk = Inspector(world), Walk(world)
    write = partial(inline_middleware, world)
    inner = {id(held) for app in _apps(world) for use in _calls(app) if (held := _mounted_app(use))}
    for app in _apps(world):
        if id(app) not in inner:
            yield from endpoints(inspector, NAME, walk.app(app), write)
    for router in _routers(world):
        if id(router) not in walk.reached:
            yield from endpoints(inspector, NAME, walk.router_alone(router), write)


class Walk:
    """Applications from top to bottom, as requests would meet them."""

    def __init__(self, world: World) -> None:
        self.reached: set[int] = set()
        self._world = world
        self._routes: list[Route] = []
        self._before: list[Before] = []

    def app(self, root: Symbol) -> list[Route]:
        """The routes of an application."""
        self._routes, self._before = [], []
        self._app(Site(root, "", Mount(), (root,)))
        return self._routes

    def router_alone(self, root: Symbol) -> list[Route]:
        """The routes of a router that nobody was seen to use."""
        self._routes, self._before = [], []
        self._router(Site(root, "", Mount(found=False), (root,)))
        return self._routes

    def _app(self, site: Site) -> None:
        for use in _calls(site.router):
            for value in _flat(use.arguments.positional) if use.method == "use" else ():
                self._used(site, use, value)

    def _used(self, site: Site, use: Made, value: Value) -> None:
        """Something that an application uses: a router, another application under a path, or a middleware."""
        path, inner = _under(value)
        router = _router_of(inner)
        if router is not None or _is_app(inner):
            target = router if router is not None else inner
            assert isinstance(target, Symbol)
            hung = self._below(site, use, target, path)
            if hung is not None and router is not None:
                self._router(hung)
            elif hung is not None:
                held = list(self._before)
                self._app(hung)
                self._before = held
        elif not _is_allowed_methods(inner):
            layer = self._layer(inner, Origin.APP, use)
            self._before.append(Before(layer, below(site.prefix, path), site.router, ignore_case=True))

    def _below(self, site: Site, use: Made, router: Symbol, path: str) -> Site | None:
        if router in site.inside or len(site.inside) >= MAX_NESTING:
            return None
        prefix = below(site.prefix, path)
        places = (*site.mount.places, self._world.locate(use.place))
        mount = replace(site.mount, prefix=prefix, places=places)
        return Site(router, prefix, mount, (*site.inside, router), (*site.under, *use.under))

    def _router(self, site: Site, until: int | None = None) -> None:
        """A router's routes in order; what it puts before them ends with it."""
        self.reached.add(id(site.router))
        held, first = list(self._before), len(self._routes)
        own = _prefix(site.router)
        site = replace(site, prefix=joined(site.prefix, own) if own else site.prefix)
        for use in _calls(site.router):
            if until is not None and use.order > until:
                continue
            if use.method == "use":
                self._use(site, use)
            elif use.method == "register":
                given = use.arguments
                for method in paths_of(given.get(1)):
                    self._route(site, use, method.upper(), paths_of(given.get(0)), given.positional[2:])
            elif use.method in METHODS:
                paths, handlers = _route_of(use)
                self._route(site, use, METHODS[use.method], paths, handlers)
        self._routes[first:] = near(self._routes[first:], self._before)
        self._before = held

    def _use(self, site: Site, use: Made) -> None:
        given = list(use.arguments.positional)
        paths = paths_of(given[0]) if given else []
        for value in _flat(given[1:] if paths else given):
            for path in paths or [""]:
                router = _router_of(value)
                if router is None:
                    layer = self._layer(value, Origin.ROUTER, use)
                    self._before.append(Before(layer, below(site.prefix, path), site.router, ignore_case=True))
                elif (inner := self._below(site, use, router, path)) is not None:
                    self._router(inner, use.order)

    def _route(self, site: Site, use: Made, method: str, paths: list[str], values: tuple[Value, ...]) -> None:
        handlers = _flat((*values, *use.arguments.more))
        for path in paths if handlers else ():
            whole = below(site.prefix, path)
            layers, perhaps = met(self._before, method, whole, site.router)
            layers += [self._layer(value, Origin.FUNCTION, use) for value in handlers[:-1]]
            layers.append(Layer(handlers[-1], Origin.IN_HANDLER, use.place, answer, got_answer, use.under))
            under = (*site.under, *use.under)
            mount = replace(site.mount, conditions=tuple(map(self._world.locate, under)))
            declared = last_link(self._world, use)
            handler = innermost(handlers[-1])
            self._routes.append(
                Route(
                    method,
                    whole,
                    use.place,
                    handler,
                    mount,
                    tuple(layers),
                    tuple(perhaps),
                    under=under,
                    declared=declared,
                    after=len(self._before),
                )
            )

    def _layer(self, value: Value, origin: Origin, use: Made) -> Layer:
        return Layer(value, origin, use.place, answer, passed_on, use.under)


def answer(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a handler or middleware with the context and what comes next."""
    if isinstance(value, Made) and not is_known(value):
        value = innermost(value)
    given = Arguments((Given(Standing.CONTEXT), Given(Standing.NEXT)))
    if isinstance(value, Closure):
        return visitor.machine.follow(value, given)
    if isinstance(value, Made | Instance):
        visitor.machine.call(value, given, value.place)
    return []


def _apps(world: World) -> list[Symbol]:
    made: list[Symbol] = [made for name in sorted(APPS) for made in world.calls.get(name, [])]
    made += [instance for instance in world.instances if outside_base(instance.cls) in APPS]
    return made + [given for given in world.givens if _is_app(given)]


def _is_app(value: Value) -> bool:
    if isinstance(value, Made):
        return name_of(value.callee) in APPS
    if isinstance(value, Instance):
        return outside_base(value.cls) in APPS
    return isinstance(value, Given) and value.annotation is not None and name_of(value.annotation) in APPS


def _routers(world: World) -> list[Symbol]:
    made: list[Symbol] = [made for name in sorted(ROUTERS) for made in world.calls.get(name, [])]
    return made + [instance for instance in world.instances if outside_base(instance.cls) in ROUTERS]


def _router_of(value: Value) -> Symbol | None:
    """The router whose `routes()` a value is."""
    if not isinstance(value, Made) or value.method not in ("routes", "middleware"):
        return None
    of: Value = value.callee.of if isinstance(value.callee, Attribute) else value
    while isinstance(of, Made) and of.method in SAME and isinstance(of.callee, Attribute):
        of = of.callee.of
    known = name_of(of.callee) in ROUTERS if isinstance(of, Made) else False
    known = known or (isinstance(of, Instance) and outside_base(of.cls) in ROUTERS)
    return of if known and isinstance(of, Symbol) else None


def _is_allowed_methods(value: Value) -> bool:
    return isinstance(value, Made) and value.method == "allowedMethods"


def _under(value: Value) -> tuple[str, Value]:
    """The path and what stands below it, where `koa-mount` puts one there."""
    if isinstance(value, Made) and name_of(value.callee) == "koa-mount" and value.arguments.positional:
        first, *rest = value.arguments.positional
        return (next(iter(paths_of(first)), ""), rest[0]) if rest else ("", first)
    return "", value


def _mounted_app(use: Made) -> Symbol | None:
    for value in _flat(use.arguments.positional) if use.method == "use" else ():
        inner = _under(value)[1]
        if isinstance(inner, Symbol) and _is_app(inner):
            return inner
    return None


def _flat(values: tuple[Value, ...] | list[Value]) -> list[Value]:
    """Middlewares one by one, those that `koa-compose` puts together too."""
    found: list[Value] = []
    for value in flat(values):
        composed = isinstance(value, Made) and name_of(value.callee) == "koa-compose"
        found += _flat(value.arguments.positional) if composed and isinstance(value, Made) else [value]
    return found


def _prefix(router: Symbol) -> str:
    """The prefix with which a router was made, or that it was given later."""
    options = router.arguments.get(0) if isinstance(router, Made | Instance) else None
    said = options.entries.get("prefix") if isinstance(options, Keyed) else None
    later = [use.arguments.get(0) for use in router.uses if use.method == "prefix"]
    return next((path for value in (*reversed(later), said) for path in paths_of(value)), "")


def _calls(router: Symbol) -> list[Made]:
    """What was called on an application or router, also in a chain, in order."""
    found: list[Made] = []
    pending = list(router.uses)
    while pending:
        use = pending.pop()
        if use.method in SAME:
            found.append(use)
            pending.extend(use.uses)
    return sorted(found, key=lambda use: use.order)


def _route_of(use: Made) -> tuple[list[str], tuple[Value, ...]]:
    """The paths and the functions of a declaration, which may begin with a name."""
    given = use.arguments.positional
    named = len(given) > 2 and text_of(given[0]) is not None and bool(paths_of(given[1]))
    first = 1 if named else 0
    return paths_of(given[first]) if len(given) > first else [], given[first + 1 :]
