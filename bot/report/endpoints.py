"""The inventory of endpoints, for a terminal and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.report.text import plain
from rules.core.source import Location
from rules.facts.endpoints.model import Endpoint, Guard, Mount


def render_endpoints_json(endpoints: Sequence[Endpoint]) -> str:
    """An array with one object for each endpoint on each of its mounts."""
    return json.dumps([_endpoint(endpoint) for endpoint in endpoints], indent=2) + "\n"


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "method": endpoint.method,
        "path": endpoint.path,
        "file": endpoint.declared.path,
        "line": endpoint.declared.line,
        "handler_file": endpoint.handler.path,
        "handler_line": endpoint.handler.line,
        "handler_end_line": endpoint.handler.end_line,
        "framework": endpoint.framework,
        "verdict": endpoint.verdict,
        "confidence": endpoint.confidence,
        "reason": endpoint.reason,
        "guards": [_guard(guard) for guard in endpoint.guards],
        "roles": sorted({role for guard in endpoint.guards for role in guard.roles}),
        "rate_limits": list(endpoint.rate_limits),
        "validators": list(endpoint.validators),
        "mounts": [_mount(endpoint.mount)],
        "public_reason": endpoint.public_reason,
    }


def _guard(guard: Guard) -> dict[str, Any]:
    return {
        "name": guard.name,
        "kind": guard.kind,
        "origin": guard.origin,
        "strength": guard.strength,
        "holds": guard.holds,
        "chain": list(guard.chain),
        **_place(guard.where),
    }


def _mount(mount: Mount) -> dict[str, Any]:
    return {
        "prefix": mount.prefix,
        "found": mount.found,
        "places": [_place(place) for place in mount.places],
        "conditions": [_place(place) for place in mount.conditions],
    }


def _place(where: Location) -> dict[str, Any]:
    return {"file": where.path, "line": where.line}


def render_endpoints_text(endpoints: Sequence[Endpoint]) -> str:
    """One line an endpoint: verdict, method, path, where it is declared, and what says so."""
    rows = [(e.verdict.value, e.method, e.path, f"{e.declared.path}:{e.declared.line}", _told(e)) for e in endpoints]
    shown = [tuple(plain(cell) for cell in row) for row in rows]
    widths = [min(48, max((len(row[column]) for row in shown), default=0)) for column in range(4)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True)), row[4]]) for row in shown
    ]
    counts = {verdict: sum(row[0] == verdict for row in rows) for verdict in ("guarded", "unguarded", "unknown")}
    total = f"{len(rows)} endpoints: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return "\n".join([*(line.rstrip() for line in lines), total]) + "\n"


def _told(endpoint: Endpoint) -> str:
    extras = [f"limited by {limit}" for limit in endpoint.rate_limits]
    extras += [f"validated by {validator}" for validator in endpoint.validators]
    reason = endpoint.reason or (f"public: {endpoint.public_reason}" if endpoint.public_reason else "")
    return "; ".join([*([reason] if reason else []), *extras])
