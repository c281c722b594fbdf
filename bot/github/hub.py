"""The flows' `Hub`, spoken in REST and GraphQL."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx

from bot.flows.catch_up import Delivery
from bot.flows.hub import Commit, HubError, Place, PullRequest, Suggestion, Unseen
from bot.github.client import Client, Refused
from bot.github.commits import Commits
from bot.jobs import GATE
from bot.report.annotations import batches
from bot.report.model import Annotation, CheckRun

PAGE = 100
"""The most that GitHub lists at once."""


class GitHubHub:
    """GitHub for one App registration."""

    def __init__(self, client: Client, app_id: int) -> None:
        self._client = client
        self._app_id = app_id
        self._commits = Commits(client)

    async def pull(self, place: Place, number: int) -> PullRequest:
        return _pull(await self._get(place, f"pulls/{number}"))

    async def pulls_at(self, place: Place, head: str) -> Sequence[int]:
        answer = await self._get(place, f"commits/{head}/pulls")
        return [raw["number"] for raw in answer if raw["state"] == "open" and raw["head"]["sha"] == head]

    async def open_pulls(self, place: Place) -> Sequence[PullRequest]:
        return [_pull(raw) for raw in await self._pages(place, "pulls", state="open")]

    async def installations(self) -> Sequence[int]:
        found: list[int] = []
        for page in count(1):
            params = {"per_page": PAGE, "page": page}
            answer = (await self._client.app_request("GET", "/app/installations", params=params)).json()
            found += [raw["id"] for raw in answer if not raw.get("suspended_at")]
            if len(answer) < PAGE:
                break
        return found

    async def deliveries(self, since: datetime) -> AsyncIterator[Delivery]:
        cursor: dict[str, str] = {}
        while True:
            answer = await self._client.app_request("GET", "/app/hook/deliveries", params={"per_page": PAGE, **cursor})
            for raw in answer.json():
                at = datetime.fromisoformat(raw["delivered_at"].replace("Z", "+00:00"))
                if at < since:
                    return
                yield Delivery(raw["id"], raw["guid"], at, 200 <= raw["status_code"] < 300)
            following = answer.raw_response.links.get("next")
            if following is None:
                return
            cursor = {"cursor": httpx.URL(following["url"]).params["cursor"]}

    async def redeliver(self, delivery: int) -> None:
        await self._client.app_request("POST", f"/app/hook/deliveries/{delivery}/attempts")

    async def repositories(self, installation: int) -> Sequence[Place]:
        found: list[Place] = []
        for page in count(1):
            params = {"per_page": PAGE, "page": page}
            answer = await self._client.request(installation, "GET", "/installation/repositories", params=params)
            listed = answer.json()["repositories"]
            found += [Place(installation, raw["id"], raw["owner"]["login"], raw["name"]) for raw in listed]
            if len(listed) < PAGE:
                break
        return found

    async def read_token(self, place: Place) -> str:
        return await self._client.token(place.installation, place.repository)

    async def start_check(self, place: Place, head: str, run: CheckRun, external_id: str) -> int:
        known = await self._known(place, head, run.name, external_id)
        if known:
            return int(known["id"])
        body = {"name": run.name, "head_sha": head, "status": "in_progress", "external_id": external_id}
        if run.details_url:
            body["details_url"] = run.details_url
        return int((await self._write(place, "POST", "check-runs", body, urgent=run.name == GATE))["id"])

    async def finish_check(self, place: Place, head: str, run: CheckRun, external_id: str) -> int:
        known = await self._known(place, head, run.name, external_id)
        if known and known["status"] == "completed":
            return int(known["id"])
        parts = list(batches(run.annotations, 50)) or [()]
        done = int(known["output"]["annotations_count"]) if known else 0
        left = parts[done // 50 :] or [()]
        check, gate = int(known["id"]) if known else 0, run.name == GATE
        for number, part in enumerate(left):
            last = number == len(left) - 1
            body = _body(run, head, external_id, part, last)
            if check:
                body.pop("head_sha")
                await self._write(place, "PATCH", f"check-runs/{check}", body, repeat=not part, urgent=gate)
            else:
                check = int((await self._write(place, "POST", "check-runs", body, urgent=gate))["id"])
        return check

    async def finished(self, place: Place, head: str, name: str) -> bool:
        runs = await self._runs(place, head, name)
        return any(raw["status"] == "completed" and raw["conclusion"] != "cancelled" for raw in runs)

    async def permission(self, place: Place, login: str) -> str:
        try:
            return str((await self._get(place, f"collaborators/{quote(login)}/permission"))["permission"])
        except Refused as problem:
            if problem.status == 404:
                return "none"
            raise

    async def react(self, place: Place, comment: int, content: str) -> None:
        await self._write(place, "POST", f"issues/comments/{comment}/reactions", {"content": content}, repeat=True)

    async def reply(self, place: Place, number: int, marker: str, body: str) -> None:
        mark = _mark(marker)
        text = f"{body}\n\n{mark}"
        for raw in await self._pages(place, f"issues/{number}/comments"):
            if (
                mark in (raw.get("body") or "")
                and (raw.get("performed_via_github_app") or {}).get("id") == self._app_id
            ):
                await self._write(place, "PATCH", f"issues/comments/{raw['id']}", {"body": text}, repeat=True)
                return
        await self._write(place, "POST", f"issues/{number}/comments", {"body": text})

    async def commit(self, place: Place, commit: Commit) -> str:
        return await self._commits.make(place, commit)

    async def suggest(self, place: Place, number: int, head: str, marker: str, items: Sequence[Suggestion]) -> None:
        reviews = await self._pages(place, f"pulls/{number}/reviews")
        mark = _mark(marker)
        if any(mark in (raw.get("body") or "") for raw in reviews if (raw["user"] or {}).get("type") == "Bot"):
            return
        body = {
            "commit_id": head,
            "event": "COMMENT",
            "body": f"Fixes to accept line by line.\n\n{mark}",
            "comments": [_suggestion(item) for item in items],
        }
        await self._write(place, "POST", f"pulls/{number}/reviews", body)

    async def may_edit_workflows(self, place: Place) -> bool:
        granted = await self._client.permissions(place.installation)
        return granted.get("workflows") == "write"

    async def approvers(self, place: Place, number: int, head: str) -> Sequence[str]:
        said: dict[str, tuple[str, str]] = {}
        for raw in await self._pages(place, f"pulls/{number}/reviews"):
            if raw["user"] and raw["state"] in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
                said[raw["user"]["login"]] = raw["state"], raw["commit_id"]
        return [login for login, (state, commit) in said.items() if (state, commit) == ("APPROVED", head)]

    async def required_checks(self, place: Place, branch: str) -> frozenset[str]:
        try:
            rules = await self._pages(place, f"rules/branches/{quote(branch)}")
        except Refused as problem:
            if problem.status in (403, 404):
                return frozenset()
            raise
        found = [rule["parameters"] for rule in rules if rule["type"] == "required_status_checks"]
        return frozenset(check["context"] for part in found for check in part["required_status_checks"])

    async def organization_file(self, place: Place, path: str) -> bytes | None:
        above = f"/repos/{place.owner}/.github"
        try:
            repository = (await self._client.request(place.installation, "GET", above)).json()["id"]
        except Refused as problem:
            if problem.status == 404:
                raise Unseen(f"{place.owner}/.github is not to be seen by this installation") from None
            raise
        try:
            answer = await self._client.request(
                place.installation, "GET", f"{above}/contents/{quote(path)}", repository=repository
            )
        except Refused as problem:
            if problem.status == 404:
                return None
            raise
        found = answer.json()
        if not isinstance(found, dict) or found.get("encoding") != "base64":
            raise HubError(f"{path} of {place.owner}/.github is not a readable file")
        return base64.b64decode(found["content"])

    async def _pages(self, place: Place, rest: str, **params: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in count(1):
            listed = await self._get(place, rest, params={**params, "per_page": PAGE, "page": page})
            found += listed
            if len(listed) < PAGE:
                break
        return found

    async def _runs(self, place: Place, head: str, name: str) -> list[dict[str, Any]]:
        params = {"check_name": name, "filter": "all", "app_id": self._app_id, "per_page": 100}
        answer = await self._get(place, f"commits/{head}/check-runs", params=params)
        return list(answer["check_runs"])

    async def _known(self, place: Place, head: str, name: str, external_id: str) -> dict[str, Any] | None:
        runs = await self._runs(place, head, name)
        return next((raw for raw in runs if raw.get("external_id") == external_id), None)

    async def _get(self, place: Place, rest: str, **fields: Any) -> Any:
        url = f"/repos/{place.owner}/{place.name}/{rest}"
        return (await self._client.request(place.installation, "GET", url, **fields)).json()

    async def _write(
        self,
        place: Place,
        method: str,
        rest: str,
        body: Mapping[str, Any],
        *,
        repeat: bool = False,
        urgent: bool = False,
    ) -> Any:
        url, send = f"/repos/{place.owner}/{place.name}/{rest}", self._client.request
        return (await send(place.installation, method, url, json=dict(body), repeat=repeat, urgent=urgent)).json()


def _pull(raw: Mapping[str, Any]) -> PullRequest:
    head, base = raw["head"], raw["base"]
    source = head["repo"] or {}
    return PullRequest(
        number=raw["number"],
        open=raw["state"] == "open",
        draft=bool(raw.get("draft")),
        author=(raw["user"] or {}).get("login", ""),
        head=head["sha"],
        head_ref=head["ref"],
        head_repository=source.get("id", 0),
        head_full_name=source.get("full_name", ""),
        head_owner_type=(source.get("owner") or {}).get("type", ""),
        base=base["sha"],
        base_ref=base["ref"],
        fork=source.get("id") != base["repo"]["id"],
        maintainers_may_edit=bool(raw.get("maintainer_can_modify")),
    )


def _mark(name: str) -> str:
    """A comment that no reader sees, by which what was posted is found again."""
    return f"<!-- {name} -->"


def _suggestion(item: Suggestion) -> dict[str, Any]:
    body: dict[str, Any] = {"path": item.path, "line": item.last, "side": "RIGHT", "body": item.body}
    return body if item.first == item.last else body | {"start_line": item.first, "start_side": "RIGHT"}


def _body(run: CheckRun, head: str, external_id: str, annotations: Sequence[Annotation], last: bool) -> dict[str, Any]:
    output: dict[str, Any] = {"title": run.title, "summary": run.summary}
    if run.text:
        output["text"] = run.text
    if annotations:
        output["annotations"] = [_annotation(a) for a in annotations]
    body: dict[str, Any] = {"name": run.name, "head_sha": head, "external_id": external_id, "output": output}
    if run.details_url:
        body["details_url"] = run.details_url
    if last:
        body |= {"status": "completed", "conclusion": str(run.conclusion)}
        body["actions"] = [
            {"label": a.label, "description": a.description, "identifier": a.identifier} for a in run.actions
        ]
    else:
        body["status"] = "in_progress"
    return body


def _annotation(item: Annotation) -> dict[str, Any]:
    body: dict[str, Any] = {
        "path": item.path,
        "start_line": item.start_line,
        "end_line": item.end_line,
        "annotation_level": item.level,
        "title": item.title,
        "message": item.message,
    }
    if item.start_column is not None and item.end_column is not None:
        body |= {"start_column": item.start_column, "end_column": item.end_column}
    if item.raw_details:
        body["raw_details"] = item.raw_details
    return body
