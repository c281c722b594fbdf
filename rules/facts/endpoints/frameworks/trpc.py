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
    Attribute,
    Closure,
    Either,
    Given,
    Keyed,
    Known,
    Listed,
    Made,
    Place,
    Space,
    Value,
    name_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Mount, Origin, Protection
from rules.facts.endpoints.public import public_reason
from rules.facts.endpoints.routing.assemble import Route, endpoints
from rules.facts.endpoints.routing.javascript import passed_on
from rules.facts.endpoints.routing.writing import call_at
from rules.syntax.program import Call, Const, Entry, Expr, Member, Name
from rules.syntax.walk import walk

NAME = "trpc"
MARKS = (b"@trpc/server", b"rocedure", b"outer({")
INIT = "@trpc/server.initTRPC"
KINDS = frozenset(("query", "mutation", "subscription"))
CONCATENATES = frozenset(("concat", "unstable_concat"))
PIPES = frozenset(("unstable_pipe", "pipe"))
LAZY = ("@trpc/server.lazy", "@trpc/server.experimental_lazy", "@trpc/server.unstable_lazy")
INPUT = frozenset(("input", "rawInput", "getRawInput"))
SETTLED = frozenset(("path", "type", "meta"))
"""What a procedure settles of what its middlewares are given."""

VALIDATED_FIRST = "the input is validated before it, and answered without asking who is calling"
MAX_NESTING = 12
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Inherited(Layer):
    """A middleware that came with the procedure on which another was built; `built` is where that one is finished."""

    built: Place = NOWHERE


@dataclass(frozen=True)
class Procedure:
    """A finished procedure under its path. `steps` are the calls that built it, in order; the last one finishes it.

    `whole` says that the chain begins where tRPC itself begins it.
    """

    path: str
    steps: tuple[Made, ...]
    whole: bool

    @property
    def made(self) -> Made:
        return self.steps[-1]

    @property
    def meta(self) -> Value:
        given = [step.arguments.get(0) for step in self.steps if step.method == "meta"]
        return given[-1] or NOTHING if given else NOTHING


def read(world: World) -> Iterator[Endpoint]:
    """Every procedure of every router that stands in no other."""
    inspector = Inspector(world)
    routers = [use for made in _inits(world) for use in made.uses if _is_router(use)]
    inner = {id(value) for router in routers for value in _parts(world, router)}
    routes = [
        _route(world, procedure)
        for router in routers
        if id(router) not in inner
        for procedure in _procedures(world, router)
    ]
    yield from endpoints(inspector, NAME, routes, partial(protect, world))


def protect(world: World, route: Route, guard: Layer) -> Protection | None:
    """Builds a procedure on the guarded one on which those beside it are built."""
    theirs, ours = (_base(world, guard.built) if isinstance(guard, Inherited) else None, _base(world, route.place))
    if theirs is None or ours is None:
        return None
    text = world.source(Place(route.place.path, theirs.at))
    return Protection(text.decode(), (Edit(route.place.path, ours.at, text),))


def _inits(world: World) -> Iterator[Made]:
    """What `initTRPC...create()` made."""
    pending = [made for name, calls in sorted(world.calls.items()) if name.startswith(INIT) for made in calls]
    while pending:
        made = pending.pop()
        if made.method == "create":
            yield made
        else:
            pending += made.uses


def _is_router(value: Value) -> bool:
    return isinstance(value, Made) and value.method in ("router", "mergeRouters") and _begins(value.callee)


def _begins(value: Value) -> bool:
    return name_of(value).startswith(INIT)


def _parts(world: World, router: Made) -> Iterator[Value]:
    """The routers right inside a router, those in records and behind lazy imports included."""
    for _, value in _entries(world, router, ""):
        if _is_router(value):
            yield value


def _entries(world: World, of: Value, path: str, depth: int = 0) -> Iterator[tuple[str, Value]]:
    """What a router or record holds, by dotted path."""
    if isinstance(of, Made) and of.method == "mergeRouters":
        for value in of.arguments.all:
            yield path, value
        return
    record = of.arguments.get(0) if isinstance(of, Made) else of
    for name, value in record.entries.items() if isinstance(record, Keyed) and depth <= MAX_NESTING else ():
        below = f"{path}.{name}" if path else name
        for option in value.options if isinstance(value, Either) else (value,):
            held = _loaded(world, option) if isinstance(option, Made) and name_of(option.callee) in LAZY else option
            if isinstance(held, Keyed):
                yield from _entries(world, held, below, depth + 1)
            else:
                yield below, held


def _loaded(world: World, lazy: Made) -> Value:
    """What a lazy router loads: a router, or the one that a module exports."""
    load = lazy.arguments.get(0)
    if not isinstance(load, Closure):
        return NOTHING
    value = world.from_top(load.place.path, partial(world.machine.call, load, Arguments(), load.place))
    module = world.module(value.path) if isinstance(value, Space) else None
    if module is None:
        return value or NOTHING
    offered = [world.exported(module.program.path, name) for name in sorted(module.exports)]
    return next((one for one in offered if _is_router(one)), NOTHING)


def _procedures(world: World, router: Value, path: str = "", depth: int = 0) -> Iterator[Procedure]:
    for below, value in _entries(world, router, path) if depth <= MAX_NESTING else ():
        if _is_router(value):
            yield from _procedures(world, value, below, depth + 1)
        elif isinstance(value, Made) and value.method in KINDS:
            steps, whole = _steps(value)
            yield Procedure(below, tuple(steps), whole)


def _steps(value: Value, depth: int = 0) -> tuple[list[Made], bool]:
    """The calls of a chain from its beginning, those of concatenated procedures in their place."""
    links: list[Made] = []
    while isinstance(value, Made):
        links.append(value)
        value = value.callee.of if isinstance(value.callee, Attribute) else NOTHING
    steps: list[Made] = []
    whole = _is_start(value)
    for link in reversed(links):
        if link.method in CONCATENATES and depth <= MAX_NESTING:
            other, known = _steps(link.arguments.get(0) or NOTHING, depth + 1)
            steps += other
            whole = whole and known
        else:
            steps.append(link)
    return steps, whole


def _is_start(value: Value) -> bool:
    return isinstance(value, Attribute) and value.name == "procedure" and _begins(value)


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
                layers += [_layer(world, procedure, step, value, inner, validated) for inner in _functions(value)]
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


def _functions(value: Value) -> list[Value]:
    """The functions of a middleware: of one that was piped, those of both; what is from outside stays as it is."""
    if not isinstance(value, Made):
        return [inner for v in value.values for inner in _functions(v)] if isinstance(value, Listed) else [value]
    before = [value.callee.of] if isinstance(value.callee, Attribute) and value.method in PIPES else []
    inner = [a for a in (*before, *value.arguments.positional) if isinstance(a, Closure | Made)]
    made_here = _begins(value) or value.method == "create" or before
    return [function for part in inner for function in _functions(part)] if made_here and inner else [value]


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
