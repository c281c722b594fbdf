"""Express 4 and 5: order decides, a path before a middleware is a prefix by segments, in any case.

Facts by running both versions: the form of each is a test. A middleware meets the requests of every route that comes
later and lies below its path, in whatever router that route was declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.visitor import effect_of
from rules.facts.endpoints.machine.values import (
    Closure,
    Given,
    Instance,
    Made,
    Regex,
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
from rules.facts.endpoints.routing.javascript import (
    answers_itself,
    calls_next,
    handle,
    handle_without_catching,
    innermost,
    passed_answer,
    passed_on,
)
from rules.facts.endpoints.routing.ordered import Before, Site, flat, last_link, met, near
from rules.facts.endpoints.routing.paths import joined, paths_of, segments
from rules.facts.endpoints.routing.writing import inline_middleware

NAME = "express"
MARKS = (b"express", b"Router(", b"app.use(", b"router.use(", b"router.get(", b"app.get(", b"app.post(")
METHODS = frozenset(
    ("get", "post", "put", "patch", "delete", "head", "options", "query", "trace", "all", "search", "propfind", "copy",
     "move", "mkcol", "lock", "unlock", "report", "purge", "link", "unlink", "connect", "merge", "notify", "subscribe")
)  # fmt: skip
ROUTERS = frozenset(
    ("express", "express.Router", "express-promise-router", "express-promise-router.Router", "router", "router.Router",
     "express-async-router.AsyncRouter", "express-ws().app", "@awaitjs/express.Router", "@awaitjs/express.addAsync")
)  # fmt: skip
APPS = ("express",)
TYPES = frozenset(f"express.{name}" for name in ("Express", "Application", "Router", "IRouter", "IRoutes"))
PARAMETER_NAMES = frozenset(("app", "router", "server", "api", "expressapp", "expressrouter", "application", "route"))
MAX_NESTING = 12


def read(world: World) -> Iterator[Endpoint]:
    """Every endpoint of every application, and of routers that no application was seen to use."""
    inspector = Inspector(world)
    reached: set[int] = set()
    for roots, found in ((_apps(world), True), (_routers(world), False), (_given(world), False)):
        for root in roots:
            if id(root) not in reached and (found or _declares(root)):
                walk = Walk(world, root, reached)
                walk.router(Site(root, "", Mount(found=found), (root,)))
                yield from endpoints(
                    inspector, NAME, near(walk.caught(), walk.before), partial(inline_middleware, world)
                )


class Walk:
    """One application from top to bottom, as a request would meet it."""

    def __init__(self, world: World, root: Symbol, reached: set[int]) -> None:
        self.routes: list[Route] = []
        self.before: list[Before] = []
        self.catching: list[tuple[int, Before]] = []
        self._world = world
        self._root = root
        self._reached = reached
        self._major = _major(world, root)

    def router(self, site: Site) -> None:
        """What a router declares and puts before later requests, in order."""
        self._reached.add(id(site.router))
        asked: dict[str, list[Made]] = {}
        for use in calls_on(site.router):
            paths = [joined(site.prefix, path) for path in _paths(use.arguments.get(0))]
            if use.method == "use":
                self._use(site, use, paths or [joined(site.prefix, "")])
            elif use.method == "param":
                asked.setdefault(text_of(use.arguments.get(0)) or "", []).append(use)
            elif use.method == "route":
                for path in paths:
                    for call in calls_on(use):
                        self._route(site, call, path, flat(call.arguments.positional), asked)
            elif use.method in METHODS and _is_route(use):
                for path in paths:
                    self._route(site, use, path, _handlers(self._world, use), asked)

    def caught(self) -> list[Route]:
        """The routes, each with what hears of its errors: handlers of errors that come after it."""
        return [
            replace(route, catchers=tuple(b.layer for at, b in self.catching if at > number and _meets(b, route)))
            for number, route in enumerate(self.routes)
        ]

    def _use(self, site: Site, use: Made, patterns: list[str]) -> None:
        given = _handlers(self._world, use)
        handlers = [value for value in given if not _takes_errors(value)]
        for catcher in (value for value in given if _takes_errors(value)):
            layer = self._layer(catcher, self._origin(site), use)
            self.catching += [(len(self.routes), Before(layer, pattern, site.router)) for pattern in patterns]
        for pattern in patterns:
            if self._major >= 5 and "*" in segments(pattern)[-1:]:
                continue
            for value in handlers:
                if isinstance(value, Symbol) and _is_router(value):
                    self._mount(site, use, value, pattern)
                elif _is_static(value):
                    served = self._made(site, use, "GET", joined(pattern, "*"), [value], [])
                    self.routes.append(replace(served, public="static files"))
                elif value is handlers[-1] and _paths(use.arguments.get(0)) and _serves(value):
                    self.routes.append(self._made(site, use, "ANY", pattern, [value], []))
                else:
                    layer = self._layer(value, self._origin(site), use)
                    self.before.append(Before(layer, pattern, site.router, ignore_case=True))

    def _mount(self, site: Site, use: Made, router: Symbol, pattern: str) -> None:
        if router in site.inside or len(site.inside) >= MAX_NESTING:
            return
        under = (*site.under, *use.under)
        places = (*site.mount.places, self._world.locate(use.place))
        mount = replace(site.mount, prefix=pattern, places=places)
        self.router(Site(router, pattern, mount, (*site.inside, router), under))

    def _route(self, site: Site, use: Made, path: str, handlers: list[Value], asked: dict[str, list[Made]]) -> None:
        handlers = [value for value in handlers if not _takes_errors(value)]
        if not handlers or use.method not in METHODS:
            return
        method = "ANY" if use.method == "all" else use.method.upper()
        if not _only_passes_on(handlers[-1]):
            parameters = [made for part in segments(path) for made in asked.get(part.strip(":?"), [])]
            self.routes.append(self._made(site, use, method, path, handlers, parameters))
        last = innermost(handlers[-1])
        if not isinstance(last, Closure) or calls_next(last):
            methods = frozenset[str]() if method == "ANY" else frozenset((method,))
            layers = [self._layer(value, Origin.EARLIER_ROUTE, use) for value in handlers]
            self.before += [Before(layer, path, site.router, True, methods, ignore_case=True) for layer in layers]

    def _made(
        self, site: Site, use: Made, method: str, path: str, handlers: list[Value], parameters: list[Made]
    ) -> Route:
        layers, perhaps = met(self.before, method, path, site.router)
        layers += [self._layer(f, Origin.ROUTER, made) for made in parameters for f in made.arguments.positional[1:]]
        layers += [self._layer(value, Origin.FUNCTION, use) for value in handlers[:-1]]
        layers.append(replace(self._layer(handlers[-1], Origin.IN_HANDLER, use), through=passed_answer))
        under = (*site.under, *use.under)
        mount = replace(site.mount, conditions=tuple(map(self._world.locate, under)))
        handler = innermost(handlers[-1])
        declared = last_link(self._world, use)
        return Route(
            method, path, use.place, handler, mount, tuple(layers), tuple(perhaps),
            under=under, declared=declared, after=len(self.before),
        )  # fmt: skip

    def _layer(self, value: Value, origin: Origin, use: Made) -> Layer:
        """A layer; before version 5 nobody catches what an async function throws."""
        unsafe = self._major < 5 and isinstance(value, Closure) and value.function.is_async
        return Layer(value, origin, use.place, handle_without_catching if unsafe else handle, passed_on, use.under)

    def _origin(self, site: Site) -> Origin:
        return Origin.APP if site.router is self._root else Origin.ROUTER


def _apps(world: World) -> list[Symbol]:
    mounted = {id(inner) for router in _routers(world) for use in calls_on(router) for inner in _mounted(world, use)}
    return [made for name in APPS for made in world.calls.get(name, []) if id(made) not in mounted]


def _routers(world: World) -> list[Symbol]:
    made: list[Symbol] = [made for name in sorted(ROUTERS) for made in world.calls.get(name, [])]
    return made + [instance for instance in world.instances if outside_base(instance.cls) in ROUTERS]


def _given(world: World) -> list[Symbol]:
    """Parameters that are an application by their type, or by their name and what is called on them."""
    return [given for given in world.givens if _looks_like_express(given)]


def _looks_like_express(given: Given) -> bool:
    kind = name_of(given.annotation) if given.annotation is not None else ""
    if kind:
        return kind in TYPES
    return given.name.lower() in PARAMETER_NAMES


def _declares(router: Symbol) -> bool:
    return any(use.method in METHODS and _is_route(use) for use in calls_on(router))


def _is_route(use: Made) -> bool:
    return len(use.arguments.positional) > 1 and bool(_paths(use.arguments.get(0)))


def _major(world: World, root: Symbol) -> int:
    """The major version of Express where an application was made: 5 unless the manifest says another."""
    path = root.place.path if isinstance(root, Made | Instance) else ""
    if not path or world.version(path, "express-async-errors"):
        return 5
    found = re.search(r"\d+", world.version(path, "express"))
    return int(found[0]) if found else 5


def calls_on(router: Symbol) -> list[Made]:
    """What was called on a router, also in a chain, in order."""
    found: list[Made] = []
    pending = list(router.uses)
    while pending:
        use = pending.pop()
        found.append(use)
        if use.method in METHODS or use.method in ("use", "param", "set", "engine", "disable", "enable"):
            pending.extend(use.uses)
    return sorted(found, key=lambda use: use.order)


def _paths(value: Value | None) -> list[str]:
    return [f"/{value.source}/"] if isinstance(value, Regex) else paths_of(value)


def _handlers(world: World, use: Made) -> list[Value]:
    """The functions and routers of a call, arrays taken apart."""
    given = use.arguments.positional[1:] if _paths(use.arguments.get(0)) else use.arguments.positional
    values = flat((*given, *use.arguments.more))
    return [world.exported(value.path, "default") if isinstance(value, Space) else value for value in values]


def _mounted(world: World, use: Made) -> list[Symbol]:
    if use.method != "use":
        return []
    return [value for value in _handlers(world, use) if isinstance(value, Symbol) and _is_router(value)]


def _is_router(value: Symbol) -> bool:
    if isinstance(value, Made):
        return name_of(value.callee) in ROUTERS
    return isinstance(value, Instance) and outside_base(value.cls) in ROUTERS


def _is_static(value: Value) -> bool:
    return isinstance(value, Made) and name_of(value.callee) in ("express.static", "serve-static")


def _serves(value: Value) -> bool:
    """Whether a function under a path answers rather than lets the request go on."""
    return isinstance(value, Closure) and len(value.function.params) < 3 and answers_itself(value)


def _takes_errors(value: Value) -> bool:
    if isinstance(value, Made):
        return name_of(value.callee).endswith((".expressErrorHandler", ".errorHandler"))
    return isinstance(value, Closure) and len(value.function.params) == 4


def _meets(before: Before, route: Route) -> bool:
    return before.meets(route.method, route.path) is not False


def _only_passes_on(value: Value) -> bool:
    """Whether the last function of a route is no handler: it only decides who comes to a later route."""
    inner = innermost(value)
    if isinstance(inner, Closure):
        return calls_next(inner) and not answers_itself(inner)
    return isinstance(value, Made) and effect_of(value) in ("authn", "role", "scope")
