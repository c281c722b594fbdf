"""What the parts of a rehearsal say to each other, as JSON."""

from __future__ import annotations

from pydantic import TypeAdapter

from migration_guards.rehearsal import Performance, Plan

PLANS: TypeAdapter[tuple[Plan, ...]] = TypeAdapter(tuple[Plan, ...])
PERFORMANCES: TypeAdapter[tuple[Performance, ...] | str] = TypeAdapter(tuple[Performance, ...] | str)
