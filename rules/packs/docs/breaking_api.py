from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Location, locate_line
from rules.facts.openapi import DESCRIPTIONS, Description, Operation, plain, shape

_SPEC = """openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /orders:
    get:
      parameters:
        - {name: state, in: query, schema: {type: string, enum: [open, paid]}}
      responses: {"200": {description: all}}
    post:
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [item], properties: {item: {type: string}, note: {type: string}}}
      responses: {"200": {description: made}}
"""
_REQUIRED = _SPEC.replace("[item]", "[item, note]")


class BreakingApi(Rule[Description]):
    """Clients that work today break: the description of the interface takes something back.

    A path or method is gone, a parameter or field that could be left out must be sent, a type is another one, or
    a value is no longer allowed, and the version of the description is the same. Keep the old form beside the
    new one for a while, or raise the major version and tell whoever calls.
    """

    id = "docs/breaking-api"
    reference = "DOC-04"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = DESCRIPTIONS
    examples = (
        Bad({"openapi.yaml": _REQUIRED}, base={"openapi.yaml": _SPEC}, line=9),
        Bad({"openapi.yaml": _SPEC.replace("[open, paid]", "[open]")}, base={"openapi.yaml": _SPEC}, line=5),
        Bad({"openapi.yaml": _SPEC.partition("    post:")[0]}, base={"openapi.yaml": _SPEC}, line=1),
        Bad(
            {"openapi.yaml": _SPEC.replace("item: {type: string}", "item: {type: integer}")},
            base={"openapi.yaml": _SPEC},
        ),
        Good({"openapi.yaml": _REQUIRED.replace("1.0.0", "2.0.0")}, base={"openapi.yaml": _SPEC}),
        Good({"openapi.yaml": _SPEC}, base={"openapi.yaml": _REQUIRED}),
        Good({"openapi.yaml": _SPEC}),
    )

    def check(self, subject: Description, code: Codebase) -> Iterable[Finding]:
        if code.base is None or subject.root is None:
            return
        old = next((d for d in code.base.get(DESCRIPTIONS) if d.path == subject.path), None)
        if old is None or old.root is None or _major(old) != _major(subject):
            return
        for what, where in _broken(old, subject, code):
            yield self.finding((what,), f"{what}.", where, file_local=True)


def _major(description: Description) -> str:
    return description.version.removeprefix("v").partition(".")[0]


def _broken(old: Description, new: Description, code: Codebase) -> Iterator[tuple[str, Location]]:
    now = {(operation.method, plain(operation.path)): operation for operation in new.operations}
    top = locate_line(new.path, code.text(new.path) or b"", 1)
    for operation in old.operations:
        kept = now.get((operation.method, plain(operation.path)))
        name = operation.address
        if kept is None:
            yield f"{name} is gone", top
        else:
            yield from ((f"{name}: {what}", kept.where) for what in _narrowed(old, operation, new, kept))


def _narrowed(old: Description, before: Operation, new: Description, after: Operation) -> Iterator[str]:
    """What a caller of the old form does not satisfy any more."""
    was, now = shape(before, old.root or {}), shape(after, new.root or {})
    for place, (required, kind, values) in now.items():
        known = was.get(place)
        if required and (known is None or not known[0]):
            yield f"{place} is required now"
        elif known is not None and known[1] and kind and known[1] != kind:
            yield f"{place} was a {known[1]} and is a {kind} now"
        elif known is not None and values and known[2] - values:
            yield f"{place} may not be {', '.join(sorted(known[2] - values))} any more"
