from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Class, Const, Member, Record

_NEST = """import { ValidationPipe } from "@nestjs/common";

export const start = (app) => app.useGlobalPipes(new ValidationPipe());
"""
_DRF = """from rest_framework import serializers


class UserSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = "__all__"
"""
_PYDANTIC = """from pydantic import BaseModel, ConfigDict


class Order(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        name = source.name(call.callee)
        if name == "@nestjs/common.ValidationPipe" and _is_loose(source, call):
            yield source.saw(call, "fields that no class names pass the pipe: set whitelist", "ValidationPipe")
        elif name == "pydantic.ConfigDict" and source.constant(argument(call, None, "extra")) == "allow":
            yield source.saw(call, "fields that the model does not name are kept", f"{source.around(call)} extra")
        elif isinstance(call.callee, Member) and call.callee.name == "passthrough" and name.startswith("zod."):
            said = "fields that the schema does not name are kept"
            yield source.saw(call, said, f"{source.around(call)} passthrough")
    for part in source.parts:
        if isinstance(part, Class):
            yield from _of_serializer(source, part)


def _is_loose(source: Source, call: Call) -> bool:
    options = source.value(argument(call, 0))
    if options is None:
        return True
    whitelist = entry(options, "whitelist", "forbidNonWhitelisted")
    known = isinstance(options, Record) and all(held.key is not None for held in options.entries)
    return known and (whitelist is None or source.constant(whitelist) is False)


def _of_serializer(source: Source, cls: Class) -> Iterator[Sighting]:
    fields = {field.name: field.value for field in cls.fields}
    everything = fields.get("fields")
    if cls.name == "Meta" and "model" in fields and isinstance(everything, Const) and everything.value == "__all__":
        yield source.saw(everything, "every field of the model can be set, those that come later too", "fields")


VALIDATORS = sightings("weak validators", (b"ValidationPipe", b"ConfigDict", b"passthrough", b"__all__"), _look)


class WeakValidator(Rule[Sighting]):
    """A validator lets through what it does not know.

    Fields that nobody checked reach the code behind it, which often stores them: `whitelist: true` of
    ValidationPipe drops them, zod drops them unless it is told to pass them on, and a serializer that lists its
    fields does not grow with the model.
    """

    id = "validation/weak-validator"
    reference = "VAL-02"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = VALIDATORS
    examples = (
        Bad({"main.ts": _NEST}, line=3),
        Bad({"serializers.py": _DRF}, line=7),
        Bad({"order.py": _PYDANTIC}, line=5),
        Good({"main.ts": _NEST.replace("ValidationPipe()", "ValidationPipe({ whitelist: true })")}),
        Good({"serializers.py": _DRF.replace('"__all__"', '["name"]')}),
        Good({"order.py": _PYDANTIC.replace("allow", "forbid")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"{subject.said[:1].upper()}{subject.said[1:]}."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
