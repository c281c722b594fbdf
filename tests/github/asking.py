"""The requests that the tests of the client make."""

from __future__ import annotations

from typing import Any

from bot.github.client import Client
from tests.github.standin import GitHubStandIn

REPO = "/repos/acme/shop"
MINT = ("POST", "/app/installations/77/access_tokens")
QUERY = 'query { repository(owner: "acme", name: "shop") { databaseId } }'


def asked(hub: GitHubStandIn, method: str, end: str) -> int:
    """How many such requests were made."""
    return sum(1 for known, path in hub.world.requests if known == method and path.endswith(end))


async def get(client: Client, path: str = "/pulls") -> Any:
    return (await client.request(77, "GET", f"{REPO}{path}")).json()


async def comment(client: Client, number: int, body: str = "x") -> Any:
    return (await client.request(77, "POST", f"{REPO}/issues/{number}/comments", json={"body": body})).json()
