"""Where code answers a request, and with what, in the words of the frameworks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts.sightings import Source, argument, entry
from rules.syntax.program import Attempt, Call, Expr, Function, Member, Name
from rules.syntax.walk import walk

SENDS = frozenset(("json", "send", "end", "jsonp", "render", "html", "text", "body"))
MAKERS = frozenset((
    "Response", "Response.json", "NextResponse", "next/server.NextResponse", "next/server.NextResponse.json",
    "fastapi.responses.JSONResponse", "starlette.responses.JSONResponse", "fastapi.HTTPException",
    "fastapi.exceptions.HTTPException", "starlette.exceptions.HTTPException", "fastapi.responses.PlainTextResponse",
    "flask.jsonify", "flask.make_response", "flask.abort", "flask.Response", "django.http.JsonResponse",
    "django.http.HttpResponse", "django.http.HttpResponseServerError", "rest_framework.response.Response",
))  # fmt: skip
ANSWERERS = ("res", "response", "reply", "ctx", "c", "resp")


@dataclass(frozen=True)
class Answer:
    """A call that answers, what it sends, and its status; 0 where none is said, None where it is computed."""

    call: Call
    content: tuple[Expr, ...]
    status: int | None


def answers(source: Source, parts: Iterator[object] | tuple[object, ...]) -> Iterator[Answer]:
    for part in parts:
        if isinstance(part, Call):
            answer = _answer(source, part)
            if answer is not None:
                yield answer


def _answer(source: Source, call: Call) -> Answer | None:
    given = tuple(argument.value for argument in call.arguments)
    if isinstance(call.callee, Member) and call.callee.name in SENDS and (root := _root(call.callee.of)) in ANSWERERS:
        status = _chained(source, call.callee.of)
        if root == "c" and status == 0 and len(given) > 1:
            return Answer(call, given[:1], _number(source, given[1]))
        return Answer(call, given, status)
    name = source.name(call.callee)
    if name not in MAKERS:
        return None
    said = argument(call, None, "status_code", "status")
    if said is None and name.endswith(("HTTPException", "abort")) and given:
        said = given[0]
    if said is None and len(given) > 1:
        said = entry(given[1], "status")
    if said is None:
        return Answer(call, given, 500 if name.endswith("ServerError") else 0)
    return Answer(call, given, _number(source, said))


def _root(part: Expr) -> str:
    while isinstance(part, Call | Member):
        part = part.callee if isinstance(part, Call) else part.of
    return part.id if isinstance(part, Name) else ""


def _chained(source: Source, part: Expr) -> int | None:
    """The status that a chain such as `res.status(500)` sets."""
    while isinstance(part, Call | Member):
        if isinstance(part, Call) and isinstance(part.callee, Member) and part.callee.name in ("status", "code"):
            return _number(source, argument(part, 0))
        part = part.callee if isinstance(part, Call) else part.of
    return 0


def _number(source: Source, part: Expr | None) -> int | None:
    value = source.constant(part)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class Caught:
    """Code that runs with an error in hand: `name` is what it is called there. `whole`: any error, not one kind.

    `function` is the handler of errors where a framework calls it with one.
    """

    name: str
    body: tuple[object, ...]
    whole: bool = True
    function: Function | None = None


def caught(source: Source) -> Iterator[Caught]:
    """Every place where an error is in hand: handlers of try statements, and Express's functions of four parameters."""
    for part in source.parts:
        if isinstance(part, Attempt):
            for handler in part.handlers:
                name = handler.target.id if isinstance(handler.target, Name) else ""
                kinds = [source.name(kind) for kind in handler.kinds]
                yield Caught(name, tuple(walk(handler.body)), not kinds or kinds == ["Exception"])
        elif isinstance(part, Function) and is_error_handler(source, part):
            yield Caught(part.params[0].name, tuple(walk(part.body.statements)), True, part)


def is_error_handler(source: Source, function: Function) -> bool:
    """Whether a function is what Express calls with errors, by its four parameters and their names."""
    names = [param.name.strip("_").lower() for param in function.params]
    return not source.is_python and len(names) == 4 and names[0].startswith("err") and names[3] in ("next", "")
