"""The webhook door over real HTTP semantics."""

from __future__ import annotations

import hashlib
import hmac
import json
import select
import socket
import threading
import time
from collections.abc import Iterator, Sequence

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.jobs import Job
from bot.web.webhook import MAX_BYTES, QueueAway, signed, webhook_router

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


RIGHT = hmac.new(b"new", BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "header",
    ["", "sha256=", RIGHT, f"sha1={RIGHT}", f"sha256={RIGHT.upper()}", f"sha256={RIGHT} ", f"sha256={RIGHT}x",
     "sha256=" + "0" * 64, "sha256=\xff", "sha256=" + "\xe9" * 64],
)  # fmt: skip
def test_a_wrong_signature_is_401_and_nothing_is_taken(header: str) -> None:
    taken = Taken()
    answer = client(taken).post(
        "/webhooks/github", content=BODY, headers={"x-hub-signature-256": header.encode("latin-1")}
    )
    assert (answer.status_code, taken.jobs) == (401, [])


def test_no_signature_at_all_or_the_old_sha1_header_is_401() -> None:
    sha1 = "sha1=" + hmac.new(b"new", BODY, "sha1").hexdigest()
    for headers in ({}, {"x-hub-signature": sha1}):
        assert client(Taken()).post("/webhooks/github", content=BODY, headers=headers).status_code == 401


def test_the_signature_is_over_the_raw_bytes() -> None:
    mark = "sha256=" + hmac.new(b"new", BODY, hashlib.sha256).hexdigest()
    spaced = json.dumps(json.loads(BODY), indent=1).encode()
    headers = {"x-hub-signature-256": mark, "x-github-event": "pull_request"}
    assert client(Taken()).post("/webhooks/github", content=spaced, headers=headers).status_code == 401


def test_an_empty_secret_never_matches() -> None:
    assert post(Taken(), secret=b"") == 401
    assert not signed(BODY, b"sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest().encode(), [b"", b"new"])


def test_what_is_not_json_or_not_this_event_is_400() -> None:
    assert post(Taken(), body=b"{") == 400
    assert post(Taken(), body=b"[" * 200_000) == 400
    assert post(Taken(), body=b'{"pull_request": 5}') == 400
    for body in (b"", b"\xff\xfe", b"[]", b"null", b'"text"', b"9" * 9_000, b'{"a": NaN, "repository": []}'):
        assert post(Taken(), body=body) == 400, body[:20]


def test_an_unknown_event_is_202_and_ignored() -> None:
    taken = Taken()
    assert (post(taken, event="star"), taken.jobs) == (202, [])


def test_a_delivery_without_an_id_is_known_by_its_content() -> None:
    taken = Taken()
    for _ in range(2):
        assert post(taken, **{"x-github-delivery": ""}) == 202
    assert taken.jobs[0] == taken.jobs[1]
    assert len(taken.jobs[0][0]) == 64


def test_too_large_is_413_by_header_and_by_stream() -> None:
    assert post(Taken(), body=b" " * (MAX_BYTES + 1)) == 413
    for length in (str(MAX_BYTES + 1), "9" * 5_000):
        assert post(Taken(), **{"content-length": length}) == 413


@pytest.fixture
def served() -> Iterator[tuple[str, Taken]]:
    """The door behind a real server, and what it took."""
    app, taken = FastAPI(), Taken()
    app.include_router(webhook_router([b"new"], 7, taken))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", taken
    server.should_exit = True
    thread.join()


def test_a_chunked_body_is_taken_and_one_without_end_is_413(served: tuple[str, Taken]) -> None:
    url, taken = served
    headers = {"x-hub-signature-256": f"sha256={RIGHT}", "x-github-event": "pull_request"}

    def chunks(size: int) -> Iterator[bytes]:
        yield BODY
        yield from (b" " * 65_536 for _ in range(size // 65_536))

    with httpx.Client(trust_env=False) as http:
        assert http.post(f"{url}/webhooks/github", content=chunks(0), headers=headers).status_code == 202
    assert len(taken.jobs) == 1
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(b"POST /webhooks/github HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        assert _answer_while_sending(line).startswith(b"HTTP/1.1 413 ")
    assert len(taken.jobs) == 1


def _answer_while_sending(line: socket.socket) -> bytes:
    """Sends chunks without end until something comes back."""
    line.setblocking(False)
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    left = chunk
    while True:
        readable, writable, _ = select.select([line], [line], [])
        if readable:
            return line.recv(4_096)
        if writable:
            left = left[line.send(left) :] or chunk


def test_a_body_that_breaks_off_harms_nobody(served: tuple[str, Taken], caplog: pytest.LogCaptureFixture) -> None:
    url, taken = served
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(b"POST /webhooks/github HTTP/1.1\r\nhost: x\r\ncontent-length: 9000\r\n\r\n{")
    headers = {"x-hub-signature-256": f"sha256={RIGHT}", "x-github-event": "pull_request"}
    assert httpx.post(f"{url}/webhooks/github", content=BODY, headers=headers, trust_env=False).status_code == 202
    assert len(taken.jobs) == 1
    assert not [record for record in caplog.records if record.exc_info]


def test_a_queue_that_is_away_is_503() -> None:
    assert post(Taken(away=True)) == 503
