"""Accounts, the App and its installations."""

from __future__ import annotations

import base64
from typing import Any
from zlib import crc32

from tests.github.world import Installation, World

Json = dict[str, Any]
REGISTERED = "2026-01-01T00:00:00Z"
ENTERPRISE = {"created_at": REGISTERED, "updated_at": REGISTERED}
"""The list of installations is described as if an account had a user's fields and an enterprise's too."""


def node(kind: str, number: int | str) -> str:
    """A global id: opaque, and different for each thing."""
    return f"{kind}_{base64.urlsafe_b64encode(str(number).encode()).decode().rstrip('=')}"


def account(site: str, login: str, kind: str = "") -> Json:
    """A user, a bot (`…[bot]`) or an organization."""
    url = f"{site}/users/{login}"
    number = crc32(login.encode())
    kind = kind or ("Bot" if login.endswith("[bot]") else "User")
    lists = ("followers", "subscriptions", "organizations", "repos", "received_events")
    return {
        "login": login,
        "id": number,
        "node_id": node(kind[0], number),
        "avatar_url": f"{site}/avatars/{number}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{site}/{login}",
        **{f"{name}_url": f"{url}/{name}" for name in lists},
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "events_url": f"{url}/events{{/privacy}}",
        "type": kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def integration(world: World) -> Json:
    """The App itself."""
    site = world.url
    return {
        "id": world.app_id,
        "slug": world.slug,
        "client_id": f"Iv23{world.app_id}",
        "node_id": node("A", world.app_id),
        "owner": account(site, "acme", "Organization"),
        "name": world.slug.title(),
        "description": None,
        "external_url": f"{site}/{world.slug}",
        "html_url": f"{site}/apps/{world.slug}",
        "created_at": REGISTERED,
        "updated_at": REGISTERED,
        "permissions": dict(world.permissions),
        "events": list(world.events),
        "installations_count": 1,
    }


def installation(world: World, made: Installation) -> Json:
    site = world.url
    url = f"{site}/app/installations/{made.id}"
    return {
        "id": made.id,
        "client_id": f"Iv23{world.app_id}",
        "account": {**account(site, made.owner, "Organization"), **ENTERPRISE, "slug": made.owner, "name": made.owner},
        "repository_selection": "all" if made.selected is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{site}/installation/repositories",
        "html_url": f"{site}/organizations/{made.owner}/settings/installations/{made.id}",
        "app_id": world.app_id,
        "app_slug": world.slug,
        "target_id": crc32(made.owner.encode()),
        "target_type": "Organization",
        "permissions": dict(made.permissions),
        "events": list(world.events),
        "created_at": made.created,
        "updated_at": made.created,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": account(site, made.owner, "Organization") if made.suspended else None,
        "suspended_at": made.created if made.suspended else None,
    }
