"""Applications of NestJS: their modules, and what stands before all of their handlers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from rules.facts.endpoints.machine.values import ClassValue, Listed, Made, Place, Value
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.routing.decorators import Decorators
from rules.facts.endpoints.routing.nest_context import strategies_in
from rules.facts.endpoints.routing.nest_modules import Graph, Modules
from rules.facts.endpoints.routing.nest_paths import PLAIN, Pattern, Scheme, Served, patterns_of, scheme
from rules.facts.endpoints.routing.ordered import flat
from rules.facts.endpoints.routing.paths import joined, paths_of

MAKERS = ("@nestjs/core.NestFactory.create", "@nestjs/core.NestFactory.createMicroservice")


@dataclass(frozen=True)
class Middleware:
    """A middleware of a module, for whole classes or for patterns, or of the application. `excluded` leaves out."""

    value: Value
    place: Place
    under: tuple[Place, ...]
    classes: tuple[ClassValue, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    excluded: tuple[Pattern, ...] = ()
    of_app: bool = False

    def meets(self, cls: ClassValue, method: str, served: Served) -> bool | None:
        """Whether every request for a route meets it. Modules leave out the prefix of their application."""
        path = served.full if self.of_app else served.bare
        left_out = {pattern.meets(method, path) for pattern in self.excluded}
        answers = {cls in self.classes} | {pattern.meets(method, path) for pattern in self.patterns}
        if True in left_out or answers == {False}:
            return False
        return True if True in answers and None not in left_out else None


@dataclass(frozen=True)
class Global:
    """A guard of a whole application. One that was set on the application itself may not reach other transports."""

    value: Value
    place: Place
    under: tuple[Place, ...]
    kinds: frozenset[str]


@dataclass(frozen=True)
class App:
    """One application with all that its modules hold. Without `found` it is what no application was seen to serve.

    `prefixes` are the paths under which modules hang.
    """

    modules: Modules
    found: bool = True
    prefixes: Mapping[ClassValue, str] = field(default_factory=dict)
    scheme: Scheme = PLAIN
    guards: tuple[Global, ...] = ()
    middleware: tuple[Middleware, ...] = ()
    strategies: Mapping[str, str] = field(default_factory=dict)


class Apps:
    """Finds applications once all modules of the program were followed."""

    def __init__(self, world: World, decorators: Decorators) -> None:
        self._world = world
        self._graph = Graph(world, decorators)

    def served(self) -> Iterator[App]:
        """The applications that listen; of those with the same root module the last one, where none is seen to."""
        for closure in list(self._world.closures):
            if closure.function not in self._world.entered and b"NestFactory." in self._world.source(closure.place):
                self._world.from_top(closure.place.path, partial(self._world.call_blindly, closure))
        made = [made for name in MAKERS for made in self._world.calls.get(name, [])]
        for app in made:
            same = [other for other in made if other.arguments.get(0) is app.arguments.get(0)]
            listening = [other for other in same if any("listen" in use.method.lower() for use in other.uses)]
            if app in (listening or same[-1:]):
                yield self._app(app)

    def _app(self, made: Made) -> App:
        root = made.arguments.get(0)
        modules = self._graph.reached([root] if root is not None else [])
        used = tuple(_used(made))
        guards = tuple(self._guards(made, modules))
        middleware = (*used, *self._middleware(modules))
        strategies = strategies_in(modules.classes)
        return App(modules, True, self._graph.prefixes(), scheme(made), guards, middleware, strategies)

    def _guards(self, app: Made, modules: Modules) -> Iterator[Global]:
        everywhere = frozenset(("http", "graphql", "rpc"))
        for use in app.uses:
            if use.method == "useGlobalGuards":
                alone = app.method == "createMicroservice"
                kinds = everywhere if alone else frozenset(("http", "graphql"))
                for value in (*use.arguments.positional, *use.arguments.more):
                    yield Global(value, use.place, use.under, kinds)
        for entry in self._graph.app_guards(modules):
            yield Global(entry.value, entry.place, (entry.place,) if entry.under else (), everywhere)

    def _middleware(self, modules: Modules) -> Iterator[Middleware]:
        for module in modules.controllers:
            consumer = self._graph.consumer(module)
            for apply in _applications(consumer.uses if consumer is not None else []):
                yield from _chain(apply)


def _applications(uses: list[Made]) -> Iterator[Made]:
    """Every `apply` on a consumer, also those behind an earlier `forRoutes`."""
    pending = list(uses)
    while pending:
        use = pending.pop(0)
        pending += use.uses
        if use.method == "apply":
            yield use


def _chain(apply: Made) -> Iterator[Middleware]:
    """The middlewares of one `apply`, with what `exclude` and `forRoutes` behind it say."""
    excluded: list[Pattern] = []
    pending = list(apply.uses)
    while pending:
        use = pending.pop(0)
        given = Listed([*use.arguments.positional, *use.arguments.more])
        if use.method == "exclude":
            excluded += patterns_of(given, whole=True)
            pending += use.uses
        elif use.method == "forRoutes":
            given = Listed(flat(given.values))
            classes = tuple(value for value in given.values if isinstance(value, ClassValue))
            patterns = tuple(patterns_of(given, whole=False))
            for value in flat((*apply.arguments.positional, *apply.arguments.more)):
                yield Middleware(value, apply.place, apply.under, classes, patterns, tuple(excluded))


def _used(app: Made) -> Iterator[Middleware]:
    """What was put before all routes, or before those below a path, on the application itself."""
    for use in app.uses:
        if use.method == "use":
            paths = paths_of(use.arguments.get(0))
            patterns = tuple(Pattern(joined("/", path), whole=False) for path in paths) or (Pattern("/", whole=False),)
            for value in use.arguments.positional[1 if paths else 0 :]:
                yield Middleware(value, use.place, use.under, patterns=patterns, of_app=True)
