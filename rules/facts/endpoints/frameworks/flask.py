"""Flask, with blueprints, class-based views, Flask-RESTX, Flask-RESTful and Flask-Smorest; Quart is written alike.

Facts by running it (Flask 3.1): the form of each is a test. A decorator above the route guards nothing, a hook of a
blueprint reaches those nested in it, and `decorators` of a subclass replaces that of its base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.machine.values import (
    Attribute,
    ClassValue,
    Given,
    Instance,
    Known,
    Listed,
    Made,
    Place,
    Symbol,
    Value,
    name_of,
    outside_base,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.flask_views import (
    VERBS,
    View,
    call_decorator,
    call_hook,
    call_view,
    decorate_above,
    function_view,
    methods_of,
    passed_hook,
    views_of_class,
)
from rules.facts.endpoints.routing.paths import written_path

NAME = "flask"
MARKS = (b"flask", b"Blueprint", b"quart")
APPS = frozenset(("flask.Flask", "quart.Quart", "apiflask.APIFlask"))
BLUEPRINTS = frozenset(("flask.Blueprint", "flask_smorest.Blueprint", "quart.Blueprint", "apiflask.APIBlueprint"))
APIS = frozenset(("flask_restx.Api", "flask_restful.Api", "flask_restplus.Api", "flask_smorest.Api"))
NAMESPACES = frozenset(("flask_restx.Namespace", "flask_restplus.Namespace", "flask_restx.namespace.Namespace"))
DECLARES = frozenset(("route", "add_url_rule", "register_blueprint", "before_request"))
NAMES = frozenset(("app", "blueprint", "bp", "application", "flask_app"))
MAX_NESTING = 10


@dataclass(frozen=True)
class Site:
    """An application, blueprint, API or namespace where it hangs, with the hooks and decorators that it inherits."""

    router: Symbol
    prefix: str
    mount: Mount
    inside: tuple[Symbol, ...]
    layers: tuple[Layer, ...] = ()
    under: tuple[Place, ...] = ()


def read(world: World) -> Iterator[Endpoint]:
    """Every endpoint of every application, and of what no application was seen to register."""
    inspector, walk = Inspector(world), Walk(world)
    write = partial(decorate_above, world)
    for kinds, found in ((APPS, True), (BLUEPRINTS | APIS, False), (NAMESPACES, False)):
        for root in _made(world, kinds):
            if id(root) not in walk.reached:
                yield from endpoints(inspector, NAME, walk.start(root, Mount(found=found)), write)
    for given in list(world.givens):
        if id(given) not in walk.reached and _is_application(given):
            yield from endpoints(inspector, NAME, walk.start(given, Mount(found=False)), write)


class Walk:
    """Applications with everything that is registered in them."""

    def __init__(self, world: World) -> None:
        self.reached: set[int] = set()
        self._world = world
        self._routes: list[Route] = []
        every = [*_made(world, APPS), *_made(world, BLUEPRINTS), *(g for g in world.givens if _is_application(g))]
        self._everywhere = [
            (use, value) for owner in every for use in owner.uses if use.method == "before_app_request"
            for value in use.arguments.positional[:1]
        ]  # fmt: skip

    def start(self, root: Symbol, mount: Mount) -> list[Route]:
        """The routes of an application, or of something that hangs in none."""
        self._routes = []
        layers = tuple(self._hook(use, value, Origin.APP) for use, value in self._everywhere if mount.found)
        self._router(Site(root, "", mount, (root,), layers))
        return self._routes

    def _hook(self, use: Made, value: Value, origin: Origin) -> Layer:
        return Layer(value, origin, use.place, call_hook, passed_hook, use.under)

    def _router(self, site: Site) -> None:
        self.reached.add(id(site.router))
        origin = Origin.APP if _kind(site.router) in APPS else Origin.ROUTER
        hooks = [
            self._hook(use, value, origin)
            for use in site.router.uses
            if use.method == "before_request"
            for value in use.arguments.positional[:1]
        ]
        outer = tuple(replace(layer, origin=_as_parent(layer.origin)) for layer in site.layers)
        site = replace(site, layers=(*outer, *hooks, *_decorators(site.router, origin)))
        for use in sorted(site.router.uses, key=lambda use: use.order):
            self._use(site, use)
        if origin is Origin.APP and _serves_files(site.router):
            self._static(site)
        for api in _made(self._world, APIS):
            if _target(api) is site.router and api not in site.inside:
                prefix = site.prefix + (written_path(_option(api, "prefix")) or "")
                self._below(site, api, api, prefix)

    def _static(self, site: Site) -> None:
        place = site.router.place if isinstance(site.router, Made | Instance) else None
        if place is not None:
            path = "/static/<path:filename>"
            route = Route("GET", path, place, site.router, site.mount, site.layers, public="static files")
            self._routes.append(route)

    def _use(self, site: Site, use: Made) -> None:
        given = use.arguments
        if use.method == "register_blueprint":
            blueprint = given.get(0, "blueprint")
            own = written_path(given.get(None, "url_prefix"))
            if isinstance(blueprint, Symbol):
                prefix = own if own is not None else written_path(_option(blueprint, "url_prefix")) or ""
                self._below(site, blueprint, use, site.prefix + prefix)
        elif use.method in ("add_namespace", "namespace", "init_app"):
            named = use if use.method == "namespace" else given.get(0, "ns")
            if isinstance(named, Symbol) and _kind(named) in NAMESPACES:
                self._below(site, named, use, site.prefix + _namespace_path(named, given.get(1, "path")))
        elif use.method == "add_url_rule":
            self._route(site, use, given.get(0, "rule"), given.get(2, "view_func"), given.get(None, "methods"))
        elif use.method in ("add_resource", "add_api_resource"):
            for path in given.positional[1:]:
                self._route(site, use, path, given.get(0), None)
        elif use.method == "route" or use.method in VERBS:
            verb = Listed([_text(use.method)]) if use.method in VERBS else given.get(None, "methods")
            for applied in use.uses:
                for written in given.positional or (None,):
                    if applied.callee is use:
                        self._route(site, use, written, applied.arguments.get(0), verb)

    def _below(self, site: Site, inner: Symbol, use: Made | Symbol, prefix: str) -> None:
        if inner in site.inside or len(site.inside) >= MAX_NESTING:
            return
        place = use.place if isinstance(use, Made) else None
        places = (*site.mount.places, self._world.locate(place)) if place is not None else site.mount.places
        under = (*site.under, *(use.under if isinstance(use, Made) else ()))
        mount = replace(site.mount, prefix=prefix, places=places)
        self._router(replace(site, router=inner, prefix=prefix, mount=mount, inside=(*site.inside, inner), under=under))

    def _route(self, site: Site, use: Made, path: Value | None, view: Value | None, methods: Value | None) -> None:
        written = written_path(path) if path is not None else ""
        if written is None or view is None:
            return
        for one in self._views(view, methods):
            under = (*site.under, *use.under)
            mount = replace(site.mount, conditions=tuple(map(self._world.locate, under)))
            layers = (*site.layers, *(replace(layer, place=use.place) for layer in one.layers))
            last = Layer(one.handler, Origin.IN_HANDLER, use.place, call_view, got_answer)
            where = site.prefix + written or "/"
            self._routes.append(Route(one.method, where, use.place, one.shown, mount, (*layers, last), under=under))

    def _views(self, view: Value, methods: Value | None) -> Iterator[View]:
        while isinstance(view, Made) and len(view.arguments.positional) == 1 and _holds_class(view):
            view = view.arguments.positional[0]
        inner = view.callee.of if isinstance(view, Made) and isinstance(view.callee, Attribute) else None
        if isinstance(view, ClassValue):
            yield from views_of_class(self._world, view, methods)
        elif isinstance(view, Made) and view.method == "as_view" and isinstance(inner, ClassValue):
            yield from views_of_class(self._world, inner, methods)
        else:
            yield from (function_view(self._world, view, method) for method in methods_of(methods))


def _made(world: World, kinds: frozenset[str]) -> list[Symbol]:
    """What was made of these classes; a factory that is called several times makes the same each time."""
    found: dict[Place, Symbol] = {}
    made: list[Made | Instance] = [made for name in sorted(kinds) for made in world.calls.get(name, [])]
    for one in (*made, *(instance for instance in world.instances if outside_base(instance.cls) in kinds)):
        if one.place not in found or len(one.uses) > len(found[one.place].uses):
            found[one.place] = one
    return list(found.values())


def _holds_class(value: Value) -> bool:
    """Whether decorators were put around a class."""
    while isinstance(value, Made) and len(value.arguments.positional) == 1:
        value = value.arguments.positional[0]
    return isinstance(value, ClassValue)


def _kind(value: Value) -> str:
    if isinstance(value, Made):
        return "flask_restx.Namespace" if value.method == "namespace" else name_of(value.callee)
    return outside_base(value.cls) if isinstance(value, Instance) else ""


def _is_application(given: Given) -> bool:
    kind = name_of(given.annotation) if given.annotation is not None else ""
    declares = any(
        use.method in ("route", "add_url_rule", "register_blueprint", "before_request") for use in given.uses
    )
    return declares and (kind in APPS | BLUEPRINTS if kind else given.name.lower() in NAMES)


def _option(router: Value, name: str) -> Value | None:
    return router.arguments.get(None, name) if isinstance(router, Made | Instance) else None


def _serves_files(app: Symbol) -> bool:
    """Whether an application serves its folder of static files, as it does unless told otherwise."""
    folder = _option(app, "static_folder")
    return not (isinstance(folder, Known) and folder.value is None)


def _target(api: Symbol) -> Value | None:
    """What an API was put on: an application or blueprint, at once or by `init_app`."""
    first = api.arguments.get(0, "app") if isinstance(api, Made | Instance) else None
    later = [use.arguments.get(0) for use in api.uses if use.method == "init_app"]
    return first if first is not None else next(iter(later), None)


def _decorators(router: Symbol, origin: Origin) -> Iterator[Layer]:
    """The decorators that an API or namespace puts around every method."""
    listed = _option(router, "decorators")
    if isinstance(listed, Listed) and isinstance(router, Made | Instance):
        yield from (Layer(value, origin, router.place, call_decorator, got_answer) for value in listed.values)


def _namespace_path(namespace: Symbol, given: Value | None) -> str:
    own = written_path(given) or written_path(_option(namespace, "path"))
    name = text_of(namespace.arguments.get(0, "name")) if isinstance(namespace, Made | Instance) else None
    return own if own is not None else f"/{name}" if name else ""


def _as_parent(origin: Origin) -> Origin:
    return Origin.PARENT_ROUTER if origin is Origin.ROUTER else origin


def _text(verb: str) -> Value:
    return Known(verb.upper())
