"""Somebody who talks to the stand-in without the bot."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx
import jwt

from tests.github.standin import GitHubStandIn


class Talk:
    """REST and GraphQL as an installation of the App, or as the App itself."""

    def __init__(self, hub: GitHubStandIn) -> None:
        self.hub = hub
        self._http = httpx.Client(base_url=hub.url, trust_env=False)
        self.token = ""

    def app_token(self, seconds: int = 540) -> str:
        now = int(time.time())
        claims = {"iat": now - 60, "exp": now + seconds, "iss": str(self.hub.world.app_id)}
        return jwt.encode(claims, self.hub.private_key, algorithm="RS256")

    def as_app(self, method: str, path: str, **given: Any) -> httpx.Response:
        return self._send(self.app_token(), method, path, given)

    def mint(self, installation: int = 77, **narrowed: Any) -> httpx.Response:
        return self.as_app("POST", f"/app/installations/{installation}/access_tokens", json=narrowed)

    def __call__(self, method: str, path: str, **given: Any) -> httpx.Response:
        self.token = self.token or self.mint().json()["token"]
        return self._send(self.token, method, path, given)

    def graphql(self, query: str, **variables: Any) -> Any:
        return self("POST", "/graphql", json={"query": query, "variables": variables}).json()

    def commit(self, full_name: str, branch: str, head: str, *changes: Mapping[str, str]) -> Any:
        """createCommitOnBranch; a change without contents is a deletion."""
        files = {
            "additions": [change for change in changes if "contents" in change],
            "deletions": [change for change in changes if "contents" not in change],
        }
        return self.graphql(
            "mutation($i: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $i)"
            " { commit { oid signature { isValid } } } }",
            i={
                "branch": {"repositoryNameWithOwner": full_name, "branchName": branch},
                "expectedHeadOid": head,
                "message": {"headline": "Fix"},
                "fileChanges": files,
            },
        )

    def _send(self, token: str, method: str, path: str, given: dict[str, Any]) -> httpx.Response:
        return self._http.request(method, path, headers={"authorization": f"Bearer {token}"}, **given)
