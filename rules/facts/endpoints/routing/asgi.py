"""ASGI middleware: what stands before every request of a Starlette application and of all that is mounted in it."""

from __future__ import annotations

from collections.abc import Iterator

from rules.facts.endpoints.caller.inspector import Layer
from rules.facts.endpoints.caller.outcome import got_onward, got_value
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor
from rules.facts.endpoints.machine.host import Ending
from rules.facts.endpoints.machine.values import (
    Arguments,
    ClassValue,
    Closure,
    Given,
    Instance,
    Listed,
    Made,
    Value,
    name_of,
)
from rules.facts.endpoints.model import Origin

AUTHENTICATION = "starlette.middleware.authentication.AuthenticationMiddleware"
AUTHENTICATIONS = (AUTHENTICATION, "fastapi.middleware.authentication.AuthenticationMiddleware")


def on_request(visitor: Visitor, value: Value) -> list[Ending]:
    """Sends a request through a middleware: a function of (request, call_next), or a class around the application."""
    onward = Given(Standing.NEXT)
    if isinstance(value, Closure):
        return visitor.machine.follow(value, Arguments((Given(Standing.REQUEST), onward)))
    if not isinstance(value, ClassValue | Instance):
        return []
    held = (
        value if isinstance(value, Instance) else visitor.machine.instantiate(value, Arguments((onward,)), value.place)
    )
    if isinstance(held, Instance):
        visitor.machine.write(held, "app", onward)
        dispatch = visitor.machine.class_member(held.cls, "dispatch", held)
        if isinstance(dispatch, Closure):
            return visitor.machine.follow(dispatch, Arguments((Given(Standing.REQUEST), onward)))
        called = visitor.machine.class_member(held.cls, "__call__", held)
        if isinstance(called, Closure):
            given = (Given(Standing.REQUEST), Given(Standing.SERVER), Given(Standing.RESPONSE))
            return visitor.machine.follow(called, Arguments(given))
    return []


def authenticate(visitor: Visitor, value: Value) -> list[Ending]:
    """Asks an authentication backend: it turns somebody away only by an error."""
    held = visitor.machine.instantiate(value, Arguments(), value.place) if isinstance(value, ClassValue) else value
    method = visitor.machine.class_member(held.cls, "authenticate", held) if isinstance(held, Instance) else None
    return visitor.machine.follow(method, Arguments((Given(Standing.REQUEST),))) if isinstance(method, Closure) else []


def layer(made: Made, origin: Origin) -> Layer:
    """The layer that `Middleware(cls, ...)` or `add_middleware(cls, ...)` makes."""
    value = made.arguments.get(0, "middleware_class") or made
    if name_of(value) in AUTHENTICATIONS:
        backend = made.arguments.get(None, "backend") or value
        return Layer(backend, origin, made.place, authenticate, got_value, made.under)
    return Layer(value, origin, made.place, on_request, got_onward, made.under)


def listed(value: Value | None, origin: Origin) -> Iterator[Layer]:
    """The layers of a `middleware=[Middleware(...)]` argument."""
    for inner in value.values if isinstance(value, Listed) else []:
        if isinstance(inner, Made):
            yield layer(inner, origin)


def added(app: Made | Instance) -> list[Layer]:
    """The middlewares of an application, however they were added."""
    found: list[Layer] = []
    for use in app.uses:
        if use.method == "add_middleware":
            found.append(layer(use, Origin.APP))
        elif use.method == "middleware":
            functions = [a for call in use.uses for a in call.arguments.positional]
            found += [Layer(f, Origin.APP, use.place, on_request, got_onward, use.under) for f in functions]
    return found
