"""Starlette: lists of routes, mounts with middleware of their own, and classes that answer by method.

Facts by running it (Starlette 1.10): the form of each is a test. `AuthenticationMiddleware` rejects nobody by itself;
`requires` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor
from rules.facts.endpoints.machine.host import Ending
from rules.facts.endpoints.machine.values import (
    Arguments,
    ClassValue,
    Closure,
    Given,
    Instance,
    Listed,
    Made,
    Symbol,
    Value,
    name_of,
    outside_base,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin
from rules.facts.endpoints.routing import asgi
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.ordered import Site
from rules.facts.endpoints.routing.paths import written_path
from rules.facts.endpoints.routing.writing import not_written

NAME = "starlette"
MARKS = (b"starlette",)
APPS = frozenset(("starlette.applications.Starlette",))
ROUTERS = frozenset(("starlette.routing.Router",))
ROUTES = {"starlette.routing.Route": "", "starlette.routing.WebSocketRoute": "WEBSOCKET"}
MOUNTS = frozenset(("starlette.routing.Mount", "starlette.routing.Host"))
STATIC = "starlette.staticfiles.StaticFiles"
VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
MAX_NESTING = 12


def read(world: World) -> Iterator[Endpoint]:
    """Every endpoint of every application, and of routers that nothing mounts."""
    inspector, walk = Inspector(world), Walk(world)
    for names, found in ((APPS, True), (ROUTERS, False)):
        made: list[Symbol] = [one for name in sorted(names) for one in world.calls.get(name, [])]
        made += [instance for instance in world.instances if outside_base(instance.cls) in names]
        for root in made:
            if id(root) not in walk.reached:
                yield from endpoints(inspector, NAME, walk.start(root, Mount(found=found)), not_written)


class Walk:
    """Applications with everything that is mounted in them."""

    def __init__(self, world: World) -> None:
        self.reached: set[int] = set()
        self._world = world
        self._routes: list[Route] = []

    def start(self, root: Symbol, mount: Mount) -> list[Route]:
        """The routes of an application."""
        self._routes = []
        self._router(Site(root, "", mount, (root,)), ())
        return self._routes

    def _router(self, site: Site, outer: tuple[Layer, ...]) -> None:
        self.reached.add(id(site.router))
        if not isinstance(site.router, Made | Instance):
            return
        options = site.router.arguments
        layers = (*outer, *asgi.listed(options.get(None, "middleware"), Origin.APP), *asgi.added(site.router))
        first = 0 if _is_router(site.router) else 1
        self._listed(site, options.get(first, "routes"), layers)
        for use in site.router.uses:
            if use.method == "mount":
                self._mount(site, use, layers)
            elif use.method in ("add_route", "add_websocket_route"):
                self._route(site, use, layers, "WEBSOCKET" if "websocket" in use.method else "")

    def _listed(self, site: Site, routes: Value | None, layers: tuple[Layer, ...]) -> None:
        for one in routes.values if isinstance(routes, Listed) else ():
            name = name_of(one.callee) if isinstance(one, Made) else ""
            if isinstance(one, Made) and name in MOUNTS:
                self._mount(site, one, layers)
            elif isinstance(one, Made) and name in ROUTES:
                self._route(site, one, layers, ROUTES[name])

    def _mount(self, site: Site, use: Made, layers: tuple[Layer, ...]) -> None:
        host = name_of(use.callee).endswith(".Host")
        prefix = site.prefix + ("" if host else (written_path(use.arguments.get(0, "path")) or "").rstrip("/"))
        inner = use.arguments.get(1, "app")
        own = (*layers, *asgi.listed(use.arguments.get(None, "middleware"), Origin.ROUTER))
        mount = replace(site.mount, prefix=prefix, places=(*site.mount.places, self._world.locate(use.place)))
        below = replace(site, prefix=prefix, mount=mount)
        if isinstance(inner, Made) and name_of(inner.callee) == STATIC:
            path = f"{prefix}/{{path:path}}"
            self._routes.append(Route("GET", path, use.place, inner, mount, own, public="static files"))
        elif isinstance(inner, Symbol) and inner not in site.inside and len(site.inside) < MAX_NESTING:
            self._router(replace(below, router=inner, inside=(*site.inside, inner)), own)
        else:
            self._listed(below, use.arguments.get(None, "routes"), own)

    def _route(self, site: Site, use: Made, layers: tuple[Layer, ...], method: str) -> None:
        path, handler = written_path(use.arguments.get(0, "path")), use.arguments.get(1, "endpoint")
        if path is None or handler is None:
            return
        own = (*layers, *asgi.listed(use.arguments.get(None, "middleware"), Origin.FUNCTION))
        for verb, value in self._methods(use, handler, method):
            last = Layer(value, Origin.IN_HANDLER, use.place, call_endpoint, got_answer, use.under)
            mount = replace(site.mount, conditions=tuple(map(self._world.locate, use.under)))
            where = site.prefix + path or "/"
            self._routes.append(Route(verb, where, use.place, _inner(value), mount, (*own, last), under=use.under))

    def _methods(self, use: Made, handler: Value, method: str) -> list[tuple[str, Value]]:
        """The methods that a route answers, each with what is called."""
        if isinstance(handler, ClassValue):
            made = Instance(handler, Arguments(), handler.place, 0)
            found = [(verb, self._world.machine.class_member(handler, verb, made)) for verb in VERBS]
            return [(verb.upper(), value) for verb, value in found if value is not None] or [(method or "ANY", handler)]
        named = use.arguments.get(None, "methods")
        verbs = [text_of(value) or "ANY" for value in named.values] if isinstance(named, Listed) else ["GET"]
        return [(method or verb.upper(), handler) for verb in ([method] if method else verbs)]


def _is_router(value: Made | Instance) -> bool:
    return (name_of(value.callee) if isinstance(value, Made) else outside_base(value.cls)) in ROUTERS


def call_endpoint(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls an endpoint with the request alone; what decorates it from outside decides first."""
    given = Arguments((Given(Standing.REQUEST),))
    if isinstance(value, Closure):
        return visitor.machine.follow(value, given)
    if isinstance(value, Made):
        visitor.machine.call(value, given, value.place)
    return []


def _inner(value: Value) -> Value:
    while isinstance(value, Made):
        inner = next((a for a in value.arguments.positional if isinstance(a, Closure | Made)), None)
        if inner is None:
            break
        value = inner
    return value
