"""Writes the facts that the tests need out of what GitHub publishes: `make github-facts`.

From the npm packages `@octokit/openapi` and `@octokit/graphql-schema` are kept: the operations that the stand-in
serves with all schemas that they reach, and the GraphQL fields that it resolves. Types, limits, enumerations, what is
required and what may be null: no prose.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
)

from tests.github.contract.description import FACTS
from tests.github.contract.packages import GRAPHQL, OPENAPI, installed, version
from tests.github.graphql import FIELDS, SDL
from tests.github.operation import operations

PROSE = frozenset({"description", "summary", "title", "example", "examples", "externalDocs", "tags", "deprecated",
                   "default", "operationId", "headers", "links", "security", "servers"})  # fmt: skip
NAMES = frozenset({"properties", "patternProperties", "schemas", "parameters", "responses", "content", "paths"})
"""Words below which every key is a name and not a word of the description."""

LITERAL = frozenset({"enum", "required", "const"})


def main() -> None:
    """Replaces the committed extract by that of the newest packages."""
    with tempfile.TemporaryDirectory() as folder:
        modules = installed({OPENAPI: "latest", GRAPHQL: "latest"}, Path(folder))
        rest, sdl = extracted(modules)
    FACTS.write_text(rest)
    SDL.write_text(sdl)


def extracted(modules: Path) -> tuple[str, str]:
    """What is committed of the packages in a `node_modules`: of REST and of GraphQL."""
    whole = json.loads((modules / OPENAPI / "generated" / "api.github.com.json").read_text())
    sdl = (modules / GRAPHQL / "schema.graphql").read_text()
    rest = written(rest_facts(whole, version(modules, OPENAPI)))
    return rest, graphql_facts(sdl, version(modules, GRAPHQL))


def rest_facts(whole: dict[str, Any], version: str) -> dict[str, Any]:
    """The operations of the stand-in and every schema that they reach, in the form of the whole."""
    paths: dict[str, dict[str, Any]] = {}
    for known in operations():
        described = whole["paths"][known.template][known.method.lower()]
        paths.setdefault(known.template, {})[known.method.lower()] = _facts(_inlined(described, whole))
    schemas: dict[str, Any] = {}
    waiting = list(_references(paths))
    while waiting:
        name = waiting.pop()
        if name not in schemas:
            schemas[name] = _facts(whole["components"]["schemas"][name])
            waiting += _references(schemas[name])
    return {"openapi": whole["openapi"], "info": {"version": version}, "paths": paths,
            "components": {"schemas": schemas}}  # fmt: skip


def _inlined(described: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """An operation with its parameters and answers in place, of which only the JSON is kept."""
    kept: dict[str, Any] = {"parameters": [_resolved(p, whole) for p in described.get("parameters", [])]}
    if "requestBody" in described:
        kept["requestBody"] = _json_only(_resolved(described["requestBody"], whole))
    kept["responses"] = {s: _json_only(_resolved(a, whole)) for s, a in described["responses"].items()}
    return kept


def _resolved(node: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        _, group, name = node["$ref"].removeprefix("#/").split("/")
        node = whole["components"][group][name]
    return node


def _json_only(node: dict[str, Any]) -> dict[str, Any]:
    content = {kind: value for kind, value in node.get("content", {}).items() if kind == "application/json"}
    return {**node, "content": content} if content else {k: v for k, v in node.items() if k != "content"}


def _facts(node: Any, *, names: bool = False) -> Any:
    if isinstance(node, list):
        return [_facts(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value if key in LITERAL and not names else _facts(value, names=key in NAMES and not names)
        for key, value in node.items()
        if names or not (key in PROSE or key.startswith("x-"))
    }


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        mapped = node.get("discriminator", {})
        if isinstance(mapped, dict) and "mapping" in mapped:
            yield from (str(target).rpartition("/")[2] for target in mapped["mapping"].values())
        for value in node.values():
            yield from _references(value)


def written(facts: dict[str, Any]) -> str:
    """A line for each operation and each schema, in order."""

    def line(value: Any) -> str:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    paths = [
        f"{json.dumps(path)}: {{\n" + ",\n".join(f'"{m}": {line(o)}' for m, o in sorted(methods.items())) + "\n}"
        for path, methods in sorted(facts["paths"].items())
    ]
    schemas = [f"{json.dumps(name)}: {line(schema)}" for name, schema in sorted(facts["components"]["schemas"].items())]
    head = f'{{\n"openapi": {line(facts["openapi"])},\n"info": {line(facts["info"])},\n"paths": {{\n'
    return head + ",\n".join(paths) + '\n},\n"components": {"schemas": {\n' + ",\n".join(schemas) + "\n}}\n}\n"


def graphql_facts(whole: str, version: str) -> str:
    """The fields that the stand-in resolves, and the inputs and enumerations that they need, as SDL."""
    schema = build_schema(whole, assume_valid=True, assume_valid_sdl=True)
    parts, inputs = [], set()
    for name, fields in sorted(FIELDS.items()):
        kind = schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        word = "type" if isinstance(kind, GraphQLObjectType) else "interface"
        implemented = sorted({i.name for i in kind.interfaces} & set(FIELDS))
        lines = []
        for field in sorted(fields):
            described = kind.fields[field]
            given = {key: a for key, a in described.args.items() if str(a.type).endswith("!") or key in fields[field]}
            inputs |= {get_named_type(argument.type).name for argument in given.values()}
            inputs |= {get_named_type(described.type).name}
            listed = f"({', '.join(f'{key}: {a.type}' for key, a in sorted(given.items()))})" if given else ""
            lines.append(f"  {field}{listed}: {described.type}")
        after = f" implements {' & '.join(implemented)}" if implemented else ""
        parts.append(f"{word} {name}{after} {{\n" + "\n".join(lines) + "\n}")
    parts += [_named_type(schema.type_map[name]) for name in sorted(_reached(schema, inputs))]
    return f"# {GRAPHQL} {version}\n\n" + "\n\n".join(part for part in parts if part) + "\n"


def _reached(schema: GraphQLSchema, names: set[str]) -> set[str]:
    reached: set[str] = set()
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name in reached or name in FIELDS:
            continue
        reached.add(name)
        kind = schema.type_map[name]
        if isinstance(kind, GraphQLInputObjectType):
            waiting += [get_named_type(field.type).name for field in kind.fields.values()]
    return reached


def _named_type(kind: GraphQLNamedType) -> str:
    if isinstance(kind, GraphQLInputObjectType):
        return f"input {kind.name} {{\n" + "\n".join(f"  {n}: {f.type}" for n, f in sorted(kind.fields.items())) + "\n}"
    if isinstance(kind, GraphQLEnumType):
        return f"enum {kind.name} {{\n" + "\n".join(f"  {value}" for value in sorted(kind.values)) + "\n}"
    if isinstance(kind, GraphQLUnionType):
        return f"union {kind.name} = " + " | ".join(sorted({t.name for t in kind.types} & set(FIELDS)))
    return "" if kind.name in ("String", "Int", "Boolean", "ID", "Float") else f"scalar {kind.name}"


if __name__ == "__main__":
    main()
