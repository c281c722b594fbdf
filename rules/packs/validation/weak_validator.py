from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Safety, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.requests import is_body
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Class, Const, Member, Record

BODIES = ("Create", "Update", "In", "Input", "Request", "Body", "Patch")
"""How models are named that are read from a request."""

_NEST = """import { ValidationPipe } from "@nestjs/common";
app.useGlobalPipes(new ValidationPipe({ transform: true }));
"""
_PYDANTIC = """from pydantic import BaseModel, ConfigDict


class UserUpdate(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str
"""
_DRF = """from rest_framework import serializers


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = "__all__"
"""
_ZOD = """import { z } from "zod";
export const schema = z.object({ name: z.string() }).passthrough();
app.post("/users", (req, res) => res.json(save(schema.parse(req.body))));
"""


def _look(source: Source) -> Iterable[Sighting]:
    for part in source.parts:
        if isinstance(part, Call) and not source.is_python:
            yield from _pipe(source, part)
            yield from _loose(source, part)
        elif isinstance(part, Class) and source.is_python:
            yield from _extras(source, part)
            yield from _columns(source, part)


def _pipe(source: Source, call: Call) -> Iterator[Sighting]:
    """Nest's pipe, which strips what a class does not name only when it is told to."""
    if source.name(call.callee) != "@nestjs/common.ValidationPipe":
        return
    options = source.value(argument(call, 0))
    said = "ValidationPipe lets through what the class does not name"
    if not call.arguments:
        inside = Span(call.callee.at.end + 1, call.at.end - 1)
        edits = [Edit(source.path, inside, b"{ whitelist: true }")]
        yield source.saw(call, said, "ValidationPipe", edits=edits if source.text(call).endswith("()") else ())
    elif isinstance(options, Record) and all(held.key is not None for held in options.entries):
        white = entry(options, "whitelist")
        if white is None:
            start = options.at.start + 1
            text = b" whitelist: true" + (b"," if options.entries else b" ")
            yield source.saw(call, said, "ValidationPipe", edits=[Edit(source.path, Span(start, start), text)])
        elif isinstance(white, Const) and white.value is False:
            yield source.saw(call, said, "ValidationPipe", edits=[Edit(source.path, white.at, b"true")])


def _loose(source: Source, call: Call) -> Iterator[Sighting]:
    """A schema of zod that keeps what it does not name, where it parses a request in the same file."""
    schema = call.arguments[0].value if call.arguments else None
    if not (isinstance(call.callee, Member) and call.callee.name in ("parse", "safeParse", "parseAsync")):
        return
    made = source.name(call.callee.of)
    loose = made.startswith("zod.") and made.endswith((".passthrough()", ".looseObject()"))
    if loose and is_body(source, schema):
        at = source.value(call.callee.of) or call
        yield source.saw(at, "This schema keeps what it does not name", source.text(call.callee.of)[:60])


def _extras(source: Source, part: Class) -> Iterator[Sighting]:
    """Models of pydantic for requests that take any field."""
    for held in part.fields:
        if held.name == "model_config" and isinstance(held.value, Call | Record):
            given = argument(held.value, None, "extra") if isinstance(held.value, Call) else entry(held.value, "extra")
            if isinstance(given, Const) and given.value == "allow" and _is_of_request(part):
                edits = [Edit(source.path, given.at, b'"forbid"')]
                yield source.saw(given, f"{part.name} takes fields that it does not name", part.name, edits=edits)


def _columns(source: Source, part: Class) -> Iterator[Sighting]:
    """Serializers of Django REST framework that take every column of their model."""
    fields = {held.name: held.value for held in part.fields}
    if part.name == "Meta" and "model" in fields and source.constant(fields.get("fields")) == "__all__":
        said = "Every column of the model can be set, those that come later too"
        yield source.saw(fields["fields"], said, f"{source.text(fields['model'])} fields")


def _is_of_request(part: Class) -> bool:
    return part.name.endswith(BODIES) or part.name.startswith(("Create", "Update", "Patch"))


WEAK = sightings("weak validators", (b"ValidationPipe", b"passthrough", b"looseObject", b"allow", b"__all__"), _look)


class WeakValidator(Rule[Sighting]):
    """The validator lets fields through that it does not know.

    It checks what is named and keeps the rest, so that `"role": "admin"` arrives in the handler, and with
    `create(dto)` in the table. Nest's pipe needs `whitelist: true`, pydantic's `extra` should be `"forbid"` or
    left alone, and a schema of zod that ends in `.passthrough()` hands on the whole body.
    """

    id = "validation/weak-validator"
    reference = "VAL-02"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = WEAK
    examples = (
        Bad(
            {"main.ts": _NEST},
            line=2,
            fixed={"main.ts": _NEST.replace("{ transform", "{ whitelist: true, transform")},
        ),
        Bad(
            {"main.ts": _NEST.replace("{ transform: true }", "")},
            line=2,
            fixed={"main.ts": _NEST.replace("transform", "whitelist")},
        ),
        Bad({"models.py": _PYDANTIC}, line=5, fixed={"models.py": _PYDANTIC.replace("allow", "forbid")}),
        Bad({"serializers.py": _DRF}, line=7),
        Good({"serializers.py": _DRF.replace('"__all__"', '["name"]')}),
        Bad({"users.ts": _ZOD}, line=2),
        Good({"main.ts": _NEST.replace("{ transform", "{ whitelist: true, transform")}),
        Good({"main.ts": _NEST.replace("{ transform: true }", "options")}),
        Good({"models.py": _PYDANTIC.replace("UserUpdate", "UpstreamAnswer")}),
        Good({"users.ts": _ZOD.replace(".passthrough()", "")}),
        Good({"users.ts": _ZOD.replace("req.body", "await upstream()")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Take named fields only", subject.edits, Safety.UNSAFE) if subject.edits else None
        yield self.finding((subject.key,), f"{subject.said}.", subject.where, fix=fix, file_local=True)
