"""Guards, middleware and handlers of NestJS as layers: how each of them is called."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rules.facts.endpoints.caller.inspector import Layer
from rules.facts.endpoints.caller.outcome import got_answer, got_value
from rules.facts.endpoints.caller.standing import Standing, is_credential, is_identity
from rules.facts.endpoints.caller.visitor import Visitor, effect_of, is_known
from rules.facts.endpoints.machine.core import Flow
from rules.facts.endpoints.machine.host import Ending, Manner
from rules.facts.endpoints.machine.values import (
    NOTHING,
    NOWHERE,
    Arguments,
    ClassValue,
    Closure,
    Either,
    Env,
    Given,
    Instance,
    Keyed,
    Made,
    Place,
    Unknown,
    Value,
    name_of,
    text_of,
)
from rules.facts.endpoints.model import Origin
from rules.facts.endpoints.routing.decorators import Mark
from rules.facts.endpoints.routing.javascript import handle, passed_answer, passed_on
from rules.facts.endpoints.routing.nest_context import PASSPORT, Target, execution, renamed
from rules.facts.endpoints.routing.ordered import flat
from rules.syntax.program import Param

PARAMETERS = {
    "Req": Standing.REQUEST, "Request": Standing.REQUEST, "Res": Standing.RESPONSE, "Response": Standing.RESPONSE,
    "Next": Standing.NEXT, "Session": Standing.SESSION, "Headers": Standing.HEADERS, "Context": Standing.CONTEXT,
    "Ctx": Standing.CONTEXT, "ConnectedSocket": Standing.REQUEST, "Parent": Standing.SERVER, "Root": Standing.SERVER,
    "Info": Standing.SERVER,
}  # fmt: skip
"""What the framework's own parameter decorators hand in; all others hand in what the caller sent."""


def guard(target: Target, value: Value, origin: Origin, place: Place, under: tuple[Place, ...] = ()) -> Layer:
    """A guard: whoever it does not let pass is answered with 403."""
    held = value.arguments.get(0) if isinstance(value, Made) and value.method in ("get", "resolve") else None
    asked, name = held if isinstance(held, ClassValue) else value, ""
    if isinstance(asked, Made) and name_of(asked) == PASSPORT:
        texts = [repr(text) for argument in flat(asked.arguments.positional) if (text := text_of(argument))]
        asked, name = renamed(asked, target.strategies), f"AuthGuard({', '.join(texts)})"
    return Layer(_certain(asked), origin, place, partial(_ask, target), got_value, under, name=name)


def _certain(value: Value) -> Value:
    """A guard, or that nobody knows it: what stands where guards stand is one, whatever it is called."""
    if isinstance(value, ClassValue | Instance | Closure | Either | Unknown) or is_known(value) or effect_of(value):
        return value
    name = name_of(value)
    return Unknown(f"{name} is defined outside this repository" if name else "a guard whose class could not be told")


def middleware(value: Value, origin: Origin, place: Place, under: tuple[Place, ...] = ()) -> Layer:
    """A middleware: a function of (request, response, next), or a class with a method `use`."""
    return Layer(value, origin, place, _use, passed_on, under)


def handler(target: Target) -> Layer:
    """The handler, with what its parameters ask for. One that takes the response answers by it alone."""
    marks = [mark for param in target.method.function.params for mark in _marks(target, param)]
    answers = any(_word(mark) in ("Res", "Response", "Next") and not _passes_through(mark) for mark in marks)
    place = Place(target.method.owner.env.path, target.method.function.at)
    through = passed_answer if answers else got_answer
    return Layer(target.method.handler, Origin.IN_HANDLER, place, partial(_call, target), through)


def connection(target: Target, method: Closure) -> Layer:
    """What a gateway does with a new socket before it hears anything: it may close it again."""

    def connect(visitor: Visitor, value: Value) -> list[Ending]:
        visitor.answers = partial(target.answer, visitor)
        given = (Given(Standing.REQUEST), Given(Standing.REQUEST))
        return visitor.machine.follow(value, Arguments(given)) if isinstance(value, Closure) else []

    return Layer(method, Origin.CLASS, method.place, connect, got_value)


