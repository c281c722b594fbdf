"""Small source trees, and what the inventory makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.core.codebase import Codebase
from rules.core.source import MemorySnapshot
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint, Verdict


@dataclass(frozen=True)
class Tree:
    """Files, and the endpoint in them that a fact is about. A silent caller sends no credential at all, others one
    that is made up."""

    files: Mapping[str, str]
    path: str = "/r"
    method: str = "GET"
    silent: bool = False


def inventory(files: Mapping[str, str | bytes]) -> list[Endpoint]:
    encoded = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    return list(Codebase(MemorySnapshot(encoded)).get(ENDPOINTS))


def table(files: Mapping[str, str | bytes]) -> dict[str, str]:
    """Verdicts by method and path; where one is declared twice, the weakest."""
    rank = [Verdict.UNGUARDED, Verdict.UNKNOWN, Verdict.GUARDED]
    found: dict[str, str] = {}
    for endpoint in sorted(inventory(files), key=lambda e: rank.index(e.verdict)):
        found.setdefault(f"{endpoint.method} {endpoint.path}", endpoint.verdict.value)
    return found


def endpoint(tree: Tree) -> Endpoint:
    found = [e for e in inventory(tree.files) if e.path == tree.path and e.method in (tree.method, "ANY")]
    assert len(found) == 1, [(e.method, e.path, e.verdict.value) for e in inventory(tree.files)]
    return found[0]
