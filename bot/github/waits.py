"""When a request is to be made again: what GitHub's answers say of its limits, and of its own troubles."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

LONGEST_SECONDS = 3660.0
"""The primary limit is reset every hour."""

SECONDARY_SECONDS = 60.0
"""The shortest wait after a secondary limit that names none; it grows with every attempt."""

PATIENCE_SECONDS = 60.0
"""The longest wait with a worker's place held; for a longer one the work is put back into the queue."""

LIMITED_TYPES = frozenset({"RATE_LIMIT", "RATE_LIMITED"})


class Clock:
    """The passing of time, in seconds."""

    def now(self) -> float:
        return time.time()

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Answer(Protocol):
    """The parts of a response that decide."""

    @property
    def status_code(self) -> int: ...

    @property
    def headers(self) -> Any: ...

    @property
    def text(self) -> str: ...

    def json(self) -> Any: ...


@dataclass(frozen=True)
class Wait:
    """How long until the next attempt, and whether that goes for everything the installation writes."""

    seconds: float
    everything: bool = False


def before_next(answer: Answer | None, attempt: int, *, repeat: bool, graphql: bool, now: float) -> Wait | None:
    """None when there is to be no further attempt; `answer` is None when GitHub was not reached.

    What met a limit was not carried out, so that any request may be made again; others only where `repeat` says so.
    """
    soon = Wait(0.5 * 2.0**attempt)
    if answer is None:
        return soon
    if answer.status_code in (403, 429) or (graphql and _limited(answer)):
        return _limit(answer, attempt, now)
    return soon if answer.status_code >= 500 and repeat else None


def _limit(answer: Answer, attempt: int, now: float) -> Wait | None:
    after = _number(answer.headers, "retry-after")
    if after is not None:
        return Wait(min(after, LONGEST_SECONDS), everything=True)
    if answer.headers.get("x-ratelimit-remaining") == "0":
        reset = _number(answer.headers, "x-ratelimit-reset") or 0.0
        return Wait(min(max(1.0, reset - now), LONGEST_SECONDS), everything=True)
    if answer.status_code != 403 or "secondary rate" in answer.text.lower():
        return Wait(SECONDARY_SECONDS * 2 ** (attempt - 1), everything=True)
    return None


def _limited(answer: Answer) -> bool:
    body = answer.json() if answer.status_code == 200 else {}
    errors = body.get("errors") if isinstance(body, dict) else None
    return any(error.get("type") in LIMITED_TYPES for error in errors or ())


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        return max(0.0, float(headers[name]))
    except (KeyError, ValueError):
        return None
