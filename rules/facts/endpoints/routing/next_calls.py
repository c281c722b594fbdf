"""How Next.js calls handlers and the middleware, and the wrappers of the libraries that stand there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rules.facts.endpoints.caller.inspector import Follow
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor, is_known
from rules.facts.endpoints.machine.host import Ending, Manner
from rules.facts.endpoints.machine.values import (
    Arguments,
    Attribute,
    Closure,
    Extern,
    Given,
    Instance,
    Keyed,
    Made,
    Value,
    name_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.routing.javascript import innermost
from rules.syntax.program import Const, Entry, Name
from rules.syntax.walk import walk

CLERK = "@clerk/nextjs/server.clerkMiddleware"
NEXT_AUTH = "next-auth().auth"
VERBS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def handle_request(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a route handler, a page or the middleware with a request."""
    if isinstance(value, Made) and not is_known(value):
        value = innermost(value)
    given = Arguments((Given(Standing.REQUEST), Keyed({"params": Given(Standing.CALLER)}, True)))
    if isinstance(value, Closure):
        return visitor.machine.follow(value, given)
    if isinstance(value, Made | Instance):
        visitor.machine.call(value, given, value.place)
    return []


def guarding(value: Value) -> Iterator[tuple[Value, Follow]]:
    """What a middleware leaves to be followed, and how that is called."""
    if isinstance(value, Made) and name_of(value.callee) == CLERK:
        inner = value.arguments.get(0)
        if isinstance(inner, Closure):
            yield inner, _by_clerk
    elif (authorized := _authorized(value)) is not None:
        yield authorized, _is_authorized
    else:
        yield value, handle_request


def _by_clerk(visitor: Visitor, value: Value) -> list[Ending]:
    given = Arguments((Extern("@clerk/nextjs/server.auth"), Given(Standing.REQUEST)))
    return visitor.machine.follow(value, given) if isinstance(value, Closure) else []


def _authorized(value: Value) -> Closure | None:
    """The callback that decides where `auth` of Auth.js is the middleware itself."""
    if not isinstance(value, Attribute) or name_of(value) != NEXT_AUTH or not isinstance(value.of, Made):
        return None
    config = value.of.arguments.get(0)
    callbacks = config.entries.get("callbacks") if isinstance(config, Keyed) else None
    found = callbacks.entries.get("authorized") if isinstance(callbacks, Keyed) else None
    return found if isinstance(found, Closure) else None


def _is_authorized(visitor: Visitor, value: Value) -> list[Ending]:
    """Asks the callback: what it returns lets the request pass, redirects it, or sends it to the login."""
    asked = Keyed({"auth": Given(Standing.ABSENT), "request": Given(Standing.REQUEST)}, True)
    endings = visitor.machine.follow(value, Arguments((asked,))) if isinstance(value, Closure) else []
    return [
        replace(ending, manner=Manner.ANSWER, status=401, consulted=True)
        if ending.manner is Manner.RETURN and visitor.worth.truth(ending.value).answer is False
        else ending
        for ending in endings
    ]


def verbs_in(world: World, path: str) -> list[str]:
    """The methods that a file of one handler for all of them speaks of, but for those of requests that it makes."""
    module = world.module(path)
    parts = list(walk(module.program.statements)) if module is not None else []
    made = {id(part.value) for part in parts if isinstance(part, Entry) and _key(part) == "method"}
    said = {str(part.value) for part in parts if isinstance(part, Const) and id(part) not in made}
    keys = {_key(part) for part in parts if isinstance(part, Entry)}
    return sorted(VERBS & (said | keys))


def _key(entry: Entry) -> str:
    if isinstance(entry.key, Const):
        return str(entry.key.value)
    return entry.key.id if isinstance(entry.key, Name) else ""
