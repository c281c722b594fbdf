"""The inventory in parts that can be kept: files that lead to one another, apart from all others.

What a file declares depends on the files that it leads to and on those that lead to it, on nothing else. A part
holds as long as none of its files changed and every name in them still means the same file.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter

from rules.core.codebase import Codebase
from rules.facts.endpoints.library_calls import LibraryCall, library_calls
from rules.facts.endpoints.machine.world import STEPS, World
from rules.facts.endpoints.model import Endpoint

ROUNDS = 3
"""How often parts that turn out to hang together are followed anew, before all are."""


@dataclass(frozen=True)
class Part:
    """Files by path and blob, what they asked and were told, what following them took, and what they declare.

    `listings` are the folders that a file loads whole, with what lay in them.
    """

    files: tuple[tuple[str, str], ...]
    meant: tuple[tuple[str, str, str | None], ...]
    versions: tuple[tuple[str, str, str], ...]
    listings: tuple[tuple[str, str, tuple[str, ...]], ...]
    steps: int
    endpoints: tuple[Endpoint, ...]
    calls: tuple[LibraryCall, ...]


@dataclass(frozen=True)
class Inventory:
    """What following a codebase's programs gave."""

    endpoints: tuple[Endpoint, ...]
    calls: tuple[LibraryCall, ...]


_PART = TypeAdapter(Part)
_CACHED = ("endpoint parts", "3")

A = TypeVar("A", bound=tuple[str, str, object])
Read = Callable[[World], Iterable[Endpoint]]


def inventory(code: Codebase, candidates: Collection[str], read: Read, unread: Callable[[], set[str]]) -> Inventory:
    """The endpoints of all candidates and their calls of libraries. `unread` are the paths that could not be looked at
    so far."""
    kept = _kept(code, candidates)
    for rounds in range(ROUNDS + 1):
        place = {path: first for first, part in kept.items() for path, _ in part.files}
        world = World(code, [c for c in candidates if c not in place], STEPS - sum(p.steps for p in kept.values()))
        world.follow_all()
        found = list(read(world))
        joined = {place[path] for path in world.loaded() if path in place}
        if not joined:
            break
        kept = {first: part for first, part in kept.items() if first not in joined} if rounds < ROUNDS - 1 else {}
    calls = list(library_calls(world))
    _keep(code, world, Inventory(tuple(found), tuple(calls)), unread())
    parts = kept.values()
    return Inventory(
        (*(endpoint for part in parts for endpoint in part.endpoints), *found),
        (*(call for part in parts for call in part.calls), *calls),
    )


def _kept(code: Codebase, candidates: Collection[str]) -> dict[str, Part]:
    """The parts of earlier trees that hold in this one, each by its first candidate."""
    if code.cache is None:
        return {}
    stored = code.cache.load(*_CACHED, [(path, code.files[path].blob) for path in candidates])
    asked = World(code, ())
    parts = {path: _PART.validate_json(value) for (path, _), value in stored.items()}
    holding = {first: part for first, part in parts.items() if _holds(part, code, asked)}
    owners = Counter(path for part in holding.values() for path, _ in part.files)
    return {first: part for first, part in holding.items() if all(owners[path] == 1 for path, _ in part.files)}


def _holds(part: Part, code: Codebase, world: World) -> bool:
    return (
        all(path in code.files and code.files[path].blob == blob for path, blob in part.files)
        and all(world.find(importer, name) == target for importer, name, target in part.meant)
        and all(world.version(path, package) == version for path, package, version in part.versions)
        and all(world.listing(path, folder) == listed for path, folder, listed in part.listings)
    )


def _keep(code: Codebase, world: World, found: Inventory, unread: set[str]) -> None:
    """Keeps what was followed; not where a file stayed unread, since that is to be tried again."""
    if code.cache is None:
        return
    values = {}
    for first, part in _parts(code, world, found):
        if not any(path in unread for path, _ in part.files):
            values[first, code.files[first].blob] = _PART.dump_json(part)
    if values:
        code.cache.save(*_CACHED, values)


def _parts(code: Codebase, world: World, found: Inventory) -> Iterator[tuple[str, Part]]:
    declared: dict[str, list[Endpoint]] = defaultdict(list)
    for endpoint in found.endpoints:
        declared[endpoint.declared.path].append(endpoint)
    called: dict[str, list[LibraryCall]] = defaultdict(list)
    for call in found.calls:
        called[call.where.path].append(call)
    meant = _by_path((importer, name, target) for (importer, name), target in world.meant.items())
    versions = _by_path((path, package, version) for (path, package), version in world.versions.items())
    listings = _by_path((path, folder, listed) for (path, folder), listed in world.listings.items())
    for paths in _together(world):
        first = min((path for path in paths if path in world.candidates), default=None)
        if first is not None:
            yield (
                first,
                Part(
                    tuple((path, code.files[path].blob) for path in paths),
                    tuple(answer for path in paths for answer in meant.get(path, ())),
                    tuple(answer for path in paths for answer in versions.get(path, ())),
                    tuple(answer for path in paths for answer in listings.get(path, ())),
                    sum(world.spent.get(path, 0) for path in paths),
                    tuple(endpoint for path in paths for endpoint in declared.get(path, ())),
                    tuple(call for path in paths for call in called.get(path, ())),
                ),
            )


def _by_path(answers: Iterable[A]) -> Mapping[str, Sequence[A]]:
    by_path: dict[str, list[A]] = defaultdict(list)
    for answer in answers:
        by_path[answer[0]].append(answer)
    return by_path


def _together(world: World) -> list[list[str]]:
    """The files that were read, in groups that no import leads out of or into."""
    groups = {path: [path] for path in sorted(world.loaded())}
    led = [(importer, target or "") for (importer, _), target in world.meant.items()]
    led += [(asker, path) for (asker, _), listed in world.listings.items() for path in listed]
    for importer, target in led:
        one, other = groups.get(importer), groups.get(target)
        if one is not None and other is not None and one is not other:
            large, small = (one, other) if len(one) >= len(other) else (other, one)
            large += small
            groups.update(dict.fromkeys(small, large))
    return list({id(group): group for group in groups.values()}.values())
