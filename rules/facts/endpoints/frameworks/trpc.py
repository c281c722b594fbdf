"""tRPC: procedures by their dotted path, and the middlewares of the procedure from which each was built.

Facts by running it: the form of each is a test. Routers hold no guard of their own: what counts are the middlewares
of the chain, in order, those of a base procedure and of a concatenated one included. An input that was declared
before a guard is validated first, so that whoever sends a bad one is never asked who he is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from rules.core.finding import Edit
from rules.facts.endpoints.caller.inspector import Inspector, Layer
from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor, effect_of
from rules.facts.endpoints.machine.host import Ending, Manner
from rules.facts.endpoints.machine.values import (
    NOTHING,
    NOWHERE,
    Arguments,
    Closure,
    Given,
    Keyed,
    Known,
    Made,
    Place,
    Value,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin, Protection
from rules.facts.endpoints.public import public_reason
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.javascript import passed_on
from rules.facts.endpoints.routing.trpc_procedures import Procedure, functions, procedures
from rules.facts.endpoints.routing.writing import call_at
from rules.syntax.program import Call, Const, Entry, Expr, Member, Name
from rules.syntax.walk import walk

NAME = "trpc"
MARKS = (b"@trpc/server", b"rocedure", b"outer({")
INPUT = frozenset(("input", "rawInput", "getRawInput"))
SETTLED = frozenset(("path", "type", "meta"))
"""What a procedure settles of what its middlewares are given."""

VALIDATED_FIRST = "the input is validated before it, and answered without asking who is calling"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Inherited(Layer):
    """A middleware that came with the procedure on which another was built; `built` is where that one is finished."""

    built: Place = NOWHERE


def read(world: World) -> Iterator[Endpoint]:
    """Every procedure of every router that stands in no other."""
    inspector = Inspector(world)
    routes = [_route(world, procedure) for procedure in procedures(world)]
    yield from endpoints(inspector, NAME, routes, partial(protect, world))


def protect(world: World, route: Route, guard: Layer) -> Protection | None:
    """Builds a procedure on the guarded one on which those beside it are built."""
    if not isinstance(guard, Inherited) or guard.built.path != route.place.path:
        return None
    theirs, ours = _base(world, guard.built), _base(world, route.place)
    if theirs is None or ours is None:
        return None
    text = world.source(Place(guard.built.path, theirs.at))
    return Protection(text.decode(), (Edit(route.place.path, ours.at, text),))


def _route(world: World, procedure: Procedure) -> Route:
    made = procedure.made
    layers: list[Layer] = []
    validated = False
    for step in procedure.steps[:-1]:
        if step.method == "input":
            validated = True
            schema = step.arguments.get(0)
            if isinstance(schema, Made) and effect_of(schema) == "validator":
                layers.append(Layer(schema, Origin.PROCEDURE, step.place, partial(_meet, procedure), passed_on))
        elif step.method == "use":
            for value in step.arguments.positional:
                layers += [_layer(world, procedure, step, value, inner, validated) for inner in functions(value)]
    handler = made.arguments.get(0) or NOTHING
    layers.append(Layer(handler, Origin.IN_HANDLER, made.place, partial(_answer, procedure), got_answer))
    words = "/".join(_HUMP.sub("-", part) for part in procedure.path.split("."))
    public = public_reason("GET" if made.method == "query" else "POST", words)
    doubt = "" if procedure.whole else "the procedure on which it is built could not be found"
    return Route(
        made.method.upper(), procedure.path, made.place, handler, Mount(), tuple(layers), public=public,
        under=made.under, doubt=doubt,
    )  # fmt: skip


def _layer(world: World, procedure: Procedure, step: Made, given: Value, value: Value, validated: bool) -> Layer:
    """A middleware; one that has no need of the input and comes after it comes too late."""
    late = VALIDATED_FIRST if validated and not (isinstance(value, Closure) and _mentions(value, INPUT)) else ""
    own, at = step.place, procedure.made.place
    inline = own.path == at.path and at.span.start <= own.span.start and own.span.end <= at.span.end
    follow, name = partial(_meet, procedure), _named(world, given)
    if inline:
        return Layer(value, Origin.FUNCTION, own, follow, passed_on, step.under, late, name)
    return Inherited(value, Origin.PROCEDURE, own, follow, passed_on, step.under, late, name, at)


def _named(world: World, value: Value) -> str:
    """The name that something made at the top of a file was given there."""
    names = world.home(value.place).names if isinstance(value, Made) else {}
    return next((name for name, held in names.items() if held is value), "")


def _base(world: World, place: Place) -> Expr | None:
    """What stands at the beginning of a chain of calls."""
    link: Expr | None = call_at(world, place)
    while isinstance(link, Call) and isinstance(link.callee, Member):
        link = link.callee.of
    return link if isinstance(link, Name | Member) else None


def _mentions(closure: Closure, names: frozenset[str]) -> bool:
    """Whether a function speaks of some of what it is given."""
    for part in walk([closure.function.params, closure.function.body]):
        key = part.key if isinstance(part, Entry) else None
        word = part.name if isinstance(part, Member) else key.value if isinstance(key, Const) else ""
        if word in names:
            return True
    return False


def _given(procedure: Procedure) -> dict[str, Value]:
    return {
        "ctx": Given(Standing.CONTEXT),
        "input": Given(Standing.CALLER),
        "rawInput": Given(Standing.CALLER),
        "getRawInput": Given("raw input"),
        "path": Known(procedure.path),
        "type": Known(procedure.made.method),
        "meta": procedure.meta,
        "signal": NOTHING,
    }


def _meet(procedure: Procedure, visitor: Visitor, value: Value) -> list[Ending]:
    """Sends a call through a middleware; it goes on by calling `next`, with whatever context."""
    if isinstance(value, Closure):
        visitor.answers = partial(_gives, visitor)
        visitor.used_facts = _mentions(value, SETTLED)
        given = Keyed({**_given(procedure), "next": Given("proceed")})
        visitor.machine.follow(value, Arguments((given,)))
    return []


def _answer(procedure: Procedure, visitor: Visitor, value: Value) -> list[Ending]:
    if not isinstance(value, Closure):
        return []
    visitor.answers = partial(_gives, visitor)
    visitor.used_facts = True
    return visitor.machine.follow(value, Arguments((Keyed(_given(procedure)),)))


def _gives(visitor: Visitor, made: Made) -> Value | None:
    """What the functions that tRPC hands in give."""
    role = made.callee.role if isinstance(made.callee, Given) else ""
    if role == "proceed":
        visitor.machine.endings.append(visitor.machine.end(Manner.ONWARD, NOTHING, made.place))
        return Given(Standing.SERVER)
    return Given(Standing.CALLER) if role == "raw input" else None
