"""How a change moves what can be called from outside."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from rules.core.codebase import Codebase
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint, Verdict

MOST = 8
"""Endpoints of one kind that are named before the rest is counted."""


@dataclass(frozen=True)
class Surface:
    """Endpoints by address, `GET /orders`: those that came with who can call them, those that went, and those that
    everybody can call now or no more."""

    added: Mapping[str, str]
    removed: tuple[str, ...]
    opened: tuple[str, ...]
    closed: tuple[str, ...]

    def __str__(self) -> str:
        came = [f"{address} ({people})" for address, people in self.added.items()]
        parts = (("added", came), ("removed", self.removed), ("opened", self.opened), ("closed", self.closed))
        said = [f"{what} {_listed(names)}" for what, names in parts if names]
        return f"Endpoints: {'; '.join(said)}." if said else ""


def surface_change(code: Codebase) -> Surface:
    """What the head has that the base has not, and the other way round."""
    before = _people(code.base.get(ENDPOINTS)) if code.base is not None else {}
    now = _people(code.get(ENDPOINTS))
    both = sorted(before.keys() & now.keys())
    return Surface(
        {address: now[address] for address in sorted(now.keys() - before.keys())},
        tuple(sorted(before.keys() - now.keys())),
        tuple(address for address in both if now[address] == ANYBODY != before[address]),
        tuple(address for address in both if before[address] == ANYBODY != now[address]),
    )


ANYBODY = "anybody"
PEOPLE = {Verdict.GUARDED: "guarded", Verdict.UNGUARDED: ANYBODY, Verdict.UNKNOWN: "not known"}


def _people(endpoints: Iterable[Endpoint]) -> dict[str, str]:
    """Who can call each address: of several mounts the most open one counts."""
    rank = (Verdict.GUARDED, Verdict.UNKNOWN, Verdict.UNGUARDED)
    ordered = sorted(endpoints, key=lambda endpoint: rank.index(endpoint.verdict))
    return {endpoint.address: PEOPLE[endpoint.verdict] for endpoint in ordered}


def _listed(names: Collection[str]) -> str:
    shown = ", ".join(list(names)[:MOST])
    return f"{shown} and {len(names) - MOST} more" if len(names) > MOST else shown
