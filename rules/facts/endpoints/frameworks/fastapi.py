"""FastAPI, with the Starlette forms that its applications share.

Facts by running it: the form of each is a test. Dependencies of an application or router reach its path operations,
websockets and frontends, also those added later, but nothing mounted and no Starlette route; middleware reaches all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

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
    Known,
    Listed,
    Made,
    Place,
    Space,
    Symbol,
    Value,
    name_of,
    outside_base,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin, Protection
from rules.facts.endpoints.routing import asgi
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.injection import depend, dependencies, dependency, signature
from rules.facts.endpoints.routing.paths import written_path
from rules.facts.endpoints.routing.writing import call_at, last_argument, name_in, python_import

NAME = "fastapi"
MARKS = (b"fastapi", b"APIRouter")
APPS = ("fastapi.FastAPI", "fastapi.applications.FastAPI")
ROUTERS = ("fastapi.APIRouter", "fastapi.routing.APIRouter")
METHODS = frozenset(("get", "post", "put", "patch", "delete", "options", "head", "trace"))
LATER = {"add_api_route": "api_route", "add_api_websocket_route": "websocket", "add_route": "route",
         "websocket_route": "route", "add_websocket_route": "route"}  # fmt: skip
"""Calls that declare what the decorator of the other name declares."""

MAX_NESTING = 12


@dataclass(frozen=True)
class Site:
    """A router where it is included: the prefix so far, and what its own routes inherit."""

    router: Made | Instance
    prefix: str
    mount: Mount
    middleware: tuple[Layer, ...]
    inherited: tuple[Layer, ...]
    inside: tuple[Symbol, ...]
    under: tuple[Place, ...] = ()

    def mounted(self, world: World, router: Made | Instance, prefix: str, use: Made) -> Site:
        """Another router where a call hangs it into this one, with nothing inherited but middleware."""
        under = (*self.under, *use.under)
        mount = replace(self.mount, prefix=prefix, places=(*self.mount.places, world.locate(use.place)))
        return Site(router, prefix, mount, self.middleware, (), (*self.inside, router), under)


def read(world: World) -> Iterator[Endpoint]:
    """Every endpoint of every application, and of routers that no application was seen to include."""
    inspector = Inspector(world)
    inner = {id(v) for made in _all(world) for use in made.uses for v in use.arguments.positional[:2]}
    routes: list[Route] = []
    for router in _all(world):
        if id(router) in inner or not (_is_app(router) or router.uses):
            continue
        site = Site(router, "", Mount(found=_is_app(router)), (), (), (router,))
        routes += _site(world, site)
    yield from endpoints(inspector, NAME, routes, partial(protect, world))


def protect(world: World, route: Route, guard: Layer) -> Protection | None:
    """Adds `dependencies=[Depends(g)]` to the declaration, and the imports that it needs."""
    call = call_at(world, route.place)
    if call is None or any(argument.name == "dependencies" for argument in call.arguments):
        return None
    names, edits = [], []
    for wanted in (Extern("fastapi.Depends"), guard.value):
        name = name_in(world, route.place.path, wanted)
        if name is None:
            imported = python_import(world, route.place.path, wanted)
            if imported is None:
                return None
            name = imported[0]
            edits.append(imported[1])
        names.append(name)
    last = last_argument(world, route.place, f"dependencies=[{names[0]}({names[1]})]")
    return Protection(names[1], (*edits, last)) if last is not None else None


def _all(world: World) -> list[Made | Instance]:
    made: list[Made | Instance] = [made for name in (*APPS, *ROUTERS) for made in world.calls.get(name, [])]
    return made + [i for i in world.instances if outside_base(i.cls) in (*APPS, *ROUTERS)]


def _kind(value: Value) -> str:
    return (
        name_of(value.callee)
        if isinstance(value, Made)
        else outside_base(value.cls)
        if isinstance(value, Instance)
        else ""
    )


def _is_app(value: Value) -> bool:
    return _kind(value) in APPS


def _options(router: Made | Instance) -> Arguments:
    """The arguments with which a router was made, those of a subclass's own constructor included."""
    if isinstance(router, Made):
        return router.arguments
    inits = [use for use in router.uses if use.method == "__init__"]
    return inits[-1].arguments if inits else router.arguments


def _site(world: World, site: Site) -> Iterator[Route]:
    options = _options(site.router)
    origin = Origin.APP if _is_app(site.router) else Origin.ROUTER
    own = tuple(_depends(options.get(None, "dependencies"), origin))
    middleware = (*asgi.listed(options.get(None, "middleware"), Origin.APP),
                  *asgi.added(site.router), *site.middleware)  # fmt: skip
    prefix = site.prefix + (written_path(options.get(None, "prefix")) or "")
    here = replace(site, prefix=prefix, middleware=middleware, inherited=(*site.inherited, *own))
    for use in site.router.uses:
        yield from _use(world, here, use)
    if _is_app(site.router):
        yield from _descriptions(here, options)


def _use(world: World, site: Site, use: Made) -> Iterator[Route]:
    method = LATER.get(use.method, use.method)
    if method == "include_router":
        yield from _include(world, site, use)
    elif method in ("mount", "host"):
        yield from _mount(world, site, use)
    elif method == "frontend":
        path = site.prefix + (written_path(use.arguments.get(0, "path")) or "")
        served = _route(world, site, use, "GET", path.rstrip("/") + "/{path:path}", use, site.inherited)
        yield replace(served, public="static files")
    elif method in METHODS or method in ("api_route", "websocket", "route"):
        yield from _operation(world, site, use, method)


