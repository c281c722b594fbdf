"""What a caller sent, as it stands in code that has not checked it."""

from __future__ import annotations

import re

from rules.facts.sightings import Source
from rules.syntax.program import Expr

BODY = re.compile(
    r"^(?:req|request|ctx\.request|ctx\.req|c\.req|event)\."
    r"(?:body|json|json\(\)|formData\(\)|get_json\(\)|data|POST|POST\.dict\(\)|form|form\.to_dict\(\)|parseBody\(\)|query|GET|args)$"
)


def is_whole_body(source: Source, part: Expr | None) -> bool:
    """Whether an expression is all that a caller sent: `req.body`, `await request.json()`, `request.POST`."""
    return bool(BODY.match(source.name(part))) if part is not None else False
