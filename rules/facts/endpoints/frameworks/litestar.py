"""Litestar: handlers in controllers, routers and applications, each with guards that add up.

Facts by running it (Litestar 2.25): the form of each is a test. An empty list of guards takes none away. A handler
that says `exclude_from_auth` is left out by the middleware of an authentication backend, as are the paths it excludes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.outcome import got_answer, got_value
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor
from rules.facts.endpoints.machine.host import Ending
from rules.facts.endpoints.machine.values import (
    Arguments,
    Attribute,
    ClassValue,
    Closure,
    Extern,
    Given,
    Instance,
    Keyed,
    Listed,
    Made,
    Value,
    name_of,
    outside_base,
    scalar_of,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin
from rules.facts.endpoints.path_patterns import safe
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.paths import joined, paths_of
from rules.facts.endpoints.routing.writing import not_written

NAME = "litestar"
MARKS = (b"litestar",)
APPS = frozenset(("litestar.Litestar", "litestar.app.Litestar"))
ROUTERS = frozenset(("litestar.Router", "litestar.router.Router"))
CONTROLLERS = frozenset(("litestar.Controller", "litestar.controller.Controller"))
HANDLERS = {
    f"{module}.{name}": method
    for module in ("litestar", "litestar.handlers")
    for name, method in {
        "get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE", "head": "HEAD",
        "route": "", "websocket": "WEBSOCKET", "websocket_listener": "WEBSOCKET", "asgi": "ANY",
    }.items()
}  # fmt: skip
BACKENDS = re.compile(r"^litestar\.security\.(?:jwt|session_auth)\.")
MAX_NESTING = 12


@dataclass(frozen=True)
class Site:
    """Where handlers hang: below a prefix, with the guards of everything around them."""

    prefix: str
    mount: Mount
    guards: tuple[Layer, ...] = ()
    backends: tuple[Made, ...] = ()
    depth: int = 0


def read(world: World) -> Iterator[Endpoint]:
    """Every endpoint of every application."""
    inspector = Inspector(world)
    for app in [made for name in sorted(APPS) for made in world.calls.get(name, [])]:
        site = Site("", Mount(), tuple(_guards(app.arguments, Origin.APP, app)), tuple(_backends(app)))
        routes = list(_listed(world, app.arguments.get(0, "route_handlers"), site))
        yield from endpoints(inspector, NAME, routes, not_written)


def _backends(app: Made) -> Iterator[Made]:
    """The authentication backends that an application is given by `on_app_init`."""
    listed = app.arguments.get(None, "on_app_init")
    for one in listed.values if isinstance(listed, Listed) else ():
        of = one.of if isinstance(one, Attribute) else None
        if isinstance(of, Made) and BACKENDS.search(name_of(of.callee)):
            yield of


def _guards(options: Arguments, origin: Origin, use: Made) -> Iterator[Layer]:
    listed = options.get(None, "guards")
    for guard in listed.values if isinstance(listed, Listed) else ():
        yield Layer(guard, origin, use.place, asks_guard, got_value, use.under)


def _listed(world: World, handlers: Value | None, site: Site) -> Iterator[Route]:
    for one in handlers.values if isinstance(handlers, Listed) and site.depth < MAX_NESTING else ():
        marked = _marked(one)
        if isinstance(one, Made) and name_of(one.callee) in ROUTERS:
            for path in paths_of(one.arguments.get(None, "path")) or [""]:
                yield from _listed(world, one.arguments.get(None, "route_handlers"), _below(world, site, path, one))
        elif isinstance(one, ClassValue) and outside_base(one) in CONTROLLERS:
            yield from _controller(world, one, site)
        elif marked is not None:
            yield from _handler(world, *marked, site)


def _below(world: World, site: Site, path: str, use: Made) -> Site:
    prefix = joined(site.prefix, path) if path not in ("", "/") else site.prefix
    mount = replace(site.mount, prefix=prefix, places=(*site.mount.places, world.locate(use.place)))
    guards = (*site.guards, *_guards(use.arguments, Origin.ROUTER, use))
    return replace(site, prefix=prefix, mount=mount, guards=guards, depth=site.depth + 1)


def _controller(world: World, cls: ClassValue, site: Site) -> Iterator[Route]:
    made = Instance(cls, Arguments(), cls.place, 0)
    path = next(iter(paths_of(world.machine.class_member(cls, "path", made))), "")
    listed = world.machine.class_member(cls, "guards", made)
    own = [
        Layer(guard, Origin.CLASS, cls.place, asks_guard, got_value)
        for guard in (listed.values if isinstance(listed, Listed) else ())
    ]
    prefix = joined(site.prefix, path) if path not in ("", "/") else site.prefix
    below = replace(site, prefix=prefix, guards=(*site.guards, *own), depth=site.depth + 1)
    for method in cls.definition.methods:
        marked = _marked(world.machine.class_member(cls, method.name, made))
        if marked is not None:
            yield from _handler(world, *marked, below, made)


def _marked(value: Value | None) -> tuple[Made, Made] | None:
    """The declaring call around a handler, and the handler with whatever decorates it."""
    if isinstance(value, Made) and isinstance(value.callee, Made) and name_of(value.callee.callee) in HANDLERS:
        return value.callee, value
    return None


def _handler(world: World, use: Made, applied: Made, site: Site, this: Instance | None = None) -> Iterator[Route]:
    options = use.arguments
    inner = applied.arguments.get(0)
    if isinstance(inner, Closure):
        inner = Closure(inner.function, inner.env, this or inner.this, inner.owner, inner.attributes)
    listed = options.get(None, "http_method")
    named = [text_of(one) or _last(one) for one in (listed.values if isinstance(listed, Listed) else [listed]) if one]
    verbs = [HANDLERS[name_of(use.callee)]] if HANDLERS[name_of(use.callee)] else [verb for verb in named if verb]
    for path in paths_of(options.get(0, "path")) or [""]:
        where = joined(site.prefix, path)
        backends = [
            Layer(Extern(name_of(one.callee).removesuffix("[]")), Origin.APP, one.place, asks_guard, got_value)
            for one in site.backends
            if not _is_excluded(one, where, options)
        ]
        last = Layer(inner or applied, Origin.IN_HANDLER, use.place, call_handler, got_answer)
        layers = (*backends, *site.guards, *_guards(options, Origin.FUNCTION, use), last)
        mount = replace(site.mount, conditions=tuple(map(world.locate, use.under)))
        for verb in verbs:
            yield Route(verb.upper(), where, use.place, inner or applied, mount, layers, under=use.under)


def _last(value: Value) -> str:
    return name_of(value).rpartition(".")[2]


def _is_excluded(backend: Made, path: str, options: Arguments) -> bool:
    """Whether a backend leaves a handler out, by its own word or by the paths that the backend excludes."""
    said = options.get(None, "opt")
    opts = said.entries if isinstance(said, Keyed) else {}
    if scalar_of(options.get(None, "exclude_from_auth") or opts.get("exclude_from_auth")) is True:
        return True
    patterns = [safe(pattern) for pattern in paths_of(backend.arguments.get(None, "exclude"))]
    return any(pattern is not None and pattern.search(path) for pattern in patterns)


def asks_guard(visitor: Visitor, value: Value) -> list[Ending]:
    """Asks a guard, which turns somebody away by an error: it is given the connection and the handler."""
    connection = Given(Standing.REQUEST)
    given = Arguments((connection, Given("handler")))
    if isinstance(value, Closure):
        return visitor.machine.follow(value, given)
    if isinstance(value, Made | Instance):
        visitor.machine.call(value, given, value.place)
    return []


def call_handler(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a handler with what it asks for by name."""
    if not isinstance(value, Closure):
        return []
    params = value.function.params[1 if value.this is not None else 0 :]
    roles = {"request": Standing.REQUEST, "socket": Standing.REQUEST, "headers": Standing.HEADERS,
             "cookies": Standing.COOKIES, "state": Standing.SERVER}  # fmt: skip
    given = tuple(Given(roles.get(param.name, Standing.CALLER), param.name) for param in params)
    return visitor.machine.follow(value, Arguments(given))