def _include(world: World, site: Site, use: Made) -> Iterator[Route]:
    value = use.arguments.get(0, "router")
    router = world.exported(value.path, "router") if isinstance(value, Space) else value
    if not isinstance(router, Made | Instance) or router in site.inside or len(site.inside) > MAX_NESTING:
        return
    prefix = site.prefix + (written_path(use.arguments.get(None, "prefix")) or "")
    extra = tuple(_depends(use.arguments.get(None, "dependencies"), Origin.PARENT_ROUTER))
    lifted = tuple(_as_parent(layer) for layer in site.inherited)
    yield from _site(world, replace(site.mounted(world, router, prefix, use), inherited=(*lifted, *extra)))


def _as_parent(layer: Layer) -> Layer:
    return replace(layer, origin=Origin.PARENT_ROUTER) if layer.origin is Origin.ROUTER else layer


def _mount(world: World, site: Site, use: Made) -> Iterator[Route]:
    path = written_path(use.arguments.get(0, "path")) or "" if use.method == "mount" else ""
    inner = use.arguments.get(1, "app")
    prefix = site.prefix + path.rstrip("/")
    if isinstance(inner, Made | Instance) and _kind(inner) in (*APPS, *ROUTERS):
        if inner not in site.inside:
            yield from _site(world, site.mounted(world, inner, prefix, use))
    elif inner is not None:
        served = _route(world, site, use, "GET", prefix + "/{path:path}", inner, ())
        doubt = "" if _is_static(inner) else "what is mounted here is defined elsewhere"
        yield replace(served, public="static files" if _is_static(inner) else "", doubt=doubt)


def _is_static(value: Value) -> bool:
    return isinstance(value, Made) and name_of(value.callee).endswith("staticfiles.StaticFiles")


def _operation(world: World, site: Site, use: Made, method: str) -> Iterator[Route]:
    path = written_path(use.arguments.get(0, "path"))
    if path is None:
        return
    direct = use.method in LATER and use.method != "websocket_route"
    handlers = (
        [use.arguments.get(1, "endpoint")] if direct else [c.arguments.get(0) for c in use.uses if c.callee is use]
    )
    inherited = () if method == "route" else (*site.inherited, *_late(site, use))
    own = tuple(_depends(use.arguments.get(None, "dependencies"), Origin.FUNCTION))
    for handler in handlers:
        if handler is None:
            continue
        layers = () if method == "route" else (*inherited, *own, *_signature(world, handler))
        for verb in _verbs(use, method):
            yield _route(world, site, use, verb, site.prefix + path, handler, layers)


def _verbs(use: Made, method: str) -> list[str]:
    if method in METHODS:
        return [method.upper()]
    if "websocket" in use.method:
        return ["WEBSOCKET"]
    listed = use.arguments.get(None, "methods")
    named = [text_of(value) for value in listed.values] if isinstance(listed, Listed) else []
    return sorted(name.upper() for name in named if name) or ["GET"]


def _late(site: Site, use: Made) -> Iterator[Layer]:
    """Dependencies that were appended to the router's list before the route was added."""
    held = site.router.asked.get("dependencies")
    for change in held.uses if isinstance(held, Attribute) else []:
        if change.method == "append" and change.order < use.order:
            yield from _depends(Listed(list(change.arguments.positional)), Origin.ROUTER)


def _depends(value: Value | None, origin: Origin) -> Iterator[Layer]:
    """The layers of a `dependencies=[Depends(f)]` argument."""
    for inner in value.values if isinstance(value, Listed) else []:
        found = dependency(inner)
        if found is not None:
            yield Layer(found.target, origin, found.place, depend, got_value)


def _signature(world: World, handler: Value) -> Iterator[Layer]:
    """The layers that the handler's parameters name, and those of the class around it."""
    closure = signature(handler)
    if not isinstance(closure, Closure):
        return
    for found in dependencies(world.machine, closure):
        yield Layer(found.target, Origin.FUNCTION, found.place, depend, got_value)
    if closure.owner is not None:
        for held in closure.owner.definition.fields:
            value = world.machine.own_member(closure.owner, held.name, None) if held.value is not None else None
            yield from _depends(Listed([value] if value is not None else []), Origin.CLASS)


def _route(
    world: World, site: Site, use: Made, method: str, path: str, handler: Value, layers: tuple[Layer, ...]
) -> Route:
    under = (*site.under, *use.under)
    mount = replace(site.mount, conditions=tuple(map(world.locate, under)))
    follow = starlette if use.method in ("add_route", "route") else depend
    last = Layer(handler, Origin.IN_HANDLER, use.place, follow, got_answer)
    layers = (*site.middleware, *layers, last)
    return Route(method, path or "/", use.place, signature(handler), mount, layers, under=under)


def starlette(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a Starlette endpoint, which takes the request alone."""
    given = Arguments((Given(Standing.REQUEST),))
    if isinstance(value, Closure):
        return visitor.machine.follow(value, given)
    visitor.machine.call(value, given, value.place) if isinstance(value, Made | ClassValue) else None
    return []


DESCRIPTIONS = (("openapi_url", "/openapi.json"), ("docs_url", "/docs"), ("redoc_url", "/redoc"))


def _descriptions(site: Site, options: Arguments) -> Iterator[Route]:
    """The pages that describe the application, which every application has unless it switches them off."""
    off = isinstance(held := options.get(None, "openapi_url"), Known) and not held.value
    for option, default in DESCRIPTIONS:
        value = options.get(None, option)
        if off or (isinstance(value, Known) and not value.value):
            continue
        path = site.prefix + (written_path(value) or default)
        yield Route("GET", path, site.router.place, site.router, site.mount, site.middleware, public="description")
