"""Django and Django REST framework: URL configurations, the settings beside them, and what guards a view.

Facts by running them (Django 5.2, REST framework 3.18): the form of each is a test. `LoginRequiredMiddleware` does not
reach the views of REST framework, a mixin that stands right of `View` is never asked, and permissions that a plain
`View` names mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.machine.values import (
    Attribute,
    Extern,
    Instance,
    Known,
    Listed,
    Made,
    Space,
    Value,
    name_of,
    outside_base,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.django_calls import passed_view, through_middleware
from rules.facts.endpoints.routing.django_settings import Settings, settings_of
from rules.facts.endpoints.routing.django_views import SIGN_IN, Served, views_of
from rules.facts.endpoints.routing.rest_routers import ROUTERS, registered
from rules.facts.endpoints.routing.writing import not_written

NAME = "django"
MARKS = (b"django", b"rest_framework", b"urlpatterns")
PATHS = frozenset(("django.urls.path", "django.urls.re_path", "django.conf.urls.url", "django.urls.conf.path"))
INCLUDES = frozenset(("django.urls.include", "django.conf.urls.include", "django.urls.conf.include"))
PLAIN = frozenset(("django.conf.urls.i18n.i18n_patterns", "django.urls.i18n_patterns"))
_NAMED = re.compile(r"\(\?P<(\w+)>(?:[^()\\]|\\.|\([^()]*\))*\)")
LOGIN = "django.contrib.auth.middleware.LoginRequiredMiddleware"
UNSEEN = "what is included here is put together when it runs"
MAX_NESTING = 12


@dataclass(frozen=True)
class Site:
    """A list of URL patterns where it is included, with the decorators around it."""

    prefix: str
    mount: Mount
    path: str
    inside: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()


def read(world: World) -> Iterator[Endpoint]:
    """Every endpoint of every URL configuration that settings name; of the others those that nothing includes."""
    inspector, walk = Inspector(world), Walk(world)
    roots = dict(settings_of(world))
    for path, settings in sorted(roots.items()):
        yield from _endpoints(inspector, walk.root(path, settings, found=True))
    for path in sorted(world.candidates):
        if path.endswith("urls.py") and path not in walk.seen:
            yield from _endpoints(inspector, walk.root(path, Settings(), found=False))


def _endpoints(inspector: Inspector, routes: list[tuple[str, Route]]) -> Iterator[Endpoint]:
    for framework in ("django", "drf"):
        chosen = [route for name, route in routes if name == framework]
        yield from endpoints(inspector, framework, chosen, not_written)


class Walk:
    """URL configurations from their root to their views."""

    def __init__(self, world: World) -> None:
        self.seen: set[str] = set()
        self._world = world
        self._settings = Settings()
        self._routes: list[tuple[str, Route]] = []

    def root(self, path: str, settings: Settings, *, found: bool) -> list[tuple[str, Route]]:
        """The routes of a root configuration, each with the name of the framework whose view it is."""
        self._routes, self._settings = [], settings
        self._module(Site("/", Mount(found=found), path))
        return self._routes

    def _module(self, site: Site) -> None:
        if site.path in site.inside or len(site.inside) >= MAX_NESTING:
            return
        self.seen.add(site.path)
        patterns = self._world.exported(site.path, "urlpatterns")
        self._patterns(replace(site, inside=(*site.inside, site.path)), patterns)

    def _patterns(self, site: Site, patterns: Value) -> None:
        if isinstance(patterns, Listed):
            for one in patterns.values:
                self._patterns(site, one)
        elif isinstance(patterns, Attribute) and patterns.name == "urls":
            self._urls(site, patterns.of)
        elif isinstance(patterns, Made) and name_of(patterns.callee) in PATHS:
            self._path(site, patterns)
        elif isinstance(patterns, Made) and name_of(patterns.callee) in PLAIN:
            self._patterns(site, Listed(list(patterns.arguments.positional)))

    def _path(self, site: Site, use: Made) -> None:
        given = use.arguments.get(1, "view")
        said = use.arguments.get(0, "route") or use.arguments.get(0, "regex")
        if given is None or said is None:
            return
        written = text_of(said)
        if written is None:
            written = "" if _included(given) is not None else "${…}"
        plain = name_of(use.callee).endswith(".path")
        prefix = site.prefix + (written if plain else _read_regex(written))
        places = (*site.mount.places, self._world.locate(use.place))
        here = replace(site, prefix=prefix, mount=replace(site.mount, prefix=prefix, places=places))
        included = _included(given)
        if included is not None:
            self._include(here, use, included)
        elif isinstance(given, Attribute) and given.name == "urls":
            self._urls(here, given.of)
        elif isinstance(given, Listed) and given.values:
            self._patterns(here, given.values[0])
        else:
            views = views_of(self._world, given, use, self._settings)
            self._routes += [(view.framework, self._route(site, use, prefix, view)) for view in views]

    def _include(self, site: Site, use: Made, included: Value) -> None:
        if isinstance(included, Listed) and included.values and isinstance(included.values[0], Listed | Attribute):
            first = included.values[0]
            pair = len(included.values) == 2 and isinstance(included.values[1], Known)
            self._patterns(site, first if pair else included)
            return
        name = text_of(included)
        path = self._world.find(site.path, name) if name is not None else None
        path = included.path if isinstance(included, Space) else path
        if path is not None:
            self._module(replace(site, path=path))
        elif isinstance(included, Listed | Attribute):
            self._patterns(site, included)
        elif not isinstance(included, Known):
            unseen = Route("ANY", f"{site.prefix}${{…}}", use.place, included, site.mount, (), doubt=UNSEEN)
            self._routes.append(("django", unseen))

    def _urls(self, site: Site, owner: Value) -> None:
        """The `urls` of something: a router of REST framework, or the administration."""
        if isinstance(owner, Made | Instance) and _is_router(owner):
            for use, path, view in registered(self._world, owner, self._settings):
                self._routes.append((view.framework, self._route(site, use, site.prefix + path, view)))

    def _route(self, site: Site, use: Made, path: str, view: Served) -> Route:
        asked = view.framework == "django" and not view.anybody
        standing = [
            Layer(value, Origin.SETTINGS, use.place, through_middleware, passed_view)
            for value in self._settings.middleware
            if not isinstance(value, Extern) or (value.name == LOGIN and asked)
        ]
        mount = replace(site.mount, conditions=tuple(map(self._world.locate, use.under)))
        layers = (*standing, *site.layers, *view.layers)
        public = "sign-in or account recovery" if SIGN_IN.search(view.name) else ""
        return Route(
            view.method, path, use.place, view.handler, mount, layers, public=public, under=use.under,
            doubt=view.doubt, rate_limits=view.limits, nearly=view.nearly,
        )  # fmt: skip


def _is_router(owner: Made | Instance) -> bool:
    return (name_of(owner.callee) if isinstance(owner, Made) else outside_base(owner.cls)) in ROUTERS


def _included(value: Value) -> Value | None:
    return value.arguments.get(0, "arg") if isinstance(value, Made) and name_of(value.callee) in INCLUDES else None


def _read_regex(expression: str) -> str:
    """A path as a regular expression says it: named groups as parameters, without the marks of its ends."""
    plain = expression.removeprefix("^").removesuffix("$").replace("\\.", ".").removesuffix("/?")
    return _NAMED.sub(r"<\1>", plain)
