"""The descriptions of an interface that a repository commits, and how its endpoints stand in them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml

from rules.core.codebase import Codebase, Fact
from rules.core.source import Location, locate, locate_line
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint

NAMED = re.compile(r"(?:^|[/._-])(?:openapi|swagger)(?:\.[\w-]+)?\.(?:json|ya?ml)$", re.IGNORECASE)
METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))
PARAMETER = re.compile(r"^(?:\{.*\}|:.*|<.*>|\[.*\]|\*.*|\$\{.*\})$")
MAX_DEPTH = 8


@dataclass(frozen=True)
class Operation:
    """One method and path of a description. `public`: it says that nobody need be known; None where it says nothing."""

    method: str
    path: str
    where: Location
    public: bool | None
    said: Mapping[str, Any]

    @property
    def address(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Description:
    """One file. `problem` says why it cannot be used; `root` is the whole document."""

    path: str
    version: str = ""
    operations: tuple[Operation, ...] = ()
    prefixes: tuple[str, ...] = ("",)
    problem: str = ""
    line: int = 1
    root: Mapping[str, Any] | None = None


def read_description(path: str, content: bytes) -> Description:
    """What a file says; never raises."""
    try:
        text = content.decode("utf-8-sig")
        root = json.loads(text) if path.endswith(".json") else yaml.load(text, yaml.CSafeLoader)
    except UnicodeDecodeError:
        return Description(path, problem="it is not UTF-8")
    except json.JSONDecodeError as problem:
        return Description(path, problem=f"it is no JSON: {problem.msg}", line=problem.lineno)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        return Description(path, problem=f"it is no YAML: {problem.problem}", line=line)
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        return Description(path, problem=f"it cannot be read: {type(problem).__name__}")
    if not isinstance(root, dict) or not ("openapi" in root or "swagger" in root):
        return Description(path, problem="it does not say which version of OpenAPI it is")
    if not isinstance(root.get("paths", {}), dict):
        return Description(path, problem="its paths are no mapping")
    info = root.get("info")
    version = str(info.get("version", "")) if isinstance(info, dict) else ""
    return Description(path, version, tuple(_operations(path, content, root)), tuple(_prefixes(root)), root=root)


def _operations(path: str, content: bytes, root: Mapping[str, Any]) -> Iterator[Operation]:
    for address, item in (root.get("paths") or {}).items():
        for method, said in item.items() if isinstance(item, dict) else ():
            if method in METHODS and isinstance(said, dict):
                where = _where(path, content, str(address), method)
                merged = {**said, "parameters": [*_listed(item.get("parameters")), *_listed(said.get("parameters"))]}
                yield Operation(method.upper(), str(address), where, _public(said, root), merged)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _public(said: Mapping[str, Any], root: Mapping[str, Any]) -> bool | None:
    asked = said.get("security", root.get("security"))
    return not asked or {} in asked if isinstance(asked, list) else None


def _where(path: str, content: bytes, address: str, method: str) -> Location:
    """Where the key of a path stands, and of a method below it."""
    key = re.search(rb"(?m)^[ \t]*[\"']?" + re.escape(address.encode()) + rb"[\"']?[ \t]*:", content)
    if key is None:
        return locate_line(path, content, 1)
    below = re.compile(rb"(?m)^[ \t]*[\"']?" + method.encode() + rb"[\"']?[ \t]*:").search(content, key.end())
    found = below if below is not None else key
    start = found.start() + len(found[0]) - len(found[0].lstrip())
    return locate(path, content, start, found.end())


def _prefixes(root: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(base := root.get("basePath"), str):
        yield base.rstrip("/")
    for server in _listed(root.get("servers")):
        if isinstance(server, dict) and isinstance(url := server.get("url"), str):
            yield urlsplit(url).path.rstrip("/") if "{" not in url else ""
    yield ""


def _all(code: Codebase) -> Sequence[Description]:
    found = []
    for path in sorted(code.files):
        if NAMED.search(path) and "node_modules/" not in path and (content := code.text(path)) is not None:
            found.append(read_description(path, content))
    return tuple(found)


DESCRIPTIONS: Fact[Sequence[Description]] = Fact("openapi descriptions", _all)


@dataclass(frozen=True)
class Documented:
    """A description of an application with its endpoints. `prefix` is what the description leaves out of paths."""

    description: Description
    prefix: str
    pairs: tuple[tuple[Endpoint, Operation], ...]
    undocumented: tuple[Endpoint, ...]
    missing: tuple[Operation, ...]


def plain(path: str) -> str:
    """A path with every parameter called the same, and no slash at its end."""
    parts = ["{}" if PARAMETER.match(part) else part for part in path.split("/") if part]
    return "/" + "/".join(parts)


def _documented(code: Codebase) -> Sequence[Documented]:
    endpoints = [endpoint for endpoint in code.get(ENDPOINTS) if _is_interface(endpoint)]
    found = (_match(description, endpoints) for description in code.get(DESCRIPTIONS) if description.operations)
    return tuple(one for one in found if one is not None)


def _is_interface(endpoint: Endpoint) -> bool:
    shown = endpoint.public_reason in ("static files", "a page", "static file or description", "description")
    return not shown and not endpoint.path.startswith("action:") and "…" not in endpoint.path


def _match(description: Description, endpoints: Sequence[Endpoint]) -> Documented | None:
    """The endpoints that a description is about; None where it is about another application."""
    said = {(operation.method, plain(operation.path)): operation for operation in description.operations}
    prefix = _best_prefix(said, description.prefixes, endpoints)
    pairs, left = [], []
    for endpoint in endpoints:
        path = plain(endpoint.path)
        inner = path.removeprefix(prefix) or "/"
        methods = [endpoint.method] if endpoint.method != "ANY" else [m for m, p in said if p == inner]
        operations = [said[method, inner] for method in methods if (method, inner) in said]
        pairs += [(endpoint, operation) for operation in operations]
        if not operations and path.startswith(prefix):
            left.append(endpoint)
    if not pairs or len(pairs) < len(left) or 2 * len(pairs) < len(said):
        return None
    matched = {id(operation) for _, operation in pairs}
    missing = tuple(operation for operation in description.operations if id(operation) not in matched)
    return Documented(description, prefix, tuple(pairs), tuple(left), missing)


def _best_prefix(said: Mapping[tuple[str, str], Operation], own: Iterable[str], endpoints: Sequence[Endpoint]) -> str:
    """The beginning of paths without which most endpoints stand in the description."""
    counts: Counter[str] = Counter()
    for endpoint in endpoints:
        parts = plain(endpoint.path).strip("/").split("/")
        for size in range(min(len(parts), 4)):
            prefix = "/" + "/".join(parts[:size]) if size else ""
            inner = plain(endpoint.path).removeprefix(prefix) or "/"
            if (endpoint.method, inner) in said:
                counts[prefix] += 1
    best = max(counts.values(), default=0)
    return next((p for p in own if best and counts[p] == best), next((p for p, n in counts.items() if n == best), ""))


DOCUMENTED: Fact[Sequence[Documented]] = Fact("documented endpoints", _documented)
"""The descriptions that are about the repository's own endpoints: at least half of what they describe is there."""


