"""One operation of GitHub's API: what it needs, and the request that asks for it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.github.access import Actor, Refused
from tests.github.repository import Pull, Repository
from tests.github.webhooks import Webhooks
from tests.github.world import World

SEGMENTS = frozenset({"path", "ref", "branch"})
"""Parameters of a path that may hold slashes."""


@dataclass
class Call:
    """A request that passed GitHub's door: parameters of the right types, the body parsed, and who asks.

    `headers` and `status` are the answer's, where they differ from what the operation always answers with.
    """

    world: World
    webhooks: Webhooks
    actor: Actor
    operation: Operation
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0

    @property
    def repository(self) -> Repository:
        """The repository of the path; raises `Refused` where the token may not do this there."""
        return self.actor.repository(self.world, f"{self.path['owner']}/{self.path['repo']}", self.operation.needs)

    @property
    def pull(self) -> Pull:
        """The pull request of the path; raises `Refused`."""
        number = self.path.get("pull_number") or self.path["issue_number"]
        return found(self.repository.pulls.get(number))

    def page(self, items: Sequence[Any]) -> list[Any]:
        """One page of a list, with GitHub's `link` to the next."""
        size, number = int(self.query.get("per_page", 30)), int(self.query.get("page", 1))
        if len(items) > size * number:
            following = urlencode({**self.query, "page": number + 1})
            self.headers["link"] = f'<{self.url}?{following}>; rel="next"'
        return list(items[size * (number - 1) : size * number])


T = TypeVar("T")
Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Operation:
    """`needs` are alternatives such as `issues:write`; as the App itself none are needed."""

    method: str
    template: str
    status: int
    needs: tuple[str, ...]
    as_app: bool
    handler: Handler

    @property
    def pattern(self) -> re.Pattern[str]:
        def group(match: re.Match[str]) -> str:
            return f"(?P<{match[1]}>{'.+' if match[1] in SEGMENTS else '[^/]+'})"

        return re.compile(re.sub(r"\{(\w+)\}", group, self.template))


def operation(
    method: str, template: str, *needs: str, status: int = 200, as_app: bool = False
) -> Callable[[Handler], Handler]:
    """Makes a handler of an operation, named as in GitHub's description."""

    def made(handler: Handler) -> Handler:
        handler.__dict__["operation"] = Operation(method, template, status, needs, as_app, handler)
        return handler

    return made


@cache
def operations() -> tuple[Operation, ...]:
    """All operations below `routes`, the most specific first."""
    package = importlib.import_module("tests.github.routes")
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    handlers = [value.__dict__["operation"] for m in modules for value in vars(m).values() if _is_handler(value, m)]
    return tuple(sorted(handlers, key=lambda known: (-len(re.sub(r"\{\w+\}", "", known.template)), known.template)))


def _is_handler(value: Any, module: Any) -> bool:
    return getattr(value, "__module__", "") == module.__name__ and "operation" in getattr(value, "__dict__", {})


def matching(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request asks for, with the parameters of its path."""
    for known in operations():
        match = known.pattern.fullmatch(path) if known.method == method else None
        if match:
            return known, match.groupdict()
    return None


def found(value: T | None) -> T:
    """The value; raises `Refused` as GitHub does for what is not there."""
    if value is None:
        raise Refused(404, "Not Found")
    return value
