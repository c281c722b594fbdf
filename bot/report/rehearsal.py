"""A rehearsal as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from bot.report.text import plain
from migration_guards.rehearsal import Observation, Performance, broken, sentence


def render_rehearsal_text(performances: Sequence[Performance]) -> str:
    """A line for each statement, then what the way back does to the schema."""
    lines = [line for one in performances for line in _told(one)]
    return "".join(f"{plain(line)}\n" for line in lines or ["There are no new PostgreSQL migrations to rehearse."])


def _told(one: Performance) -> Iterator[str]:
    yield f"{one.history}{f' on PostgreSQL {one.server}' if one.server else ''}"
    yield from (f"  {seen.path}:{seen.line}: {sentence(seen)}{_locks(seen)}" for seen in one.up)
    yield from (f"  {seen.path}: on the way back, {sentence(seen)}" for seen in one.down if seen.error)
    yield from (f"  {path}: the rollback restores the schema" for path in one.restored)
    for difference in one.differences:
        yield f"  {difference.path}: the rollback does not restore the schema"
        yield from (f"    missing: {line}" for line in difference.missing)
        yield from (f"    left: {line}" for line in difference.left)
    if one.problem:
        yield f"  not rehearsed: {one.problem}"


def _locks(seen: Observation) -> str:
    held = [f"{mode} on {table}" for table, mode in seen.locks]
    return f" ({', '.join(held)})" if held and not seen.error else ""


def render_rehearsal_json(performances: Iterable[Performance]) -> str:
    def told(one: Observation) -> dict[str, object]:
        return {**asdict(one), "broken": broken(one), "says": sentence(one)}

    listed = [
        {**asdict(one), "up": [told(o) for o in one.up], "down": [told(o) for o in one.down]} for one in performances
    ]
    return json.dumps({"rehearsals": listed}, indent=2) + "\n"
