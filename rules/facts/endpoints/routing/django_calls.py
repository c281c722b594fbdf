"""How Django calls middlewares, permissions and views, and when somebody gets through them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import Visitor, effect_of
from rules.facts.endpoints.machine.host import Ending, Manner
from rules.facts.endpoints.machine.values import (
    NOTHING,
    NOWHERE,
    Arguments,
    ClassValue,
    Closure,
    Extern,
    Given,
    Instance,
    Known,
    Made,
    Mixed,
    Value,
    outside_base,
)


def request() -> Given:
    """A request whose user is nobody: an object that is there, and is not authenticated."""
    made = Given(Standing.REQUEST)
    made.attributes["user"] = Given(Standing.ANONYMOUS)
    return made


def call_view(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a view with a request and what its path says."""
    if isinstance(value, Closure):
        given = request()
        if isinstance(value.this, Instance):
            visitor.machine.set_member(value.this, "request", given)
        return visitor.machine.follow(value, Arguments((given, *_rest(value))))
    if isinstance(value, Made):
        visitor.machine.call(value, Arguments((request(),)), value.place)
    return []


def _rest(value: Closure) -> Iterator[Given]:
    yield from (Given(Standing.CALLER, param.name) for param in value.function.params[2 if value.this else 1 :])


def passed_view(ending: Ending) -> bool:
    """Whether a view answered with what was asked for, or a middleware let the request go on."""
    return ending.manner is Manner.ONWARD or got_answer(ending)


def through_middleware(visitor: Visitor, value: Value) -> list[Ending]:
    """Sends a request through a middleware: a class made with what comes next, or a function that gives another."""
    machine, onward = visitor.machine, Given(Standing.NEXT)
    if isinstance(value, ClassValue):
        made = machine.instantiate(value, Arguments((onward,)), value.place)
        for name in ("process_request", "__call__"):
            method = machine.class_member(value, name, made)
            if isinstance(method, Closure):
                endings = machine.follow(method, Arguments((request(),)))
                goes_on = name == "process_request"
                return [replace(e, manner=Manner.ONWARD) if goes_on and _is_nothing(e.value) else e for e in endings]
    elif isinstance(value, Closure):
        inner = machine.call(value, Arguments((onward,)), value.place)
        if isinstance(inner, Closure):
            return machine.follow(inner, Arguments((request(),)))
    return []


def _is_nothing(value: Value) -> bool:
    return value is NOTHING or (isinstance(value, Known) and value.value is None)


def asks_permission(visitor: Visitor, value: Value) -> list[Ending]:
    """Asks a permission of REST framework: what it returns decides."""
    cls = value.cls if isinstance(value, Instance) else value
    if not isinstance(cls, ClassValue):
        return []
    made = value if isinstance(value, Instance) else visitor.machine.instantiate(cls, Arguments(), cls.place)
    method = visitor.machine.class_member(cls, "has_permission", made)
    if not isinstance(method, Closure):
        return []
    endings = visitor.machine.follow(method, Arguments((request(), Given("view"))))
    inherits = effect_of(Extern(outside_base(cls))) in ("authn", "role", "scope")
    return [_refused(e) if inherits and _asks_base(e.value) else _decided(visitor, e) for e in endings]


def _asks_base(value: Value) -> bool:
    """Whether a permission leaves the decision to the one that it is made of, which turns the unknown away."""
    if isinstance(value, Mixed) and value.op == "and":
        return any(map(_asks_base, value.parts))
    return isinstance(value, Made) and value.method == "has_permission"


def _refused(ending: Ending) -> Ending:
    return replace(ending, manner=Manner.ANSWER, status=403, consulted=True)


def asks_test(visitor: Visitor, value: Value) -> list[Ending]:
    """Asks a function whose answer decides: `test_func` of a mixin, what `user_passes_test` was given."""
    if not isinstance(value, Closure):
        return []
    if isinstance(value.this, Instance):
        visitor.machine.set_member(value.this, "request", request())
    given = Arguments(() if value.this is not None else (Given(Standing.ANONYMOUS),))
    return [_decided(visitor, ending) for ending in visitor.machine.follow(value, given)]


def _decided(visitor: Visitor, ending: Ending) -> Ending:
    """A returned no is a refusal; a returned value that may be either is under the condition that it depends on."""
    if ending.manner is not Manner.RETURN:
        return ending
    truth = visitor.worth.truth(ending.value)
    if truth.answer is False:
        return _refused(ending)
    return replace(ending, value=NOTHING, place=ending.place or NOWHERE)


def granted(ending: Ending) -> bool:
    return ending.manner in (Manner.RETURN, Manner.ONWARD)
