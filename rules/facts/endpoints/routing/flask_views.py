"""Views of Flask: functions, classes and resources, with what their decorators put before them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.core.finding import Edit
from rules.core.source import Span
from rules.facts.endpoints.caller.inspector import Layer
from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor, effect_of
from rules.facts.endpoints.machine.host import Ending, Manner
from rules.facts.endpoints.machine.values import (
    NOTHING,
    Arguments,
    ClassValue,
    Closure,
    Given,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Value,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Origin, Protection
from rules.facts.endpoints.routing.assemble import Route
from rules.facts.endpoints.routing.writing import name_in
from rules.syntax.program import Member, Name

VERBS = frozenset(("get", "post", "put", "patch", "delete"))
NAMED = (*sorted(VERBS), "head", "options")


@dataclass(frozen=True)
class View:
    """One method of a view: what is called, what is shown as its handler, and what stands around it."""

    method: str
    handler: Value
    shown: Value
    layers: tuple[Layer, ...] = ()


def call_view(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a view with what its path says; a decorator from outside decides before what is inside it."""
    if isinstance(value, Made):
        if effect_of(value.callee) in ("authn", "role", "scope"):
            raise visitor.machine.throw(value, value.place, True)
        inner = value.arguments.get(0)
        if len(value.arguments.positional) == 1 and isinstance(inner, Closure | Made):
            visitor.note(value.callee, effect_of(value.callee))
            return call_view(visitor, inner)
        return []
    if not isinstance(value, Closure):
        return []
    params = value.function.params[1 if value.this is not None else 0 :]
    return visitor.machine.follow(value, Arguments(tuple(Given(Standing.CALLER, param.name) for param in params)))


def call_hook(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls what runs before every request."""
    return visitor.machine.follow(value, Arguments()) if isinstance(value, Closure) else call_view(visitor, value)


def passed_hook(ending: Ending) -> bool:
    """Whether a hook let the request go on: it returned nothing."""
    nothing = ending.value is NOTHING or (isinstance(ending.value, Known) and ending.value.value is None)
    return ending.manner is Manner.ONWARD or (ending.manner is Manner.RETURN and nothing)


def methods_of(methods: Value | None) -> list[str]:
    """The methods that a route names; GET where it names none."""
    named = [text_of(value) for value in methods.values] if isinstance(methods, Listed) else []
    return sorted({name.upper() for name in named if name}) or ["GET"]


def function_view(world: World, value: Value, method: str) -> View:
    """A function with the decorators of the repository that stand above it by their names alone."""
    shown = _inner(value)
    layers = tuple(_by_name(world, shown)) if isinstance(shown, Closure) and value is not shown else ()
    return View(method, value, shown, layers)


def _by_name(world: World, view: Closure) -> Iterator[Layer]:
    for decorator in view.function.decorators:
        made = world.machine.value(decorator, view.env) if isinstance(decorator, Name | Member) else None
        if isinstance(made, Closure):
            yield Layer(made, Origin.FUNCTION, view.place, call_decorator, got_answer)


def _inner(value: Value) -> Value:
    """The function inside decorators."""
    steps = 0
    while isinstance(value, Made) and steps < 8:
        inner = next((a for a in value.arguments.positional if isinstance(a, Closure | Made)), None)
        if inner is None:
            break
        value, steps = inner, steps + 1
    return value.attributes.get("__wrapped__", value) if isinstance(value, Closure) else value


def views_of_class(world: World, cls: ClassValue, methods: Value | None) -> Iterator[View]:
    """The methods of a class-based view or a resource, with the decorators that the class names."""
    made = Instance(cls, Arguments(), cls.place, 0)
    around = list(_around(world, cls, made, ""))
    found = [verb for verb in NAMED if world.machine.class_member(cls, verb, made) is not None]
    whole = world.machine.class_member(cls, "dispatch_request", made)
    if not found and whole is not None:
        listed = methods if methods is not None else world.machine.class_member(cls, "methods", made)
        yield from (View(method, whole, _inner(whole), tuple(around)) for method in methods_of(listed))
    for verb in found:
        value = _bound(world.machine.class_member(cls, verb, made), made)
        yield View(verb.upper(), value, _inner(value), (*around, *_around(world, cls, made, verb)))


def _bound(value: Value | None, made: Instance) -> Value:
    """A method with its object, inside whatever decorators it has."""
    if isinstance(value, Closure):
        return Closure(value.function, value.env, value.this or made, value.owner, value.attributes)
    if isinstance(value, Made) and len(value.arguments.positional) == 1:
        inner = Arguments((_bound(value.arguments.positional[0], made),), value.arguments.named)
        return Made(value.callee, inner, value.place, value.order, value.under)
    return value if value is not None else NOTHING


def _around(world: World, cls: ClassValue, made: Instance, verb: str) -> Iterator[Layer]:
    """What `decorators` of a view, or `method_decorators` of a resource, put around a method."""
    for name in ("decorators", "method_decorators"):
        held = world.machine.class_member(cls, name, made)
        if isinstance(held, Keyed):
            held = held.entries.get(verb) if verb else None
        elif verb:
            held = None
        for value in held.values if isinstance(held, Listed) else ():
            yield Layer(value, Origin.CLASS, cls.place, call_decorator, got_answer)


def call_decorator(visitor: Visitor, value: Value) -> list[Ending]:
    """Sends a request through a decorator: what it makes of a view is called."""
    if not isinstance(value, Closure):
        return call_view(visitor, value)
    view = Given(Standing.NEXT)
    made = visitor.machine.call(value, Arguments((view,)), value.place)
    if not isinstance(made, Closure):
        return []
    endings = visitor.machine.follow(made, Arguments())
    return [ending for ending in endings if got_answer(ending) is False]


def decorate_above(world: World, route: Route, guard: Layer) -> Protection | None:
    """Puts the decorator of another view directly above the function of a route."""
    handler = route.handler
    name = name_in(world, route.place.path, guard.value)
    if not isinstance(handler, Closure) or handler.place.path != route.place.path or name is None:
        return None
    source = world.source(handler.place)
    start = handler.place.span.start + max(source.find(b"def "), 0)
    module = world.module(handler.place.path)
    content = module.program.content if module is not None else b""
    indent = content[content.rfind(b"\n", 0, start) + 1 : start]
    if indent.strip() not in (b"", b"async"):
        return None
    start -= len(indent) - len(indent.rstrip()) if indent.strip() else 0
    line = content.rfind(b"\n", 0, start) + 1
    blank = content[line : len(content)][: len(content[line:]) - len(content[line:].lstrip(b" \t"))]
    return Protection(name, (Edit(route.place.path, Span(line, line), blank + f"@{name}\n".encode()),))
