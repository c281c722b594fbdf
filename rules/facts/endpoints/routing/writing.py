"""Edits of declarations: finding a call again in its file, and the name of a value there."""

from __future__ import annotations

from rules.core.finding import Edit
from rules.core.source import Span
from rules.facts.endpoints.caller.inspector import Layer
from rules.facts.endpoints.machine.values import Closure, Deferred, Extern, Place, Value
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Protection
from rules.facts.endpoints.routing.assemble import Route
from rules.facts.endpoints.routing.javascript import innermost
from rules.syntax.program import Call, Import
from rules.syntax.walk import walk


def call_at(world: World, place: Place) -> Call | None:
    """The call that stands at a place."""
    module = world.module(place.path)
    parts = walk(module.program.statements) if module is not None else iter(())
    return next((part for part in parts if isinstance(part, Call) and part.at == place.span), None)


def last_argument(world: World, place: Place, text: str) -> Edit | None:
    """Adds an argument at the end of a call."""
    source = world.source(place)
    if not source.endswith(b")"):
        return None
    inner = source[:-1].rstrip()
    end = place.span.start + len(inner)
    comma = "" if inner.endswith((b",", b"(")) else ","
    return Edit(place.path, Span(end, end), f"{comma} {text}".encode())


def name_in(world: World, path: str, wanted: Value) -> str | None:
    """The name that a value has at the top of a file."""
    module = world.module(path)
    names = module.env.names if module is not None else {}
    return next((name for name, value in names.items() if same(_settled(world, value), wanted)), None)


def _settled(world: World, value: Value) -> Value:
    return world.force(value) if isinstance(value, Deferred) else value


def same(one: Value, other: Value) -> bool:
    if isinstance(one, Extern) and isinstance(other, Extern):
        return one.name == other.name
    if isinstance(one, Closure) and isinstance(other, Closure):
        return one.function is other.function and one.env is other.env
    return one is other


def python_import(world: World, path: str, wanted: Value) -> tuple[str, Edit] | None:
    """An import, next to one of the same module, that gives a value a name in a file."""
    module = world.module(path)
    for statement in module.program.statements if module is not None else ():
        if not isinstance(statement, Import) or not statement.names or statement.names[0][0] is None:
            continue
        target = world.find(path, statement.module)
        name = name_in(world, target, wanted) if target is not None else None
        if target is None and isinstance(wanted, Extern) and wanted.name.rpartition(".")[0] == statement.module:
            name = wanted.name.rpartition(".")[2]
        if name is not None:
            text = f"\nfrom {statement.module} import {name}"
            return name, Edit(path, Span(statement.at.end, statement.at.end), text.encode())
    return None


def not_written(route: Route, guard: Layer) -> None:
    """For frameworks whose guards nobody but the author can write: they stand in handlers or in lists of their own."""


def protect_first(world: World, route: Route, guard: Layer) -> Protection | None:
    """Begins a handler with the statement with which another one in its file begins, where that is a lone check."""
    theirs, ours = innermost(guard.value), innermost(route.handler)
    if not isinstance(theirs, Closure) or not isinstance(ours, Closure) or not theirs.function.body.statements:
        return None
    first = theirs.function.body.statements[0]
    text = world.source(Place(theirs.env.path, first.at)).rstrip(b"; \n")
    body = ours.function.body.statements
    if text not in (b"await auth.protect()", b"await auth().protect()") or theirs.env.path != ours.env.path or not body:
        return None
    line = world.source(Place(ours.env.path, Span(0, body[0].at.start))).rpartition(b"\n")[2]
    indent = line[: len(line) - len(line.lstrip())]
    if line.strip() not in (b"", b"const", b"let", b"var"):
        return None
    start = body[0].at.start - len(line) + len(indent)
    return Protection(text.decode(), (Edit(ours.env.path, Span(start, start), text + b";\n" + indent),))


def inline_middleware(world: World, route: Route, guard: Layer) -> Protection | None:
    """Puts the middleware of another route, as it is written there, before the handler of a route."""
    theirs, ours = call_at(world, guard.place), call_at(world, route.place)
    if theirs is None or ours is None or len(ours.arguments) < 2:
        return None
    for argument in theirs.arguments[:-1]:
        if same(world.machine.value(argument.value, world.home(guard.place)), guard.value):
            text = world.source(Place(guard.place.path, argument.value.at))
            before = ours.arguments[-1].value.at.start
            return Protection(text.decode(), (Edit(route.place.path, Span(before, before), text + b", "),))
    return None
