"""How many processes run a service, as far as Kubernetes manifests and compose files say it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rules.core.codebase import Codebase, Fact, FileReader
from rules.core.source import Location, locate_line
from rules.syntax.yaml_document import Document, NotYaml, read_document

KINDS = ("Deployment", "StatefulSet")


@dataclass(frozen=True, slots=True)
class Replicas:
    """More than one process of a service; where that is said."""

    count: int
    where: Location


def _read(path: str, content: bytes) -> list[Replicas]:
    if b"replicas" not in content:
        return []
    try:
        return list(_replicas(path, content, read_document(content)))
    except NotYaml:
        return []


def _replicas(path: str, content: bytes, document: Document) -> Iterator[Replicas]:
    data: Any = document.data
    if not isinstance(data, dict):
        return
    places: list[tuple[str, ...]] = [("spec", "replicas")] if data.get("kind") in KINDS else []
    services = data.get("services")
    places += [("services", str(name), "deploy", "replicas") for name in services] if isinstance(services, dict) else []
    for place in places:
        found: Any = data
        for part in place:
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, int) and not isinstance(found, bool) and found > 1:
            yield Replicas(found, locate_line(path, content, document.line(*place)))


def _all(code: Codebase) -> Sequence[Replicas]:
    reader = FileReader("replicas", "1", list[Replicas], _read)
    paths = (path for path in sorted(code.files) if path.endswith((".yml", ".yaml")))
    return tuple(found for listed in code.read_files(reader, paths).values() for found in listed)


REPLICAS: Fact[Sequence[Replicas]] = Fact("replicas", _all)