def shape(operation: Operation, root: Mapping[str, Any]) -> dict[str, tuple[bool, str, frozenset[str]]]:
    """What a caller has to send: each parameter and field by its place, whether it is required, its type, and the
    values that it may have."""
    found: dict[str, tuple[bool, str, frozenset[str]]] = {}
    for parameter in _listed(operation.said.get("parameters")):
        held = _resolved(parameter, root)
        schema = _resolved(held.get("schema", held), root)
        place = f"{held.get('in', '')} parameter {held.get('name', '')}"
        found[place] = (bool(held.get("required")), str(schema.get("type", "")), _values(schema))
    body = _resolved(operation.said.get("requestBody"), root).get("content")
    for media in body.values() if isinstance(body, dict) else ():
        _fields(media.get("schema") if isinstance(media, dict) else None, root, "field ", True, found, 0)
    return found


def _fields(
    schema: object,
    root: Mapping[str, Any],
    place: str,
    required: bool,
    found: dict[str, tuple[bool, str, frozenset[str]]],
    depth: int,
) -> None:
    held = _resolved(schema, root)
    properties = held.get("properties")
    if depth > MAX_DEPTH or not isinstance(properties, dict):
        return
    asked = _listed(held.get("required"))
    for name, inner in properties.items():
        resolved = _resolved(inner, root)
        needed = required and name in asked
        found[f"{place}{name}"] = (needed, str(resolved.get("type", "")), _values(resolved))
        _fields(inner, root, f"{place}{name}.", needed, found, depth + 1)


def _values(schema: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(map(str, _listed(schema.get("enum"))))


def _resolved(value: object, root: Mapping[str, Any], depth: int = 0) -> Mapping[str, Any]:
    """A part of the document, references within it followed."""
    if not isinstance(value, dict):
        return {}
    reference = value.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/") or depth > MAX_DEPTH:
        return value
    target: Any = root
    for part in reference[2:].split("/"):
        target = target.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
    return _resolved(target, root, depth + 1)
