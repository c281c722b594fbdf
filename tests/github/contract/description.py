"""Judges requests and answers by an OpenAPI description: our extract of it, or the whole of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema.protocols import Validator
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

FACTS = Path(__file__).with_name("rest.json")
ROOT = "urn:github"
MAX_WORDS = 300
PULLS = ("pull-request", "pull-request-simple")
GONE = ("repo", "user")
"""What GitHub answers null for when a fork was deleted, though it describes it as always there."""


class Description:
    """One description; `version` is that of the package that it came from. Every check returns what is wrong."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = _as_answered(document)
        for name in PULLS:
            head = self._document["components"]["schemas"][name]["properties"]["head"]["properties"]
            head |= {key: {"anyOf": [{"enum": [None]}, head[key]]} for key in GONE}
        self._registry: Registry[Any] = Registry().with_resource(
            ROOT, Resource.from_contents(self._document, default_specification=DRAFT4)
        )
        self.version = str(document["info"]["version"])
        self._validator = lru_cache(maxsize=None)(self._make_validator)

    @staticmethod
    def read(path: Path = FACTS) -> Description:
        return Description(json.loads(path.read_text()))

    def knows(self, method: str, template: str) -> bool:
        return method.lower() in self._document["paths"].get(template, {})

    def typed(self, method: str, template: str, where: str, given: Mapping[str, str]) -> dict[str, Any]:
        """The parameters of a path or query as values of their types; what has no such type stays text."""
        schemas = {name: self._at(pointer) for name, pointer in self._parameters(method, template, where)}
        return {name: _typed(value, schemas.get(name, {})) for name, value in given.items()}

    def parameter_faults(self, method: str, template: str, where: str, given: Mapping[str, Any]) -> list[str]:
        """Unknown parameters, absent ones that are required, and values against their schema."""
        known = dict(self._parameters(method, template, where))
        faults = [f"unknown {where} parameter {name}" for name in sorted(set(given) - set(known))]
        for name, pointer in known.items():
            if name in given:
                faults += self._faults(given[name], pointer, "write")
            elif self._at(pointer.removesuffix("/schema")).get("required"):
                faults.append(f"no {where} parameter {name}")
        return faults

    def request_faults(self, method: str, template: str, body: Any) -> list[str]:
        """What is wrong with a request's body; fields that the description does not know are wrong too."""
        place = f"/paths/{_escaped(template)}/{method.lower()}/requestBody"
        found = self._follow(place)
        if found is None:
            return [] if body is None else ["a body that is not asked for"]
        asked, place = found
        if body is None:
            return ["no body"] if asked.get("required") else []
        pointer = f"{place}/content/application~1json/schema"
        unknown = sorted(set(body) - self._fields(pointer)) if isinstance(body, dict) else []
        return [f"unknown field {name}" for name in unknown] + self._faults(body, pointer, "write")

    def answer_faults(self, method: str, template: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer. Errors that every operation has are not listed with each of them."""
        answers = f"/paths/{_escaped(template)}/{method.lower()}/responses"
        found = self._follow(f"{answers}/{status}")
        if found is None:
            general = status in (401, 403, 404, 422, 429) or status >= 500
            return [] if general else [f"no answer {status}"]
        answer, place = found
        if "application/json" not in answer.get("content", {}):
            return []
        return self._faults(body, f"{place}/content/application~1json/schema", "read")

    def _parameters(self, method: str, template: str, where: str) -> Iterator[tuple[str, str]]:
        item = f"/paths/{_escaped(template)}"
        for place in (f"{item}/parameters", f"{item}/{method.lower()}/parameters"):
            for number in range(len(self._at(place) or ())):
                found = self._follow(f"{place}/{number}")
                if found and found[0]["in"] == where:
                    yield found[0]["name"], f"{found[1]}/schema"

    def _fields(self, pointer: str) -> set[str]:
        found = self._follow(pointer)
        if found is None:
            return set()
        schema, place = found
        fields = set(schema.get("properties", {}))
        for word in ("oneOf", "anyOf", "allOf"):
            for number in range(len(schema.get(word, ()))):
                fields |= self._fields(f"{place}/{word}/{number}")
        return fields

    def _at(self, pointer: str) -> Any:
        value: Any = self._document
        for word in pointer.split("/")[1:]:
            word = word.replace("~1", "/").replace("~0", "~")
            if isinstance(value, list):
                value = value[int(word)]
            elif isinstance(value, dict) and word in value:
                value = value[word]
            else:
                return None
        return value

    def _follow(self, pointer: str) -> tuple[Any, str] | None:
        """What a pointer leads to, references followed, and where that stands."""
        value = self._at(pointer)
        while isinstance(value, dict) and "$ref" in value:
            pointer = str(value["$ref"]).removeprefix("#")
            value = self._at(pointer)
        return None if value is None else (value, pointer)

    def _faults(self, value: Any, pointer: str, direction: str) -> list[str]:
        errors = self._validator(pointer, direction).iter_errors(value)
        told = [f"{'.'.join(map(str, error.absolute_path))}: {error.message[-MAX_WORDS:]}" for error in errors]
        return list(dict.fromkeys(told))

    def _make_validator(self, pointer: str, direction: str) -> Validator:
        kind = OAS30WriteValidator if direction == "write" else OAS30ReadValidator
        validator: Validator = kind({"$ref": f"{ROOT}#{pointer}"}, registry=self._registry)
        return validator


def _as_answered(node: Any) -> Any:
    """The same, as GitHub answers: null is a value of every nullable enumeration, though it is not in the list.

    Without discriminators: where one is named, lists are described beside objects, and only objects have one.
    """
    if isinstance(node, list):
        return [_as_answered(item) for item in node]
    if not isinstance(node, dict):
        return node
    values = node.get("enum")
    if node.get("nullable") is True and isinstance(values, list) and None not in values:
        node = {**node, "enum": [*values, None]}
    return {key: _as_answered(value) for key, value in node.items() if key != "discriminator"}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _typed(value: str, schema: Mapping[str, Any] | None) -> Any:
    kind = (schema or {}).get("type")
    if kind == "integer" and value.lstrip("-").isdigit():
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
