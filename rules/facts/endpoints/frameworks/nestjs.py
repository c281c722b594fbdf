"""NestJS: controllers, resolvers, gateways and message handlers, and the guards that stand before them.

Facts by running it: the form of each is a test. Guards add up: of the application, of the class with those of its
bases, of the method. Metadata guards nothing: what counts is the guard that reads it, and where it looks. Global
guards do not reach gateways; middleware of any module reaches the routes of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from rules.core.finding import Edit
from rules.core.source import Span
from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.visitor import effect_of, lets_in
from rules.facts.endpoints.machine.values import (
    ClassValue,
    Closure,
    Extern,
    Keyed,
    Listed,
    Made,
    Place,
    Value,
    foreign_base,
    lineage,
    name_of,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Miss, Mount, Origin, Protection, Trap
from rules.facts.endpoints.public import SIGN_IN
from rules.facts.endpoints.routing import nest_layers
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.decorators import Decorators, Mark, Marked
from rules.facts.endpoints.routing.nest_apps import App, Apps
from rules.facts.endpoints.routing.nest_context import PASSPORT, Target, entry_of, renamed
from rules.facts.endpoints.routing.nest_modules import Modules
from rules.facts.endpoints.routing.nest_paths import Served, versions_of
from rules.facts.endpoints.routing.ordered import flat
from rules.facts.endpoints.routing.paths import paths_of
from rules.facts.endpoints.routing.writing import call_at

NAME = "nestjs"
MARKS = (b"@nestjs/",)
COMPOSING = frozenset(("@nestjs/common.applyDecorators",))
GUARDING = "@nestjs/common.UseGuards"
CONTROLLER = "@nestjs/common.Controller"
GATEWAY = "@nestjs/websockets.WebSocketGateway"
ENTRANCES = (CONTROLLER, GATEWAY, "@nestjs/graphql.Resolver")
METHODS = {
    "Get": "GET", "Post": "POST", "Put": "PUT", "Patch": "PATCH", "Delete": "DELETE", "Options": "OPTIONS",
    "Head": "HEAD", "All": "ANY", "Search": "SEARCH", "QueryMethod": "QUERY", "Sse": "GET", "Propfind": "PROPFIND",
    "Proppatch": "PROPPATCH", "Mkcol": "MKCOL", "Copy": "COPY", "Move": "MOVE", "Lock": "LOCK", "Unlock": "UNLOCK",
}  # fmt: skip
MESSAGES = {
    "@nestjs/graphql.Query": ("QUERY", "graphql"),
    "@nestjs/graphql.Mutation": ("MUTATION", "graphql"),
    "@nestjs/graphql.Subscription": ("SUBSCRIPTION", "graphql"),
    "@nestjs/microservices.MessagePattern": ("MESSAGE", "rpc"),
    "@nestjs/microservices.EventPattern": ("EVENT", "rpc"),
    "@nestjs/microservices.GrpcMethod": ("GRPC", "rpc"),
    "@nestjs/microservices.GrpcStreamMethod": ("GRPC", "rpc"),
    "@nestjs/websockets.SubscribeMessage": ("MESSAGE", "ws"),
}
"""What makes a method a handler of something else than HTTP, what it is called, and of which kind its context is."""

ASKS = re.compile(r"role|permission|scope|polic|abilit", re.IGNORECASE)
"""Words in the keys under which handlers are marked with what a caller needs."""


@dataclass(frozen=True)
class Asked:
    """A method and path under which a handler is served."""

    method: str
    served: Served
    kind: str = "http"


def read(world: World) -> Iterator[Endpoint]:
    """Every handler of every application, and of classes that no application was seen to hold."""
    inspector = Inspector(world)
    reader = Reader(world)
    for app in reader.apps():
        yield from endpoints(inspector, NAME, list(reader.routes(app)), partial(protect, world))


def protect(world: World, route: Route, guard: Layer) -> Protection | None:
    """Puts the decorator that guards another handler, with that guard alone, above the decorators of a handler."""
    theirs = call_at(world, guard.place)
    if theirs is None or guard.place.path != route.place.path:
        return None
    text = world.source(guard.place)
    for argument in theirs.arguments if len(theirs.arguments) > 1 else ():
        value = world.from_top(guard.place.path, partial(world.machine.value, argument.value, world.home(guard.place)))
        if value is not None and same_guard(value, guard.value):
            name, inner = (world.source(Place(guard.place.path, part.at)) for part in (theirs.callee, argument.value))
            text = name + b"(" + inner + b")"
    start = route.place.span.start - 1
    line = world.source(Place(route.place.path, Span(0, start + 1))).rpartition(b"\n")[2]
    if line.strip() != b"@":
        return None
    edit = Edit(route.place.path, Span(start, start), b"@" + text + b"\n" + line[:-1])
    return Protection(text.decode(), (edit,))


def same_guard(one: Value, other: Value) -> bool:
    """Whether two guards are the same class, or made by the same call."""
    if isinstance(one, Made) and isinstance(other, Made):
        texts = [[text_of(v) for v in flat(made.arguments.positional)] for made in (one, other)]
        return name_of(one) == name_of(other) and texts[0] == texts[1]
    return one is other or (isinstance(one, Extern) and name_of(one) == name_of(other))


class Reader:
    """Finds the handlers of applications once all modules of the program were followed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._decorators = Decorators(world, COMPOSING)
        self._apps = Apps(world, self._decorators)

    def apps(self) -> Iterator[App]:
        """The applications, and one for the handlers that none of them holds."""
        held: set[Value] = set()
        for app in self._apps.served():
            held.update(base for cls, _ in self._entrances(app) for base in lineage(cls))
            yield app
        left = [cls for cls in self._world.classes if cls not in held and self._mark(cls, ENTRANCES) is not None]
        bases = {base for cls in left for base in lineage(cls)[1:]}
        yield App(Modules({cls: [cls] for cls in left if cls not in bases}), found=False)

    def routes(self, app: App) -> Iterator[Route]:
        for cls, module in self._entrances(app):
            for method in self._decorators.methods(cls):
                for asked, mark in self._asked(app, cls, module, method):
                    yield self._route(app, cls, method, asked, mark)

    def _entrances(self, app: App) -> Iterator[tuple[ClassValue, ClassValue | None]]:
        """The classes with handlers, each once in a module."""
        for module, controllers in app.modules.controllers.items():
            yield from ((cls, module) for cls in controllers)
        for cls in dict.fromkeys(app.modules.classes):
            if self._mark(cls, ENTRANCES) is not None:
                yield cls, None

    def _mark(self, cls: ClassValue, names: Iterable[str]) -> Mark | None:
        """The nearest mark of these on a class or its bases."""
        for ancestor in lineage(cls):
            for mark in self._decorators.on_class(ancestor) if isinstance(ancestor, ClassValue) else ():
                if mark.name in names:
                    return mark
        return None

    def _asked(
        self, app: App, cls: ClassValue, module: ClassValue | None, method: Marked
    ) -> Iterator[tuple[Asked, Mark]]:
        for mark in method.marks:
            verb = METHODS.get(mark.name.removeprefix("@nestjs/common."), "")
            if verb or mark.name == "@nestjs/common.RequestMapping":
                paths = paths_of(mark.arguments.get(0))
                if not verb:
                    options = mark.arguments.get(0)
                    entries = options.entries if isinstance(options, Keyed) else {}
                    paths, word = paths_of(entries.get("path")), name_of(entries.get("method")).rpartition(".")[2]
                    verb = "ANY" if word == "ALL" else word or "GET"
                above, versions = self._above(cls, method)
                prefix = app.prefixes.get(module, "") if module is not None else ""
                for served in app.scheme.served(verb, versions, ([prefix], above, paths)):
                    yield Asked(verb, served), mark
                return
            if mark.name in MESSAGES:
                verb, kind = MESSAGES[mark.name]
                yield Asked(verb, Served(_message(mark, method), ""), kind), mark

    def _above(self, cls: ClassValue, method: Marked) -> tuple[list[str], tuple[str, ...]]:
        """The paths of a controller, and the versions of a method: its own, or those of the controller."""
        mark = self._mark(cls, (CONTROLLER,))
        given = mark.arguments.get(0) if mark is not None else None
        entries = given.entries if isinstance(given, Keyed) else {"path": given} if given is not None else {}
        own = [m.arguments.get(0) for m in method.marks if m.name == "@nestjs/common.Version"]
        return paths_of(entries.get("path")), versions_of(own[0] if own else entries.get("version"))

    def _route(self, app: App, cls: ClassValue, method: Marked, asked: Asked, mark: Mark) -> Route:
        target = Target(self._decorators, cls, method, app.strategies, asked.kind)
        met, perhaps = self._middleware(app, cls, asked)
        layers = [*met, *self._global(app, target), *self._of_class(target), *self._of_method(target)]
        public = SIGN_IN if any(_signs_in(layer.value, app.strategies) for layer in layers) else ""
        doubt = "who may send it messages cannot be told" if asked.kind == "rpc" else ""
        mount = Mount(app.scheme.prefix, found=app.found)
        if not public:
            layers.append(nest_layers.handler(target))
        asked_at, before = (asked.method, asked.served.full, mark.place), tuple(layers)
        misses = tuple(self._unread(target))
        return Route(*asked_at, method.handler, mount, before, tuple(perhaps), public, doubt=doubt, misses=misses)

    def _unread(self, target: Target) -> Iterator[Miss]:
        """Metadata that names roles or permissions: whether a guard reads it shows in whether one holds."""
        classes = [cls for cls in lineage(target.cls) if isinstance(cls, ClassValue)]
        marks = (*target.method.marks, *(mark for cls in classes for mark in self._decorators.on_class(cls)))
        for mark in marks:
            key, value = entry_of(mark)
            named = next((word for one in (key, mark.value) if (word := text_of(one) or name_of(one))), "")
            if key is not None and isinstance(value, Listed) and ASKS.search(named):
                yield Miss(Trap.METADATA, named, self._world.locate(mark.place))

    def _middleware(self, app: App, cls: ClassValue, asked: Asked) -> tuple[list[Layer], list[Layer]]:
        """The middlewares that a request for a path meets, and those of which that cannot be told."""
        met: dict[bool | None, list[Layer]] = {True: [], None: []}
        for held in app.middleware if asked.kind == "http" else ():
            answer = held.meets(cls, asked.method, asked.served)
            if answer is not False:
                met[answer].append(nest_layers.middleware(held.value, Origin.APP, held.place, held.under))
        return met[True], met[None]

    def _global(self, app: App, target: Target) -> Iterator[Layer]:
        for guard in app.guards:
            if target.kind in guard.kinds:
                yield nest_layers.guard(target, guard.value, Origin.APP, guard.place, guard.under)

    def _of_class(self, target: Target) -> Iterator[Layer]:
        """The guards of a class and its bases, and of a gateway what it does with a new socket."""
        for ancestor in reversed(lineage(target.cls)):
            if isinstance(ancestor, ClassValue):
                origin = Origin.CLASS if ancestor is target.cls else Origin.BASE_CLASS
                yield from self._guards(target, self._decorators.on_class(ancestor), origin)
        connect = self._world.machine.class_member(target.cls, "handleConnection", None)
        if target.kind == "ws" and isinstance(connect, Closure):
            yield nest_layers.connection(target, connect)

    def _of_method(self, target: Target) -> Iterator[Layer]:
        yield from self._guards(target, target.method.marks, Origin.FUNCTION)

    def _guards(self, target: Target, marks: Iterable[Mark], origin: Origin) -> Iterator[Layer]:
        for mark in marks:
            under = () if mark.certain else (mark.place,)
            if mark.name == GUARDING:
                for value in flat((*mark.arguments.positional, *mark.arguments.more)):
                    yield nest_layers.guard(target, value, origin, mark.place, under)
            elif not mark.name.startswith("@nestjs/") and effect_of(mark.value) == "unknown":
                yield nest_layers.guard(target, mark.value, origin, mark.place, under)


def _signs_in(guard: Value, strategies: Mapping[str, str]) -> bool:
    """Whether a guard is the login itself."""
    base = foreign_base(guard) if isinstance(guard, ClassValue) else guard
    is_passport = isinstance(base, Made) and name_of(base) == PASSPORT
    return is_passport and isinstance(base, Made) and lets_in(renamed(base, strategies).arguments.get(0))


def _message(mark: Mark, method: Marked) -> str:
    """What a message handler or an operation is addressed by: a text, a pattern, or else its own name."""
    named = [value for value in mark.arguments.positional if not isinstance(value, Closure)]
    for value in named:
        if (text := text_of(value)) is not None:
            return text
        if isinstance(value, Keyed):
            texts = [text for entry in value.entries.values() if (text := text_of(entry)) is not None]
            name = text_of(value.entries.get("name"))
            if name is not None or ("microservices" in mark.name and texts):
                return name or ".".join(texts)
    return method.function.name
