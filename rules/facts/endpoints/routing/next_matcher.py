"""On which requests the middleware of Next.js runs. Facts by its own function: each is a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from rules.facts.endpoints.path_patterns import matches


class Runs(StrEnum):
    """UNLESS: a caller who sends something keeps it from running. UNKNOWN: the pattern cannot be read."""

    ALWAYS = "always"
    UNLESS = "unless"
    NEVER = "never"
    UNKNOWN = "unknown"


def runs(matcher: object, path: str) -> Runs:
    """Whether a middleware with this `config.matcher` runs on a request for a path that carries nothing unusual."""
    if matcher is None:
        return Runs.ALWAYS
    found = [_one(source, path) for source in (matcher if isinstance(matcher, list | tuple) else [matcher])]
    return next((wanted for wanted in (Runs.ALWAYS, Runs.UNKNOWN, Runs.UNLESS) if wanted in found), Runs.NEVER)


def _one(source: object, path: str) -> Runs:
    conditions: Mapping[str, object] = source if isinstance(source, Mapping) else {}
    pattern = conditions.get("source") if conditions else source
    if not isinstance(pattern, str):
        return Runs.UNKNOWN
    matched = matches(pattern, path, data=True)
    if not matched:
        return Runs.UNKNOWN if matched is None else Runs.NEVER
    if _any(conditions.get("has")):
        return Runs.NEVER
    return Runs.UNLESS if _any(conditions.get("missing")) else Runs.ALWAYS


def _any(value: object) -> bool:
    return isinstance(value, Sequence) and bool(value)
