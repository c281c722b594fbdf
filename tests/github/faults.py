"""What goes wrong between the bot and GitHub."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
DELIVERY = "DELIVER"


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong once, at the first request of this method whose path holds `path`.

    Without a `status` the request is answered as always, `seconds` late. With `applied` it is first carried out.
    `meanwhile` happens just before the request is looked at. `body` is answered in place of `message`.
    """

    method: str
    path: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "Server Error"
    applied: bool = False
    seconds: float = 0.0
    meanwhile: Callable[[], object] | None = None
    body: Mapping[str, Any] | None = None

    def meets(self, method: str, path: str) -> bool:
        return self.method == method and self.path in path


def limited(method: str, path: str, status: int = 429, retry_after: float | None = None) -> Fault:
    """A secondary limit, with and without saying for how long."""
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    return Fault(method, path, status, headers, SECONDARY)


def exhausted(method: str, path: str, reset_in: float, status: int = 403) -> Fault:
    """The primary limit: nothing remains until it is reset, so many seconds from now."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time() + reset_in))}
    return Fault(method, path, status, headers, "API rate limit exceeded for installation.")


def graphql_limited(reset_in: float) -> Fault:
    """GraphQL's own way to say so: a good answer that holds an error."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time() + reset_in))}
    error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for installation."}
    return Fault("POST", "/graphql", 200, headers, body={"errors": [error]})


def broken(method: str, path: str, status: int = 502) -> Fault:
    """An error before anything was done."""
    return Fault(method, path, status)


def answer_lost(method: str, path: str) -> Fault:
    """The write is applied and the answer is a 502 all the same."""
    return Fault(method, path, 502, applied=True)


def unauthorized(method: str, path: str) -> Fault:
    """The token is no longer good, though its hour is not over."""
    return Fault(method, path, 401, message="Bad credentials")


def slow(method: str, path: str, seconds: float) -> Fault:
    return Fault(method, path, seconds=seconds)


def before(method: str, path: str, meanwhile: Callable[[], object]) -> Fault:
    """Something happens just before the request is looked at: the branch moves, say."""
    return Fault(method, path, meanwhile=meanwhile)


def dropped(event: str) -> Fault:
    """A webhook that never arrives; GitHub does not try again by itself."""
    return Fault(DELIVERY, event)
