"""Procedures of tRPC: which there are in routers of every kind, and the calls that built each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from rules.facts.endpoints.machine.values import (
    NOTHING,
    Arguments,
    Attribute,
    Closure,
    Either,
    Keyed,
    Listed,
    Made,
    Space,
    Value,
    name_of,
)
from rules.facts.endpoints.machine.world import World

INIT = "@trpc/server.initTRPC"
KINDS = frozenset(("query", "mutation", "subscription"))
CONCATENATES = frozenset(("concat", "unstable_concat"))
PIPES = frozenset(("unstable_pipe", "pipe"))
LAZY = ("@trpc/server.lazy", "@trpc/server.experimental_lazy", "@trpc/server.unstable_lazy")
MAX_NESTING = 12


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


def procedures(world: World) -> Iterator[Procedure]:
    """Every procedure of every router that stands in no other."""
    routers = [use for made in _inits(world) for use in made.uses if _is_router(use)]
    inner = {id(value) for router in routers for value in _parts(world, router)}
    for router in routers:
        if id(router) not in inner:
            yield from _procedures(world, router)


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


def functions(value: Value) -> list[Value]:
    """The functions of a middleware: of one that was piped, those of both; what is from outside stays as it is."""
    if not isinstance(value, Made):
        return [inner for v in value.values for inner in functions(v)] if isinstance(value, Listed) else [value]
    before = [value.callee.of] if isinstance(value.callee, Attribute) and value.method in PIPES else []
    inner = [a for a in (*before, *value.arguments.positional) if isinstance(a, Closure | Made)]
    made_here = _begins(value) or value.method == "create" or before
    return [function for part in inner for function in functions(part)] if made_here and inner else [value]
