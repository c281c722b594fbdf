"""How Fastify calls hooks and handlers, and how a route is given a hook."""

from __future__ import annotations

from contextlib import suppress

from rules.core.finding import Edit
from rules.core.source import Span
from rules.facts.endpoints.caller.inspector import Layer
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor, effect_of, is_known
from rules.facts.endpoints.machine.host import Dead, Ending, Manner
from rules.facts.endpoints.machine.values import Arguments, Closure, Given, Instance, Made, Place, Value
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Protection
from rules.facts.endpoints.routing.assemble import Route
from rules.facts.endpoints.routing.javascript import innermost
from rules.facts.endpoints.routing.writing import call_at, same
from rules.syntax.program import Call, Const, Entry, Expr, Items, Name, Record

PHASES = ("onRequest", "preParsing", "preValidation", "preHandler")
"""The hooks that may turn a request away, in the order in which they run."""


def call_hook(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a hook: an async one lets the request go on by returning, one that takes `done` by calling that."""
    visitor.ends_with_answer = True
    if isinstance(value, Made):
        if effect_of(value) in ("authn", "role", "scope"):
            raise visitor.machine.throw(value, value.place, True)
        value = value if is_known(value) else innermost(value)
    given = Arguments((Given(Standing.REQUEST), Given(Standing.RESPONSE), Given(Standing.NEXT)))
    if isinstance(value, Closure):
        returned = visitor.machine.follow(value, given)
        return [] if len(value.function.params) > 2 else returned
    if isinstance(value, Made | Instance):
        visitor.machine.call(value, given, value.place)
    return []


def passed_hook(ending: Ending) -> bool:
    return ending.manner in (Manner.RETURN, Manner.ONWARD)


def any_of(visitor: Visitor, value: Value) -> list[Ending]:
    """Sends a request through the functions of `@fastify/auth`: one that lets it pass is enough."""
    endings: list[Ending] = []
    for part in value.arguments.positional if isinstance(value, Made) else ():
        with suppress(Dead):
            endings += call_hook(visitor, part)
    return endings


def answer(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a handler, which answers by what it returns or sends."""
    visitor.ends_with_answer = True
    given = Arguments((Given(Standing.REQUEST), Given(Standing.RESPONSE)))
    if isinstance(value, Closure):
        return visitor.machine.follow(value, given)
    if isinstance(value, Made | Instance):
        visitor.machine.call(value, given, value.place)
    return []


def with_option(world: World, route: Route, guard: Layer) -> Protection | None:
    """Gives a route the `preHandler` that another route has, as it is written there."""
    theirs, ours = call_at(world, guard.place), call_at(world, route.place)
    written = _hook_of(world, theirs, guard) if theirs is not None else None
    if ours is None or written is None:
        return None
    key, text = written
    options = next((a.value for a in ours.arguments if isinstance(a.value, Record)), None)
    if options is not None:
        if any(_key(entry) == key for entry in options.entries):
            return None
        at, added = options.at.start + 1, f" {key}: {text}{',' if options.entries else ' '}"
    elif len(ours.arguments) == 2:
        at, added = ours.arguments[1].value.at.start, f"{{ {key}: {text} }}, "
    else:
        return None
    return Protection(text, (Edit(route.place.path, Span(at, at), added.encode()),))


def _hook_of(world: World, call: Call, guard: Layer) -> tuple[str, str] | None:
    """The option of a route that holds a guard, and how it is written."""
    options = next((a.value for a in call.arguments if isinstance(a.value, Record)), None)
    for entry in options.entries if options is not None else ():
        key = _key(entry)
        if key in PHASES and any(_is(world, one, guard) for one in _each(entry.value)):
            return key, world.source(Place(guard.place.path, entry.value.at)).decode()
    return None


def _each(value: Expr) -> list[Expr]:
    return list(value.values) if isinstance(value, Items) else [value]


def _is(world: World, written: Expr, guard: Layer) -> bool:
    return same(world.machine.value(written, world.home(guard.place)), guard.value)


def _key(entry: Entry) -> str:
    key = entry.key
    if isinstance(key, Const):
        return str(key.value)
    return key.id if isinstance(key, Name) else ""
