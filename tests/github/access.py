"""Who asks, and what they may: App JWTs, installation tokens, their permissions and repositories."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt

from tests.github.repository import WORKFLOWS, Repository
from tests.github.world import Installation, World

LEVELS = ("none", "read", "write", "admin")
NOT_ACCESSIBLE = "Resource not accessible by integration"
WORKFLOW_REFUSED = "refusing to allow a GitHub App to create or update workflow `{}` without `workflows` permission"
PADDING = "x" * 300
"""Real tokens have about 520 characters."""


class Refused(Exception):
    """GitHub answers with an error."""

    def __init__(self, status: int, message: str, errors: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = list(errors)


def level(permissions: Mapping[str, str], name: str) -> int:
    return LEVELS.index(permissions.get(name, "none"))


@dataclass(frozen=True)
class Actor:
    """A token: the App itself (no installation), or an installation narrowed to repositories and permissions."""

    installation: Installation | None = None
    repositories: frozenset[int] = frozenset()
    permissions: Mapping[str, str] = field(default_factory=dict)

    def may(self, need: str) -> bool:
        name, _, wanted = need.partition(":")
        return level(self.permissions, name) >= LEVELS.index(wanted)

    def sees(self, repository: Repository) -> bool:
        covered = self.installation is not None and self.installation.covers(repository)
        return covered and (not self.repositories or repository.id in self.repositories)

    def repository(self, world: World, full_name: str, needs: Sequence[str]) -> Repository:
        """A repository that this token may use for one of these needs; raises `Refused`."""
        repository = world.repositories.get(full_name)
        writes = "contents:write" in needs
        if repository is None or not (self.sees(repository) or (writes and self.edits(world, repository))):
            raise Refused(404, "Not Found")
        if needs and not any(self.may(need) for need in needs):
            raise Refused(403, NOT_ACCESSIBLE)
        return repository

    def edits(self, world: World, fork: Repository) -> bool:
        """Whether a person's fork lets the maintainers of a pull request push to it; an organization's never does."""
        return fork.owner_kind == "User" and any(
            pull.open and pull.maintainers_may_edit and pull.head_repository is fork
            for target in world.repositories.values()
            if self.sees(target)
            for pull in target.pulls.values()
        )

    def check_workflows(self, paths: Sequence[str]) -> None:
        """Raises `Refused` when a commit touches a workflow without the permission for that."""
        touched = next((path for path in paths if path.startswith(WORKFLOWS)), None)
        if touched and not self.may("workflows:write"):
            raise Refused(403, WORKFLOW_REFUSED.format(touched))


def bearer(header: str) -> str:
    return header.partition(" ")[2]


def as_app(world: World, token: str) -> Actor:
    """Verifies an App's JWT: its key, its issuer, at most ten minutes; raises `Refused`."""
    try:
        claims = jwt.decode(token, world.key.public_key(), algorithms=["RS256"], options={"require": ["iat", "exp"]})
    except jwt.PyJWTError:
        raise Refused(401, "A JSON web token could not be decoded") from None
    if str(claims["iss"]) != str(world.app_id):
        raise Refused(401, "Integration not found")
    if claims["exp"] - time.time() > 600:
        raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")
    return Actor(permissions=world.permissions)


def as_installation(world: World, token: str) -> Actor:
    """Verifies an installation's token; raises `Refused`, also when its hour is over."""
    try:
        claims = jwt.decode(token.removeprefix(f"ghs_{world.app_id}_"), world.secret, algorithms=["HS256"])
    except jwt.PyJWTError:
        raise Refused(401, "Bad credentials") from None
    installation = world.installations.get(claims["installation"])
    if installation is None or installation.suspended:
        raise Refused(403, "This installation has been suspended")
    return Actor(installation, frozenset(claims["repositories"]), claims["permissions"])


def mint(world: World, installation: Installation, asked: Mapping[str, Any]) -> tuple[str, str, Actor]:
    """A token with its end and what it may; never more than the App was granted; raises `Refused`."""
    mine = {r.id: r for r in world.repositories.values() if installation.covers(r)}
    ids = set(asked.get("repository_ids", []))
    ids |= {r.id for r in mine.values() if r.name in asked.get("repositories", [])}
    if not ids <= set(mine) or len(ids) < len(asked.get("repositories", [])):
        raise Refused(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    granted = installation.permissions
    wanted = {"metadata": "read", **asked["permissions"]} if asked.get("permissions") else granted
    if any(level(wanted, name) > level(granted, name) for name in wanted):
        raise Refused(422, "The permissions requested are not granted to this installation.")
    until = int(time.time()) + world.token_seconds
    claims = {"installation": installation.id, "repositories": sorted(ids), "permissions": dict(wanted)}
    body = jwt.encode({**claims, "exp": until, "pad": PADDING}, world.secret, algorithm="HS256")
    expires = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"ghs_{world.app_id}_{body}", expires, Actor(installation, frozenset(ids), wanted)
