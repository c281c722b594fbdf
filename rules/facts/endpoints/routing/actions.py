"""Server actions: functions that a browser can call by name, alone or built by a client with middlewares."""

from __future__ import annotations

from collections.abc import Iterator

from rules.facts.endpoints.caller.inspector import Layer
from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor
from rules.facts.endpoints.machine.host import Ending
from rules.facts.endpoints.machine.values import (
    NOTHING,
    Arguments,
    Attribute,
    Closure,
    Env,
    Given,
    Keyed,
    Known,
    Made,
    Place,
    Value,
    scalar_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Origin
from rules.facts.endpoints.routing.javascript import passed_on
from rules.facts.endpoints.routing.next_files import exports
from rules.syntax.program import Const, Do, Function, Stmt
from rules.syntax.walk import walk

BUILT = frozenset(("action", "stateAction", "handler"))
"""The last call on the client of an action, which is given its function."""

CHECKS = frozenset(("schema", "inputSchema", "bindArgsSchemas", "input"))
FAILURES = ("error", "errors", "serverError", "message")


def is_server_file(world: World, path: str) -> bool:
    """Whether a file says "use server" at its top, or in a function."""
    module = world.module(path)
    return module is not None and b"use server" in module.program.content


def actions_of(world: World, path: str) -> Iterator[tuple[str, Value, Place]]:
    """The actions of a file: all that it exports if it says so at its top, else the functions that say it."""
    module = world.module(path)
    if module is None:
        return
    if _says_so(module.program.statements):
        for name in sorted(exports(world, path)):
            value = world.exported(path, name)
            if isinstance(value, Closure | Made):
                yield name, value, value.place
        return
    for part in walk(module.program.statements):
        if isinstance(part, Function) and _says_so(part.body.statements):
            closure = Closure(part, Env({}, path, module.env, world.machine))
            yield part.name or "inline", closure, closure.place


def _says_so(statements: tuple[Stmt, ...]) -> bool:
    first = statements[0] if statements else None
    return isinstance(first, Do) and isinstance(first.value, Const) and first.value.value == "use server"


def layers_of_action(value: Value, place: Place) -> tuple[list[Layer], tuple[str, ...]]:
    """The middlewares of the client that an action is built by, its function last; and what checks its input."""
    links = list(_links(value)) if isinstance(value, Made) else []
    if not links or links[-1].method not in BUILT:
        return [Layer(value, Origin.IN_HANDLER, place, _call, _done)], ()
    layers = [
        Layer(given, Origin.CLIENT_CHAIN, link.place, _pass, passed_on)
        for link in links
        for given in link.arguments.positional
        if link.method in ("use", "useValidated")
    ]
    procedures = [link for link in links[:-1] if link.method == "handler"]
    layers += [
        Layer(given, Origin.PROCEDURE, link.place, _call_built, _done)
        for link in procedures
        for given in link.arguments.positional[:1]
    ]
    last = links[-1].arguments.get(0)
    layers.append(Layer(last or NOTHING, Origin.IN_HANDLER, place, _call_built, _done))
    return layers, tuple(link.method for link in links if link.method in CHECKS)


def _links(value: Value) -> Iterator[Made]:
    """The calls of a chain, the first first."""
    chain: list[Made] = []
    while isinstance(value, Made):
        chain.append(value)
        value = value.callee.of if isinstance(value.callee, Attribute) else value.callee
    yield from reversed(chain)


def _given() -> Keyed:
    parts = {"next": Standing.NEXT, "ctx": Standing.CONTEXT, "parsedInput": Standing.CALLER, "input": Standing.CALLER,
             "clientInput": Standing.CALLER}  # fmt: skip
    return Keyed({name: Given(role) for name, role in parts.items()}, True)


def _pass(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a middleware of a client, which goes on by `next`."""
    if isinstance(value, Closure):
        visitor.machine.follow(value, Arguments((_given(),)))
    return []


def _call(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a function with what the browser sends."""
    if not isinstance(value, Closure):
        return []
    sent = (Given(Standing.CALLER) for _ in value.function.params)
    return visitor.machine.follow(value, Arguments(tuple(sent)))


def _call_built(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls the function of a client with the input and what the middlewares found out."""
    return visitor.machine.follow(value, Arguments((_given(),))) if isinstance(value, Closure) else []


def _done(ending: Ending) -> bool:
    """Whether an action did what was asked. A failure that it returns once the caller proved to be nobody is none."""
    return got_answer(ending) and not (ending.consulted and _is_failure(ending.value))


def _is_failure(value: Value) -> bool:
    if isinstance(value, Known):
        return not value.value
    if not isinstance(value, Keyed):
        return False
    said = (value.entries.get(name) for name in ("success", "ok"))
    return any(scalar_of(one) is False for one in said) or any(name in value.entries for name in FAILURES)
