"""Every endpoint of a codebase, with the guards that stand before it in whatever file."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from rules.core.codebase import Codebase, Fact, FileReader
from rules.core.source import Location
from rules.facts.endpoints import frameworks
from rules.facts.endpoints.library_calls import LibraryCall
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Endpoint, Strength
from rules.facts.endpoints.parts import Inventory, inventory
from rules.syntax.paths import named_as_test
from rules.syntax.trees import language_of

ELSEWHERE = ("node_modules/", "vendor/", "dist/", ".min.js", ".d.ts", "site-packages/", ".venv/")
TESTS = frozenset(("test", "tests", "__tests__", "spec", "e2e", "__mocks__", "fixtures", "cypress", "stories"))


@lru_cache(maxsize=1)
def readers() -> tuple[ModuleType, ...]:
    """The modules that each know one framework."""
    package = frameworks
    return tuple(import_module(found.name) for found in iter_modules(package.__path__, f"{package.__name__}."))


def _candidates(code: Codebase) -> list[str]:
    """The files that may declare endpoints: those with a word of some framework in them, or with such a name."""
    marks = sorted({mark for reader in readers() for mark in reader.MARKS})
    version = hashlib.sha256(b"\0".join(marks)).hexdigest()[:16]
    reader = FileReader("endpoint-marks", version, bool, lambda _, content: any(mark in content for mark in marks))
    paths = [path for path in sorted(code.files) if language_of(path) and not is_elsewhere(path)]
    by_name = [read.claims for read in readers() if hasattr(read, "claims")]
    marked = code.read_files(reader, paths)
    return [path for path, said in marked.items() if said or any(claims(path) for claims in by_name)]


def is_elsewhere(path: str) -> bool:
    """Whether a file is a test, or somebody else's: vendored, built or generated."""
    folders = path.lower().split("/")[:-1]
    return named_as_test(path) or any(f in TESTS for f in folders) or any(part in path for part in ELSEWHERE)


def _survey(code: Codebase) -> Inventory:
    if code.base is not None and _program(code) == _program(code.base):
        found = code.base.get(SURVEY)
        for unread in code.base.unread_by(SURVEY):
            code.skip(unread.path, unread.reason)
        return found
    return inventory(code, _candidates(code), _read, lambda: {u.path for u in code.unread_by(SURVEY)})


def _read(world: World) -> Iterator[Endpoint]:
    for reader in readers():
        yield from reader.read(world)


def _program(code: Codebase) -> dict[str, str]:
    """Everything that the inventory is made of, by path and blob."""
    return {path: e.blob for path, e in code.files.items() if language_of(path) or path.endswith(".json")}


SURVEY: Fact[Inventory] = Fact("survey of the programs", _survey)


def _endpoints(code: Codebase) -> Sequence[Endpoint]:
    found = code.get(SURVEY).endpoints
    return tuple(sorted(found, key=lambda e: (e.declared.path, e.declared.line, e.path, e.method, e.mount.prefix)))


ENDPOINTS: Fact[Sequence[Endpoint]] = Fact("endpoints", _endpoints)


def _calls(code: Codebase) -> Sequence[LibraryCall]:
    return tuple(sorted(code.get(SURVEY).calls, key=lambda call: (call.where.path, call.where.span.start, call.name)))


LIBRARY_CALLS: Fact[Sequence[LibraryCall]] = Fact("library calls", _calls)
"""The calls of web libraries with their options, resolved across files."""


def _by_address(code: Codebase) -> Mapping[tuple[str, str], Sequence[Endpoint]]:
    found: dict[tuple[str, str], list[Endpoint]] = defaultdict(list)
    for endpoint in code.get(ENDPOINTS):
        found[endpoint.method, endpoint.path].append(endpoint)
    return found


BY_ADDRESS: Fact[Mapping[tuple[str, str], Sequence[Endpoint]]] = Fact("endpoints by address", _by_address)
"""The endpoints of each method and path."""


def _by_handler(code: Codebase) -> Mapping[tuple[str, int, str], Sequence[Endpoint]]:
    found: dict[tuple[str, int, str], list[Endpoint]] = defaultdict(list)
    for endpoint in code.get(ENDPOINTS):
        found[endpoint.handler.path, endpoint.handler.span.start, endpoint.method].append(endpoint)
    return found


BY_HANDLER: Fact[Mapping[tuple[str, int, str], Sequence[Endpoint]]] = Fact("endpoints by handler", _by_handler)
"""The endpoints of each handler, by its file, where it begins, and the method."""


def _by_file(code: Codebase) -> Sequence[Sequence[Endpoint]]:
    found: dict[str, list[Endpoint]] = defaultdict(list)
    for endpoint in code.get(ENDPOINTS):
        found[endpoint.declared.path].append(endpoint)
    return tuple(found.values())


BY_FILE: Fact[Sequence[Sequence[Endpoint]]] = Fact("endpoints by file", _by_file)
"""The endpoints that one file declares together."""


def _by_middleware(code: Codebase) -> Sequence[Sequence[Endpoint]]:
    found: dict[Location, list[Endpoint]] = defaultdict(list)
    for endpoint in code.get(ENDPOINTS):
        holding = [guard for guard in endpoint.guards if guard.holds]
        if holding and all(guard.strength is Strength.MIDDLEWARE for guard in holding) and not endpoint.public_reason:
            found[holding[0].where].append(endpoint)
    return tuple(found.values())


BY_MIDDLEWARE: Fact[Sequence[Sequence[Endpoint]]] = Fact("endpoints by middleware", _by_middleware)
"""The endpoints that nothing guards but one middleware."""


def _together(code: Codebase) -> Sequence[Sequence[Endpoint]]:
    found = code.get(ENDPOINTS)
    return (found,) if found else ()


TOGETHER: Fact[Sequence[Sequence[Endpoint]]] = Fact("endpoints together", _together)
"""All endpoints as one subject, for what is said once of a repository."""
