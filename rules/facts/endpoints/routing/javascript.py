"""How functions of Node frameworks that take (request, response, next) are called, and what their answers mean."""

from __future__ import annotations

from rules.facts.endpoints.caller.outcome import got_answer
from rules.facts.endpoints.caller.standing import Standing
from rules.facts.endpoints.caller.visitor import SENDS, Visitor
from rules.facts.endpoints.machine.host import Ending, Manner
from rules.facts.endpoints.machine.values import Arguments, ClassValue, Closure, Given, Instance, Made, Value
from rules.syntax.program import Call, Const, Expr, Member, Name
from rules.syntax.walk import walk


def handle(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls a handler or middleware; how it ended is recorded on the visitor's machine."""
    given = Arguments((Given(Standing.REQUEST), Given(Standing.RESPONSE), Given(Standing.NEXT)))
    if isinstance(value, Closure):
        visitor.machine.follow(value, given)
    elif isinstance(value, Made | Instance | ClassValue):
        visitor.machine.call(value, given, value.place)
    return []


def handle_without_catching(visitor: Visitor, value: Value) -> list[Ending]:
    """Calls an async function whose errors nobody catches: a request that meets one is never answered."""
    handle(visitor, value)
    visitor.machine.endings = [ending for ending in visitor.machine.endings if ending.manner is not Manner.THROW]
    return []


def passed_on(ending: Ending) -> bool:
    """Whether a middleware let the request go on."""
    return ending.manner is Manner.ONWARD


def passed_answer(ending: Ending) -> bool:
    """Whether a handler answered with what was asked for, or left that to others."""
    return got_answer(ending) if ending.manner in (Manner.ANSWER, Manner.ONWARD) else False


def innermost(value: Value) -> Value:
    """The function inside wrappers such as `asyncHandler(f)`."""
    steps = 0
    while isinstance(value, Made) and steps < 8:
        inner = [a for a in value.arguments.positional if isinstance(a, Closure | Made)]
        if not inner:
            break
        value, steps = inner[-1], steps + 1
    return value


def calls_next(closure: Closure) -> bool:
    """Whether a function hands the request to what comes next."""
    params = closure.function.params
    name = params[2].name if len(params) > 2 else ""
    return bool(name) and any(
        isinstance(part, Call) and isinstance(part.callee, Name) and part.callee.id == name and not part.arguments
        for part in walk(closure.function.body.statements)
    )


def answers_itself(closure: Closure) -> bool:
    """Whether a function sends a response that is no refusal, by how it is written."""
    params = closure.function.params
    name = params[1].name if len(params) > 1 else ""
    return bool(name) and any(
        isinstance(part, Call) and _sends(part, name) for part in walk(closure.function.body.statements)
    )


def _sends(call: Call, response: str) -> bool:
    if (
        not isinstance(call.callee, Member)
        or call.callee.name not in SENDS
        or call.callee.name in ("sendStatus", "redirect")
    ):
        return False
    link: Expr = call.callee.of
    refused = False
    while isinstance(link, Call | Member):
        if isinstance(link, Call):
            code = link.arguments[0].value if link.arguments else None
            refused = refused or (isinstance(code, Const) and isinstance(code.value, int) and code.value >= 400)
        link = link.callee if isinstance(link, Call) else link.of
    return isinstance(link, Name) and link.id == response and not refused
