"""The webhook door: verified over the raw bytes, durable before the answer."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence

import structlog
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect
from structlog.contextvars import bound_contextvars

from bot.jobs import EventError, Job, jobs_for

MAX_BYTES = 25 * 1024 * 1024
"""GitHub does not send larger payloads."""

Enqueue = Callable[[str, Sequence[Job]], Awaitable[None]]
log = structlog.get_logger()


class QueueAway(Exception):
    """The queue's database is out of reach; the delivery was not taken."""


def signed(body: bytes, header: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether the `X-Hub-Signature-256` header is right under any of the secrets. Empty secrets never match."""
    expected = [b"sha256=" + hmac.new(s, body, hashlib.sha256).hexdigest().encode() for s in secrets if s]
    return any([hmac.compare_digest(header, right) for right in expected])


def webhook_router(secrets: Sequence[bytes], app_id: int, enqueue: Enqueue) -> APIRouter:
    """`POST /webhooks/github`: 202 taken or ignored, 400 not JSON, 401 not signed, 413 too large, 503 not durable."""
    router = APIRouter()

    @router.post("/webhooks/github", include_in_schema=True)
    async def receive(request: Request) -> Response:
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response("the body ended early\n", 400)
        if body is None:
            return Response("payload too large\n", 413, headers={"connection": "close"})
        header = next((v for k, v in request.scope["headers"] if k == b"x-hub-signature-256"), b"")
        if not signed(body, header, secrets):
            return Response("wrong or missing signature\n", 401)
        event = request.headers.get("x-github-event", "")
        delivery = request.headers.get("x-github-delivery") or hashlib.sha256(body).hexdigest()
        with bound_contextvars(delivery=delivery, event_name=event):
            return await _taken(event, delivery, body)

    async def _taken(event: str, delivery: str, body: bytes) -> Response:
        try:
            jobs = jobs_for(event, json.loads(body), app_id)
        except (EventError, ValueError, RecursionError) as problem:
            log.warning("delivery refused", reason=str(problem)[:200])
            return Response("not a payload of this event\n", 400)
        if not jobs:
            return Response("ignored\n", 202)
        try:
            await enqueue(delivery, jobs)
        except QueueAway as problem:
            log.error("delivery not taken", reason=str(problem)[:200])
            return Response("the database is away\n", 503, headers={"retry-after": "60"})
        for job in jobs:
            log.info("delivery taken", **job.context)
        return Response("accepted\n", 202)

    return router


async def _body(request: Request) -> bytes | None:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > len(str(MAX_BYTES)) or int(declared) > MAX_BYTES):
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return None
    return bytes(body)
