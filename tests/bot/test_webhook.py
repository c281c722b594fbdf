"""The webhook door over real HTTP semantics."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.jobs import Job
from bot.web.webhook import MAX_BYTES, QueueAway, webhook_router

BODY = json.dumps(
    {
        "action": "opened",
        "installation": {"id": 3},
        "repository": {"id": 5, "name": "shop", "owner": {"login": "acme"}},
        "pull_request": {"number": 9},
    }
).encode()


class Taken:
    def __init__(self, away: bool = False) -> None:
        self.away = away
        self.jobs: list[tuple[str, Job]] = []

    async def __call__(self, delivery: str, jobs: Sequence[Job]) -> None:
        if self.away:
            raise QueueAway("gone")
        self.jobs += [(delivery, job) for job in jobs]


def client(taken: Taken) -> TestClient:
    app = FastAPI()
    app.include_router(webhook_router([b"old", b"new"], 7, taken))
    return TestClient(app)


def post(taken: Taken, body: bytes = BODY, secret: bytes = b"new", event: str = "pull_request", **headers: str) -> int:
    sent = {
        "x-hub-signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
        "x-github-event": event,
        "x-github-delivery": "d-1",
        **headers,
    }
    return int(client(taken).post("/webhooks/github", content=body, headers=sent).status_code)


@pytest.mark.parametrize("secret", [b"old", b"new"])
def test_a_signed_delivery_is_taken_under_each_secret(secret: bytes) -> None:
    taken = Taken()
    assert post(taken, secret=secret) == 202
    assert [(d, j.kind, j.pull) for d, j in taken.jobs] == [("d-1", "check", 9)]


@pytest.mark.parametrize("header", ["", "sha256=", "sha1=abc", "sha256=\xff", "sha256=" + "0" * 64])
def test_a_wrong_signature_is_401_and_nothing_is_taken(header: str) -> None:
    taken = Taken()
    answer = client(taken).post(
        "/webhooks/github", content=BODY, headers={"x-hub-signature-256": header.encode("latin-1")}
    )
    assert (answer.status_code, taken.jobs) == (401, [])


def test_an_empty_secret_never_matches() -> None:
    assert post(Taken(), secret=b"") == 401


def test_what_is_not_json_or_not_this_event_is_400() -> None:
    assert post(Taken(), body=b"{") == 400
    assert post(Taken(), body=b"[" * 200_000) == 400
    assert post(Taken(), body=b'{"pull_request": 5}') == 400


def test_an_unknown_event_is_202_and_ignored() -> None:
    taken = Taken()
    assert (post(taken, event="star"), taken.jobs) == (202, [])


def test_too_large_is_413_by_header_and_by_stream() -> None:
    assert post(Taken(), body=b" " * (MAX_BYTES + 1)) == 413


def test_a_queue_that_is_away_is_503() -> None:
    assert post(Taken(away=True)) == 503
