"""Next.js: what is served follows from where files lie; the middleware runs where its matcher says.

Facts by the framework's own matcher and documentation (Next.js 16): a layout guards no route handler and no action, a
group in parentheses is no part of a path, and every function that a file with "use server" exports is an endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from rules.core.source import Span
from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.machine.values import Closure, Keyed, Known, Listed, Place, Value, text_of
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin, Trap
from rules.facts.endpoints.routing.actions import actions_of, is_server_file, layers_of_action
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.javascript import handle, innermost, passed_answer
from rules.facts.endpoints.routing.next_calls import guarding, handle_request, verbs_in
from rules.facts.endpoints.routing.next_files import Project, Served, exports, projects, served
from rules.facts.endpoints.routing.next_matcher import Runs, runs
from rules.facts.endpoints.routing.writing import protect_first

NAME = "nextjs"
MARKS = (b"use server",)
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def claims(path: str) -> bool:
    """Whether a file serves something by its name."""
    name = path.rpartition("/")[2].partition(".")[0]
    return name in ("route", "page", "middleware", "proxy") or "/pages/api/" in f"/{path}"


def read(world: World) -> Iterator[Endpoint]:
    """Every route handler, page, API route and server action of every application."""
    inspector = Inspector(world)
    for project in projects(world):
        middleware = Middleware(world, project)
        routes = [route for one in served(world, project) for route in _routes(world, one, middleware)]
        yield from endpoints(inspector, NAME, routes, partial(protect_first, world))
    files = [path for path in sorted(world.candidates) if is_server_file(world, path)]
    actions = [route for path in files for route in _actions(world, path)]
    yield from endpoints(inspector, NAME, actions, partial(protect_first, world))


@dataclass
class Middleware:
    """The one middleware of an application, and where it runs."""

    world: World
    project: Project

    def __post_init__(self) -> None:
        path = self.project.middleware
        names = exports(self.world, path) if path else set()
        found = next((name for name in ("default", "proxy", "middleware") if name in names), "")
        self.value = self.world.exported(path, found) if found else None
        config = self.world.exported(path, "config") if "config" in names else None
        matcher = config.entries.get("matcher") if isinstance(config, Keyed) else None
        self.matcher = plain(matcher) if matcher is not None else None
        module = self.world.module(path) if path else None
        self.place = Place(path, module.program.statements[0].at) if module and module.program.statements else None

    def layers(self, sample: str) -> tuple[list[Layer], list[Layer]]:
        """The layers before a path: those that stand there, and those that a caller may leave out."""
        if self.value is None or self.place is None:
            return [], []
        found = [Layer(value, Origin.MATCHER, self.place, follow, got_answer) for value, follow in guarding(self.value)]
        where = runs(self.matcher, sample)
        if where is Runs.NEVER:
            return [], []
        return (found, []) if where is Runs.ALWAYS else ([], found)

    def left_out(self, one: Served) -> list[Layer]:
        """The layers that a caller goes round by what is sent, or by a dot in a parameter of the path."""
        where = runs(self.matcher, one.sample)
        by_dot = where is Runs.ALWAYS and one.dotted != one.sample and runs(self.matcher, one.dotted) is Runs.NEVER
        standing = self.layers(one.sample)
        return standing[1] if where is Runs.UNLESS else standing[0] if by_dot else []


def _routes(world: World, one: Served, middleware: Middleware) -> Iterator[Route]:
    names = exports(world, one.path)
    if one.kind == "route":
        for verb in VERBS:
            if verb in names:
                yield _route(world, one, verb, world.exported(one.path, verb), middleware)
    elif "default" in names:
        value = world.exported(one.path, "default")
        if one.kind == "page":
            yield replace(_route(world, one, "GET", value, middleware), public="a page")
        else:
            for verb in verbs_in(world, one.path) or ["ANY"]:
                yield _route(world, one, verb, value, middleware)


def _route(world: World, one: Served, verb: str, value: Value, middleware: Middleware) -> Route:
    place = value.place if isinstance(value, Closure) and value.place.path == one.path else _declared(world, one, verb)
    layers, perhaps = middleware.layers(one.sample)
    nearly = tuple((Trap.CALLER_CHOOSES, layer) for layer in middleware.left_out(one))
    follow, through = (handle, passed_answer) if one.kind == "api" else (handle_request, got_answer)
    last = Layer(value, Origin.IN_HANDLER, place, follow, through)
    mount = Mount(one.prefix)
    asked = (*layers, last)
    return Route(verb, one.url, place, innermost(value), mount, asked, tuple(perhaps), sample=one.sample, nearly=nearly)


def _declared(world: World, one: Served, name: str) -> Place:
    """Where a file exports a name, or where it begins."""
    module = world.module(one.path)
    statements = module.program.statements if module is not None else ()
    for statement in statements:
        names = [offered for _, offered in getattr(statement, "names", ()) if isinstance(offered, str)]
        if name in names:
            return Place(one.path, statement.at)
    return Place(one.path, statements[0].at if statements else Span(0, 0))


def _actions(world: World, path: str) -> Iterator[Route]:
    for name, value, place in actions_of(world, path):
        layers, checked = layers_of_action(value, place)
        route = Route("POST", f"action:{name}", place, innermost(value), Mount(), tuple(layers))
        yield replace(route, validators=checked)


def plain(value: Value) -> object:
    """A constant of the program as a plain value; None inside where something is not known."""
    if isinstance(value, Listed):
        return [plain(inner) for inner in value.values]
    if isinstance(value, Keyed):
        return {key: plain(inner) for key, inner in value.entries.items()}
    return value.value if isinstance(value, Known) else text_of(value)
