"""Which expressions are what a caller sent, in the words of the frameworks."""

from __future__ import annotations

import re

from rules.facts.sightings import Source
from rules.syntax.program import Expr, Function, Logic

SENT = re.compile(
    r"(?:^|\.)(?:req|request|ctx|ctx\.request|c\.req|self\.request|flask\.request|nextUrl)\."
    r"(?:body|rawBody|query|params|param\(\)|headers|cookies|args|form|values|json|json\(\)|get_json\(\)|data|"
    r"GET|POST|query_params|query_params\.get\(\)|path_params|nextUrl\.searchParams|searchParams|files|query\(\)|formData\(\))(?:$|[.\[(])"
)
BODY = re.compile(
    r"^(?:req|request|ctx\.request|c\.req|self\.request|flask\.request)\."
    r"(?:body|json|json\(\)|get_json\(\)|data|POST|form|parseBody\(\)|POST\.dict\(\)|form\.to_dict\(\)|POST\.copy\(\))$"
)


def is_sent(source: Source, part: Expr | None) -> bool:
    """Whether an expression is something that a caller sent, or some of it."""
    if isinstance(part, Logic):
        return is_sent(source, part.left) or is_sent(source, part.right)
    return bool(SENT.search(source.name(part)))


def is_body(source: Source, part: Expr | None) -> bool:
    """Whether an expression is all that a caller sent as the body."""
    return bool(BODY.search(source.name(part)))


def parameter(source: Source, name: str, around: list[Function]) -> str | None:
    """The written type of a parameter of one of these functions, empty if none is written; None if there is none."""
    for function in around:
        for param in function.params:
            if param.name == name:
                return source.text(param.annotation).strip(": ") if param.annotation is not None else ""
    return None
