"""Calls functions as FastAPI does: every parameter is a dependency, a part of the request, or sent by the caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts.endpoints.caller.standing import Standing, is_credential
from rules.facts.endpoints.caller.visitor import Visitor, effect_of
from rules.facts.endpoints.machine.calls import Machine
from rules.facts.endpoints.machine.host import Basis, Dead, Ending, Manner
from rules.facts.endpoints.machine.values import (
    NOWHERE,
    Arguments,
    ClassValue,
    Closure,
    Either,
    Env,
    Extern,
    Given,
    Instance,
    Listed,
    Made,
    Picked,
    Place,
    Value,
    join,
    name_of,
    text_of,
)
from rules.syntax.program import Param

DEPENDS = frozenset(("fastapi.Depends", "fastapi.Security", "fastapi.params.Depends", "fastapi.params.Security"))
CONNECTIONS = frozenset(
    f"{module}.{name}"
    for module in ("fastapi", "fastapi.requests", "starlette.requests", "starlette.websockets", "fastapi.websockets")
    for name in ("Request", "WebSocket", "HTTPConnection")
)
OURS = frozenset(("Response", "BackgroundTasks", "SecurityScopes"))


@dataclass(frozen=True)
class Dependency:
    """A parameter or list entry that names something to call. `scopes` are what `Security` asks for."""

    target: Value
    place: Place
    scopes: tuple[str, ...] = ()


def dependency(value: Value | None, kind: Value | None = None) -> Dependency | None:
    """What `Depends(f)` or `Security(f)` stands for; without an argument it is the parameter's own type."""
    if not isinstance(value, Made) or name_of(value.callee) not in DEPENDS:
        return None
    target = value.arguments.get(0, "dependency") or kind
    if target is None:
        return None
    scopes = value.arguments.get(1, "scopes")
    texts = [text_of(scope) for scope in scopes.values] if isinstance(scopes, Listed) else []
    return Dependency(target, value.place, tuple(text for text in texts if text))


def parameters(machine: Machine, closure: Closure) -> Iterator[tuple[Param, Value | None, list[Value]]]:
    """Each parameter with its type and the markers on it."""
    params = closure.function.params
    bound = closure.owner is not None and closure.env.path.endswith(".py")
    for param in params[1:] if bound else params:
        annotation = _evaluated(machine, param, closure.env)
        kind, markers = _annotated(annotation)
        if param.default is not None:
            markers.append(machine.value(param.default, closure.env))
        yield param, kind, markers


def _evaluated(machine: Machine, param: Param, env: Env) -> Value | None:
    if param.annotation is None:
        return None
    value = machine.value(param.annotation, env)
    name = text_of(value)
    if name is not None and name.isidentifier() and (holder := env.holder(name)) is not None:
        return machine.world.settled(holder.names[name])
    return value


def _annotated(annotation: Value | None) -> tuple[Value | None, list[Value]]:
    """A type and what `Annotated` adds to it."""
    is_annotated = isinstance(annotation, Picked) and name_of(annotation.of).endswith("Annotated")
    if is_annotated and isinstance(annotation, Picked) and isinstance(annotation.key, Listed):
        return annotation.key.values[0], annotation.key.values[1:]
    return annotation, []


def dependencies(machine: Machine, closure: Closure) -> Iterator[Dependency]:
    """The dependencies that the parameters of a function name."""
    for _, kind, markers in parameters(machine, closure):
        yield from (found for marker in markers if (found := dependency(marker, kind)) is not None)


def arguments_for(visitor: Visitor, closure: Value) -> Arguments:
    """What FastAPI passes to a function; raises `Dead` where a dependency turns the caller away."""
    if not isinstance(closure, Closure):
        return Arguments()
    named = {
        param.name: _argument(visitor, param, kind, markers)
        for param, kind, markers in parameters(visitor.machine, closure)
        if param.name and not param.spread
    }
    return Arguments((), named)


def _argument(visitor: Visitor, param: Param, kind: Value | None, markers: list[Value]) -> Value:
    for marker in markers:
        found = dependency(marker, kind)
        if found is not None:
            return resolved(visitor, found.target)
        word = name_of(marker.callee).rpartition(".")[2] if isinstance(marker, Made) else ""
        if word in ("Header", "Cookie") and isinstance(marker, Made):
            sent = text_of(marker.arguments.get(None, "alias")) or param.name.replace("_", "-")
            return Given(Standing.CREDENTIAL if word == "Cookie" or is_credential(sent) else Standing.CALLER)
    name = name_of(kind)
    if name in CONNECTIONS:
        return Given(Standing.REQUEST)
    return Given(Standing.SERVER if name.rpartition(".")[2] in OURS else Standing.CALLER)


def resolved(visitor: Visitor, target: Value) -> Value:
    """The value that a dependency gives to a caller without an identity."""
    machine = visitor.machine
    if isinstance(target, Either):
        return join([resolved(visitor, option) for option in target.options])
    if isinstance(target, Closure):
        return machine.call(target, arguments_for(visitor, target), target.place)
    if isinstance(target, ClassValue):
        init = machine.class_member(target, "__init__", None)
        given = arguments_for(visitor, init) if isinstance(init, Closure) else Arguments()
        return machine.call(target, given, target.place)
    if isinstance(target, Instance):
        method = machine.class_member(target.cls, "__call__", target)
        if isinstance(method, Closure):
            return machine.call(method, arguments_for(visitor, method), target.place)
    return _outside(visitor, target)


def _outside(visitor: Visitor, target: Value) -> Value:
    effect = effect_of(target)
    visitor.note(target, effect)
    if effect in ("authn", "role", "scope"):
        raise visitor.machine.throw(target, target.place if isinstance(target, Made) else NOWHERE, True)
    if effect == "presence":
        visitor.presences.append(target)
    if effect == "unknown":
        visitor.doubt(target, Basis.UNKNOWN)
    if effect in ("presence", "optional"):
        return Given(Standing.CREDENTIAL)
    is_form = isinstance(target, Extern) and target.name.endswith("Form")
    return Given(Standing.CALLER if is_form else Standing.SERVER)


def depend(visitor: Visitor, value: Value) -> list[Ending]:
    """Follows a dependency or handler."""
    machine = visitor.machine
    if isinstance(value, Closure):
        return machine.follow(value, arguments_for(visitor, signature(value)))
    try:
        inner = signature(value)
        if isinstance(inner, Closure) and isinstance(value, Made):
            result = machine.call(value, arguments_for(visitor, inner), value.place)
        else:
            result = resolved(visitor, value)
    except Dead:
        return []
    return [machine.end(Manner.RETURN, result, NOWHERE)]


def signature(value: Value) -> Value:
    """The function whose parameters count: the innermost one, through decorators."""
    for _ in range(8):
        inner = value
        if isinstance(value, Made):
            inner = next((a for a in value.arguments.positional if isinstance(a, Closure | Made)), value)
        elif isinstance(value, Closure):
            inner = value.attributes.get("__wrapped__", value)
        if inner is value:
            break
        value = inner
    return value
