"""The catalog as a JSON Schema for `.github/prodgate.yml`: editors complete and check the file by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from rules.core.rule import Rule

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema(model: type[BaseModel], rules: Iterable[Rule[Any]]) -> dict[str, Any]:
    """The policy model's schema, narrowed to the packs and rules that exist and to the options of each.

    The model has the properties `packs` and `rules`, both mappings by name; raises `KeyError` without them.
    """
    schema = model.model_json_schema()
    known = sorted(rules, key=lambda rule: rule.id)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    packs, settings = schema["properties"]["packs"], schema["properties"]["rules"]
    value = settings.pop("additionalProperties", {})
    pack_value = packs.pop("additionalProperties", {})
    packs |= {
        "properties": {name: dict(pack_value) for name in sorted({rule.pack for rule in known})},
        "additionalProperties": False,
    }
    settings |= {
        "properties": {rule.id: _setting(rule, value, definitions) for rule in known},
        "additionalProperties": False,
    }
    return {"$schema": DIALECT, **schema}


def _setting(rule: Rule[Any], value: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    setting = {**value, "description": rule.title}
    if rule.options is None:
        return setting | {"properties": {"options": {"type": "object", "maxProperties": 0}}}
    prefix = rule.id.replace("/", ".")
    options = rule.options.model_json_schema(ref_template=f"#/$defs/{prefix}.{{model}}")
    definitions |= {f"{prefix}.{name}": part for name, part in options.pop("$defs", {}).items()}
    return setting | {"properties": {"options": options}}
