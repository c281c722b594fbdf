"""Which functions may declare endpoints or put something before them, told by their own text before they are followed.

A word such as `get` declares in one form and reads in all others: most functions that say it have to do with no route.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rules.syntax.program import Call, Const, Function, Member, Text
from rules.syntax.walk import walk

DECLARING = frozenset(
    ("use", "register", "mount", "addHook", "include_router", "api_route", "add_api_route", "add_api_websocket_route",
     "add_route", "add_websocket_route", "add_url_rule", "register_blueprint", "add_resource", "add_namespace",
     "add_middleware", "before_request", "decorate", "frontend", "host")
)  # fmt: skip
"""Methods that declare whatever they are given."""

AMBIGUOUS = frozenset(
    ("get", "post", "put", "patch", "delete", "all", "head", "options", "trace", "query", "route", "routes", "on",
     "websocket", "websocket_route", "middleware", "app")
)  # fmt: skip
"""Methods that read or write something else unless they are given what handles a request."""

_WORDS = re.compile(rb"\.\s*(?:" + "|".join(sorted(DECLARING | AMBIGUOUS)).encode() + rb")\s*\(")


def may_declare(function: Function, source: bytes, python: bool) -> bool:
    """Whether a call in a function, or in one inside it, has the form of a declaration. `source` is its text."""
    if not _WORDS.search(source):
        return False
    parts = list(walk([function.params, function.body]))
    declares = _declaring_python(parts) if python else _declares_javascript
    return any(isinstance(part, Call) and _is_declaration(part, declares) for part in parts)


def _is_declaration(call: Call, declares: Callable[[Call], bool]) -> bool:
    if not isinstance(call.callee, Member):
        return False
    return call.callee.name in DECLARING or (call.callee.name in AMBIGUOUS and declares(call))


def _declaring_python(parts: list[object]) -> Callable[[Call], bool]:
    """In Python a method is given its handler by decorating it, or by being called again; or it is given a path."""
    applied = {id(expression) for expression in _applied(parts)}
    return lambda call: id(call) in applied or any(_is_path(argument.value) for argument in call.arguments[:1])


def _applied(parts: list[object]) -> Iterator[object]:
    for part in parts:
        if isinstance(part, Function):
            yield from part.decorators
        elif isinstance(part, Call):
            yield part.callee


def _is_path(value: object) -> bool:
    first = value.parts[0] if isinstance(value, Text) and value.parts else value
    return isinstance(first, Const) and isinstance(first.value, str) and first.value[:1] in ("", "/")


def _declares_javascript(call: Call) -> bool:
    """In JavaScript the handler is an argument: none, or one text alone, is a question."""
    return any(not isinstance(argument.value, Const | Text) for argument in call.arguments)
