"""GitHub's REST, GraphQL and git doors for one App, over real HTTP, held to what GitHub publishes about them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from tests.github import git_http
from tests.github.access import Refused, as_app, as_installation, bearer
from tests.github.contract.description import Description
from tests.github.contract.limits import beyond_limits
from tests.github.faults import Fault
from tests.github.graphql import GraphQL
from tests.github.operation import Call, Operation, matching
from tests.github.webhooks import Webhooks
from tests.github.world import World

GIT = re.compile(r"/([^/]+/[^/]+)\.git/(.+)")
ENTERPRISE = "/api/v3"
METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]
LIMIT = 5000


@cache
def published() -> Description:
    return Description.read()


class Server:
    """Doors over a world. Everything but git is answered one request at a time."""

    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self._world = world
        self._webhooks = webhooks
        self._graphql = GraphQL(world, webhooks)
        self.description = published()
        self.app = FastAPI()
        self.app.add_api_route("/{rest:path}", self._receive, methods=METHODS)

    async def _receive(self, request: Request, rest: str) -> Response:
        body = await request.body()
        self._world.requests.append((request.method, f"/{rest}"))
        fault = self._world.fault(request.method, f"/{rest}")
        if fault:
            await asyncio.sleep(fault.seconds)
            if fault.meanwhile:
                await run_in_threadpool(fault.meanwhile)
        if fault and fault.status and not fault.applied:
            return _failed(fault)
        answer = await run_in_threadpool(self._answered, request, f"/{rest}", body)
        return _failed(fault) if fault and fault.status else answer

    def _answered(self, request: Request, path: str, body: bytes) -> Response:
        git = GIT.fullmatch(path)
        if git:
            return self._git(request, git[1], git[2], body)
        with self._world.lock:
            try:
                if path in ("/graphql", "/api/graphql"):
                    return _json(200, self._answer_graphql(request, json.loads(body)))
                return self._rest(request, path.removeprefix(ENTERPRISE), body)
            except Refused as problem:
                return self._refused(problem)
            except Exception as problem:
                self._world.violations.append(f"{request.method} {path} broke the stand-in: {problem!r}")
                raise

    def _refused(self, problem: Refused) -> Response:
        self._world.refusals.append((problem.status, problem.message))
        errors = {"errors": problem.errors} if problem.errors else {}
        return _json(problem.status, {"message": problem.message, "documentation_url": "", **errors})

    def _git(self, request: Request, full_name: str, rest: str, body: bytes) -> Response:
        try:
            repository = git_http.permitted(self._world, full_name, request.headers.get("authorization", ""))
        except Refused as problem:
            challenge = {"www-authenticate": 'Basic realm="GitHub"'} if problem.status == 401 else {}
            return Response(problem.message, problem.status, challenge)
        asked = git_http.GitRequest(request.method, rest, request.url.query, request.headers, body)
        status, headers, content = git_http.answer(repository, asked)
        return Response(content, status, headers)

    def _answer_graphql(self, request: Request, body: Mapping[str, Any]) -> Any:
        actor = as_installation(self._world, bearer(request.headers.get("authorization", "")))
        return self._graphql.answer(actor, body["query"], dict(body.get("variables") or {}))

    def _rest(self, request: Request, path: str, body: bytes) -> Response:
        matched = matching(request.method, path)
        if matched is None:
            self._world.violations.append(f"unknown route {request.method} {path}")
            raise Refused(404, "Not Found")
        known, words = matched
        token = bearer(request.headers.get("authorization", ""))
        actor = as_app(self._world, token) if known.as_app else as_installation(self._world, token)
        typed = self.description.typed
        call = Call(
            world=self._world,
            webhooks=self._webhooks,
            actor=actor,
            operation=known,
            path=typed(known.method, known.template, "path", words),
            query=typed(known.method, known.template, "query", dict(request.query_params)),
            body=self._parsed(body),
            url=str(request.url).partition("?")[0],
        )
        self._check_request(call)
        answer = known.handler(call)
        status = call.status or known.status
        self._violated(known, self.description.answer_faults(known.method, known.template, status, answer), "answered")
        return _json(status, answer, call.headers)

    def _parsed(self, body: bytes) -> Any:
        try:
            return json.loads(body) if body else None
        except ValueError:
            raise Refused(400, "Problems parsing JSON") from None

    def _check_request(self, call: Call) -> None:
        known = call.operation
        wanted = (known.method, known.template)
        faults = self.description.parameter_faults(*wanted, "path", call.path)
        faults += self.description.parameter_faults(*wanted, "query", call.query)
        schema = self.description.request_faults(*wanted, call.body)
        faults += schema or beyond_limits(*wanted, call.query, call.body)
        self._violated(known, faults, "asked")
        if faults:
            raise Refused(422, "Invalid request.\n\n" + "\n".join(faults))

    def _violated(self, known: Operation, faults: list[str], side: str) -> None:
        self._world.violations += [f"{side} {known.method} {known.template}: {fault}" for fault in faults]


def _json(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    limits = {
        "x-ratelimit-limit": str(LIMIT),
        "x-ratelimit-remaining": str(LIMIT - 1),
        "x-ratelimit-reset": str(int(time.time()) + 3600),
    }
    return Response(json.dumps(value), status, {**limits, **(headers or {})}, "application/json; charset=utf-8")


def _failed(fault: Fault) -> Response:
    message = {"message": fault.message, "documentation_url": ""}
    return _json(fault.status, message if fault.body is None else fault.body, fault.headers)
