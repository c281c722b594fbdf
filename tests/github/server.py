"""GitHub's REST, GraphQL and git doors for one App, over real HTTP."""

from __future__ import annotations

import base64
import os
import subprocess
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from fastapi import FastAPI, HTTPException, Request, Response

from tests.github.world import Pull, Repository, World

CONCLUSIONS = {"success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"}
INSTALLATION = 77


class Server:
    """Routes over a world. `emit` is called with the webhooks that a write brings about."""

    def __init__(self, world: World, emit: Any) -> None:
        self.world = world
        self.emit = emit
        self.app = FastAPI()
        self.faults: list[tuple[str, str, int, dict[str, str]]] = []
        add = self.app.add_api_route
        add("/app/installations/{installation}/access_tokens", self.mint, methods=["POST"], status_code=201)
        add("/app/installations", self.installations, methods=["GET"])
        add("/app/hook/deliveries", self.hook_deliveries, methods=["GET"])
        add("/app/hook/deliveries/{delivery}/attempts", self.attempt, methods=["POST"], status_code=202)
        add("/installation/repositories", self.repositories, methods=["GET"])
        add("/repos/{owner}/{name}/pulls", self.pulls, methods=["GET"])
        add("/repos/{owner}/{name}/pulls/{number}", self.pull, methods=["GET"])
        add("/repos/{owner}/{name}/commits/{sha}/pulls", self.pulls_at, methods=["GET"])
        add("/repos/{owner}/{name}/commits/{sha}/check-runs", self.checks_at, methods=["GET"])
        add("/repos/{owner}/{name}/check-runs", self.create_check, methods=["POST"], status_code=201)
        add("/repos/{owner}/{name}/check-runs/{check}", self.update_check, methods=["PATCH"])
        add("/repos/{owner}/{name}/issues/{number}/comments", self.comments, methods=["GET"])
        add("/repos/{owner}/{name}/issues/{number}/comments", self.comment, methods=["POST"], status_code=201)
        add("/repos/{owner}/{name}/issues/comments/{comment}", self.edit_comment, methods=["PATCH"])
        add("/repos/{owner}/{name}/issues/comments/{comment}/reactions", self.react, methods=["POST"], status_code=201)
        add("/repos/{owner}/{name}/collaborators/{login}/permission", self.permission, methods=["GET"])
        add("/graphql", self.graphql, methods=["POST"])
        add("/{owner}/{name}.git/{rest:path}", self.git, methods=["GET", "POST"])
        add("/{rest:path}", self.unknown, methods=["GET", "POST", "PATCH", "PUT", "DELETE"])
        self.app.middleware("http")(self.faulty)

    async def faulty(self, request: Request, forward: Any) -> Response:
        for fault in self.faults:
            method, path, status, headers = fault
            if request.method == method and path in request.url.path:
                self.faults.remove(fault)
                return Response('{"message": "You have exceeded a secondary rate limit"}', status, headers)
        answer: Response = await forward(request)
        return answer

    async def unknown(self, request: Request, rest: str) -> Response:
        self.world.violations.append(f"unknown route {request.method} /{rest}")
        return Response('{"message": "Not Found"}', 404)

    def refuse(self, status: int, message: str) -> HTTPException:
        if status == 422:
            self.world.violations.append(message)
        return HTTPException(status, message)

    def as_app(self, request: Request) -> None:
        token = request.headers.get("authorization", "").partition(" ")[2]
        try:
            claims = jwt.decode(token, self.world.key.public_key(), algorithms=["RS256"])
        except jwt.PyJWTError as problem:
            raise self.refuse(401, str(problem)) from None
        if str(claims["iss"]) != str(self.world.app_id) or claims["exp"] - claims["iat"] > 660:
            raise self.refuse(401, "not this App, or too long")

    def claims(self, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token.removeprefix(f"ghs_{self.world.app_id}_"), self.world.secret, algorithms=["HS256"]
            )
        except jwt.PyJWTError as problem:
            raise self.refuse(401, f"Bad credentials: {problem}") from None
        return claims

    def as_installation(self, request: Request, owner: str = "", name: str = "", write: bool = False) -> Repository:
        claims = self.claims(request.headers.get("authorization", "").partition(" ")[2])
        if claims["repositories"] or (write and claims["permissions"] == {"contents": "read"}):
            raise self.refuse(403, "Resource not accessible by integration")
        return self.find(owner, name) if name else Repository(0, "", "", self.world.folder)

    def find(self, owner: str, name: str) -> Repository:
        try:
            return self.world.repositories[f"{owner}/{name}"]
        except KeyError:
            raise self.refuse(404, "Not Found") from None

    async def mint(self, request: Request, installation: int) -> dict[str, Any]:
        self.as_app(request)
        raw = await request.body()
        body = await request.json() if raw else {}
        until = datetime.now(UTC) + timedelta(hours=1)
        claims = {
            "repositories": body.get("repository_ids", []),
            "permissions": body.get("permissions", {}),
            "exp": int(time.time()) + 3600,
            "pad": "x" * 300,
        }
        token = f"ghs_{self.world.app_id}_" + jwt.encode(claims, self.world.secret, algorithm="HS256")
        return {
            "token": token,
            "expires_at": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "permissions": claims["permissions"],
        }

    async def installations(self, request: Request) -> list[dict[str, Any]]:
        self.as_app(request)
        return [{"id": INSTALLATION}]

    async def hook_deliveries(
        self, request: Request, response: Response, per_page: int = 30, cursor: str = ""
    ) -> list[dict[str, Any]]:
        self.as_app(request)
        newest = sorted(self.world.deliveries, key=lambda made: -made["id"])
        left = [made for made in newest if not cursor or made["id"] < int(cursor.removeprefix("v1_"))]
        if len(left) > per_page:
            following = request.url.include_query_params(cursor=f"v1_{left[per_page - 1]['id']}")
            response.headers["link"] = f'<{following}>; rel="next"'
        return left[:per_page]

    async def attempt(self, request: Request, delivery: int) -> dict[str, Any]:
        self.as_app(request)
        self.world.redeliver(next(made["guid"] for made in self.world.deliveries if made["id"] == delivery))
        return {}

    async def repositories(self, request: Request) -> dict[str, Any]:
        self.as_installation(request)
        found = [repository_json(r) for r in self.world.repositories.values()]
        return {"total_count": len(found), "repositories": found}

    async def pulls(self, request: Request, owner: str, name: str) -> list[dict[str, Any]]:
        repository = self.as_installation(request, owner, name)
        return [pull_json(repository, p) for p in repository.pulls.values() if p.open]

    async def pull(self, request: Request, owner: str, name: str, number: int) -> dict[str, Any]:
        repository = self.as_installation(request, owner, name)
        return pull_json(repository, repository.pulls[number])

    async def pulls_at(self, request: Request, owner: str, name: str, sha: str) -> list[dict[str, Any]]:
        repository = self.as_installation(request, owner, name)
        found = [pull_json(repository, p) for p in repository.pulls.values()]
        return [raw for raw in found if raw["head"]["sha"] == sha]

    async def checks_at(
        self, request: Request, owner: str, name: str, sha: str, check_name: str = ""
    ) -> dict[str, Any]:
        repository = self.as_installation(request, owner, name)
        found = [public(c) for c in repository.checks if c["head_sha"] == sha and check_name in ("", c["name"])]
        return {"total_count": len(found), "check_runs": found}

    async def create_check(self, request: Request, owner: str, name: str) -> dict[str, Any]:
        repository = self.as_installation(request, owner, name, write=True)
        body = await request.json()
        check = {"id": self.world.next_id(), "status": "queued", "conclusion": None, "annotations": [], "output": {}}
        check |= {key: body.get(key) for key in ("name", "head_sha", "external_id", "details_url")}
        self.apply(check, body)
        repository.checks.append(check)
        return public(check)

    async def update_check(self, request: Request, owner: str, name: str, check: int) -> dict[str, Any]:
        repository = self.as_installation(request, owner, name, write=True)
        found = next(c for c in repository.checks if c["id"] == check)
        self.apply(found, await request.json())
        return public(found)

    def apply(self, check: dict[str, Any], body: dict[str, Any]) -> None:
        output = dict(body.get("output") or {})
        new = output.pop("annotations", [])
        if len(new) > 50:
            raise self.refuse(422, f"{len(new)} annotations in one request")
        for key in ("summary", "text"):
            if len(output.get(key) or "") > 65_535:
                raise self.refuse(422, f"{key} is too long")
        for note in new:
            if "start_column" in note and note["start_line"] != note["end_line"]:
                raise self.refuse(422, "columns on an annotation of several lines")
        for action in body.get("actions", []):
            if len(action["label"]) > 20 or len(action["description"]) > 40 or len(action["identifier"]) > 20:
                raise self.refuse(422, f"an action is too long: {action}")
        if body.get("conclusion") not in CONCLUSIONS | {None}:
            raise self.refuse(422, f"no conclusion {body['conclusion']}")
        check["annotations"] += new
        check["output"] |= output
        check |= {key: body[key] for key in ("status", "conclusion", "actions") if key in body}

    async def comments(self, request: Request, owner: str, name: str, number: int) -> list[dict[str, Any]]:
        repository = self.as_installation(request, owner, name)
        return [c for c in repository.comments if c["number"] == number]

    async def comment(self, request: Request, owner: str, name: str, number: int) -> dict[str, Any]:
        repository = self.as_installation(request, owner, name, write=True)
        body = (await request.json())["body"]
        made = {
            "id": self.world.next_id(),
            "number": number,
            "body": body,
            "user": {"login": "prodgate[bot]", "type": "Bot"},
            "performed_via_github_app": {"id": self.world.app_id},
        }
        repository.comments.append(made)
        self.emit("comment", repository, number=number, comment=made)
        return made

    async def edit_comment(self, request: Request, owner: str, name: str, comment: int) -> dict[str, Any]:
        repository = self.as_installation(request, owner, name, write=True)
        found = next(c for c in repository.comments if c["id"] == comment)
        found["body"] = (await request.json())["body"]
        return found

    async def react(self, request: Request, owner: str, name: str, comment: int) -> dict[str, Any]:
        repository = self.as_installation(request, owner, name, write=True)
        content = (await request.json())["content"]
        repository.reactions.append((comment, content))
        return {"id": self.world.next_id(), "content": content}

    async def permission(self, request: Request, owner: str, name: str, login: str) -> dict[str, Any]:
        repository = self.as_installation(request, owner, name)
        return {"permission": repository.permissions.get(login, "read"), "user": {"login": login}}

    async def graphql(self, request: Request) -> dict[str, Any]:
        self.as_installation(request, write=True)
        given = (await request.json())["variables"]["input"]
        owner, _, name = given["branch"]["repositoryNameWithOwner"].partition("/")
        repository, branch = self.find(owner, name), given["branch"]["branchName"]
        with self.world.lock:
            tip = repository.tip(branch)
            if tip != given["expectedHeadOid"]:
                message = (
                    f'Expected branch to point to "{given["expectedHeadOid"]}" but it did not. Pull and try again.'
                )
                return {
                    "data": {"createCommitOnBranch": None},
                    "errors": [{"type": "STALE_DATA", "message": message, "path": [], "locations": []}],
                }
            files = {f["path"]: base64.b64decode(f["contents"]) for f in given["fileChanges"].get("additions", [])}
            message = f"{given['message']['headline']}\n\n{given['message'].get('body', '')}"
            oid = repository.commit(branch, files, message, tip)
        self.emit("push", repository, branch=branch)
        return {"data": {"createCommitOnBranch": {"commit": {"oid": oid}}}}

    async def git(self, request: Request, owner: str, name: str, rest: str) -> Response:
        word = request.headers.get("authorization", "").partition(" ")[2]
        try:
            token = base64.b64decode(word).decode().partition(":")[2]
            claims = self.claims(token)
        except (ValueError, HTTPException):
            return Response("bad credentials", 401)
        repository = self.find(owner, name)
        if claims["repositories"] != [repository.id]:
            return Response("not for this repository", 403)
        sent = request.headers
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(repository.path),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{rest}",
            "REQUEST_METHOD": request.method,
            "QUERY_STRING": request.url.query,
            "CONTENT_TYPE": sent.get("content-type", ""),
            "HTTP_CONTENT_ENCODING": sent.get("content-encoding", ""),
            "GIT_PROTOCOL": sent.get("git-protocol", ""),
        }
        body = await request.body()
        env["CONTENT_LENGTH"] = str(len(body))
        done = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n") if line)
        status = int(fields.pop("Status", "200").split()[0])
        return Response(content, status, fields)


def public(check: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in check.items() if key != "annotations"}
    return {**rest, "output": {**check["output"], "annotations_count": len(check["annotations"])}}


def repository_json(repository: Repository) -> dict[str, Any]:
    return {"id": repository.id, "name": repository.name, "full_name": repository.full_name,
            "owner": {"login": repository.owner}, "default_branch": "main"}  # fmt: skip


def pull_json(repository: Repository, pull: Pull) -> dict[str, Any]:
    source = pull.head_repository
    return {
        "number": pull.number,
        "state": "open" if pull.open else "closed",
        "draft": False,
        "user": {"login": pull.author},
        "head": {"ref": pull.branch, "sha": source.tip(pull.branch), "repo": repository_json(source)},
        "base": {"ref": pull.base, "sha": repository.tip(pull.base), "repo": repository_json(repository)},
        "maintainer_can_modify": False,
    }
