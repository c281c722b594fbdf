"""Commits without a clone: signed by GitHub in one call, or object by object where a file keeps its mode."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.flows.hub import Commit, HubError, Place, StaleHead
from bot.github.client import Client, GraphQLRefused, Refused

MUTATION = """
mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""


class Commits:
    """Writes to branches. The call of GraphQL knows no modes: every file it writes is a plain one."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def make(self, place: Place, commit: Commit) -> str:
        """The id of the new commit; raises `StaleHead` when the branch moved, else `HubError`."""
        return await (self._with_modes(place, commit) if commit.executable else self._signed(place, commit))

    async def _signed(self, place: Place, commit: Commit) -> str:
        additions = [{"path": path, "contents": _base64(text)} for path, text in sorted(commit.files.items())]
        variables = {
            "input": {
                "branch": {"repositoryNameWithOwner": f"{place.owner}/{place.name}", "branchName": commit.branch},
                "expectedHeadOid": commit.expected,
                "message": {"headline": commit.title, "body": commit.body},
                "fileChanges": {"additions": additions},
            }
        }
        try:
            data = await self._client.graphql(place.installation, MUTATION, variables)
        except GraphQLRefused as problem:
            if any(
                kind == "STALE_DATA" or message.startswith("Expected branch to point to")
                for kind, message in problem.errors
            ):
                raise StaleHead(str(problem)) from None
            raise HubError(f"GitHub refused the commit: {problem}") from None
        return str(data["createCommitOnBranch"]["commit"]["oid"])

    async def _with_modes(self, place: Place, commit: Commit) -> str:
        parent = await self._send(place, "GET", f"git/commits/{commit.expected}")
        tree = [
            {
                "path": path,
                "mode": "100755" if path in commit.executable else "100644",
                "type": "blob",
                "sha": (await self._send(place, "POST", "git/blobs", content=_base64(text), encoding="base64"))["sha"],
            }
            for path, text in sorted(commit.files.items())
        ]
        made = await self._send(place, "POST", "git/trees", base_tree=parent["tree"]["sha"], tree=tree)
        message = f"{commit.title}\n\n{commit.body}"
        oid = (
            await self._send(place, "POST", "git/commits", message=message, tree=made["sha"], parents=[commit.expected])
        )["sha"]
        await self._move(place, commit.branch, str(oid))
        return str(oid)

    async def _move(self, place: Place, branch: str, oid: str) -> None:
        """The branch points to a commit of ours; when no answer says so, the branch itself is asked."""
        try:
            await self._send(place, "PATCH", f"git/refs/heads/{quote(branch)}", sha=oid, force=False)
        except HubError as problem:
            if isinstance(problem, Refused) and problem.status == 422:
                raise StaleHead(str(problem)) from None
            if isinstance(problem, Refused) and problem.status < 500:
                raise
            if (await self._send(place, "GET", f"git/ref/heads/{quote(branch)}"))["object"]["sha"] != oid:
                raise

    async def _send(self, place: Place, method: str, rest: str, **body: Any) -> Mapping[str, Any]:
        url = f"/repos/{place.owner}/{place.name}/{rest}"
        again = method != "PATCH"
        answer = await self._client.request(place.installation, method, url, repeat=again, json=body or None)
        found: Mapping[str, Any] = answer.json()
        return found


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