def _ask(target: Target, visitor: Visitor, value: Value) -> list[Ending]:
    """Asks a guard whether a request may go on; the ways in which it said yes."""
    machine = visitor.machine
    visitor.answers = partial(target.answer, visitor)
    held = machine.provided(value) if isinstance(value, ClassValue) else value
    method = machine.class_member(held.cls, "canActivate", held) if isinstance(held, Instance) else held
    if not isinstance(method, Closure):
        return [machine.end(Manner.RETURN, target.library(visitor, held), _place(held))]
    asked = machine.follow(method, Arguments((execution(),)))
    return [passed for ending in asked for passed in _settled(visitor, ending)]


def _settled(visitor: Visitor, ending: Ending) -> list[Ending]:
    """What comes of the value that a guard gave: false, or perhaps false, turns the caller away."""
    machine = visitor.machine
    machine.under, machine.consulted, machine.stack = ending.under, ending.consulted, list(ending.stack)
    passed: list[Ending] = []

    def go() -> Flow:
        passed.append(machine.end(Manner.RETURN, NOTHING, ending.place))
        return Flow.ON

    def refuse() -> Flow:
        machine.endings.append(machine.end(Manner.THROW, NOTHING, ending.place, 403))
        return Flow.LEFT

    machine.branch(visitor.truth(ending.value), ending.place, Env({}, ending.place.path), go, refuse)
    machine.stack = []
    return passed


def _use(visitor: Visitor, value: Value) -> list[Ending]:
    machine = visitor.machine
    held = machine.provided(value) if isinstance(value, ClassValue) else value
    method = machine.class_member(held.cls, "use", held) if isinstance(held, Instance) else held
    return handle(visitor, method) if method is not None else []


def _call(target: Target, visitor: Visitor, value: Value) -> list[Ending]:
    visitor.answers = partial(target.answer, visitor)
    if not isinstance(value, Closure):
        return []
    this = visitor.machine.provided(target.cls)
    bound = Closure(value.function, value.env, this, value.owner, value.attributes)
    return visitor.machine.follow(bound, Arguments(tuple(_arguments(target, visitor))))


def _arguments(target: Target, visitor: Visitor) -> Iterator[Value]:
    for param in target.method.function.params:
        marks = _marks(target, param)
        yield _argument(visitor, marks[0]) if marks else Given(Standing.CALLER, param.name)


def _argument(visitor: Visitor, mark: Mark) -> Value:
    """What a parameter decorator hands in; one of the repository's own is followed, and may throw."""
    maker = mark.value.callee if isinstance(mark.value, Made) else mark.value
    if isinstance(maker, Made) and name_of(maker.callee).endswith(".createParamDecorator"):
        given = Arguments((mark.arguments.get(0) or NOTHING, execution()))
        return visitor.machine.call(maker.arguments.get(0) or NOTHING, given, mark.place)
    word, sent = _word(mark), text_of(mark.arguments.get(0))
    if word == "Headers" and sent is not None:
        return Given(Standing.CREDENTIAL if is_credential(sent) else Standing.CALLER)
    if word in PARAMETERS:
        whole = Given(PARAMETERS[word])
        return visitor.machine.member(whole, sent) if sent is not None and word in ("Context", "Session") else whole
    return Given(Standing.ABSENT if not mark.name.startswith("@nestjs/") and is_identity(word) else Standing.CALLER)


def _marks(target: Target, param: Param) -> tuple[Mark, ...]:
    return target.decorators.on_parameter(target.method, param)


def _word(mark: Mark) -> str:
    return mark.name.rpartition(".")[2]


def _passes_through(mark: Mark) -> bool:
    options = mark.arguments.get(0)
    return isinstance(options, Keyed) and "passthrough" in options.entries


def _place(value: Value) -> Place:
    return value.place if isinstance(value, Instance | Made | Closure) else NOWHERE
