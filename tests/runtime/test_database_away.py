"""The door while its database is out of reach: closed, or open and silent."""

from __future__ import annotations

import hashlib
import hmac
import json
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from bot.engine import Producer, Worker
from bot.store.schema import upgrade
from bot.web.webhook import webhook_router
from tests.runtime.recorder import Recorder, wait_for

SECRET = b"secret"
BODY = json.dumps(
    {
        "action": "opened",
        "installation": {"id": 3},
        "repository": {"id": 5, "name": "shop", "owner": {"login": "acme"}},
        "pull_request": {"number": 9, "head": {"ref": "mail", "sha": "a" * 40}},
    }
).encode()


class Line:
    """A way to PostgreSQL over TCP that can be cut, or fall silent."""

    def __init__(self, target: Path) -> None:
        self.silent = threading.Event()
        self._target = target
        self._open = True
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._open = False
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in (end for pair in self._pairs for end in pair):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._open = True
        self._listening = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while self._open:
                near, _ = self._listening.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._target))
                self._pairs.append((near, far))
                threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as waiting, suppress(OSError), near, far:
            waiting.register(near, selectors.EVENT_READ, far)
            waiting.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in waiting.select():
                    data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                    while self.silent.is_set():
                        time.sleep(0.02)
                    if not data:
                        return
                    key.data.sendall(data)


@pytest.fixture
def direct(postgres_url: str) -> str:
    """The database's own address, with our tables and those of the queue in it."""
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    made = sa.create_engine(url)
    upgrade(made)
    made.dispose()
    first = Worker(url, Recorder())
    first.start()
    first.stop()
    return url


@pytest.fixture
def line(direct: str) -> Iterator[Line]:
    made = Line(Path(str(sa.make_url(direct).query["host"])) / ".s.PGSQL.5432")
    yield made
    made.silent.clear()
    with suppress(OSError):
        made.cut()


@contextmanager
def door(database: str) -> Iterator[str]:
    producer = Producer(database)
    app = FastAPI()
    app.include_router(webhook_router([SECRET], 7, producer.enqueue))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/webhooks/github"
    server.should_exit = True
    thread.join()
    producer.close()


def deliver(url: str, delivery: str) -> int:
    mark = "sha256=" + hmac.new(SECRET, BODY, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": mark, "x-github-event": "pull_request", "x-github-delivery": delivery}
    return httpx.post(url, content=BODY, headers=headers, trust_env=False, timeout=30).status_code


@pytest.mark.parametrize("trouble", ["cut", "silent"])
def test_a_database_that_is_away_is_answered_503_and_nothing_is_lost_or_done_twice(
    direct: str, line: Line, trouble: str
) -> None:
    name = sa.make_url(direct).database
    with door(f"postgresql+psycopg://postgres@127.0.0.1:{line.port}/{name}") as url:
        assert deliver(url, "before") == 202
        line.cut() if trouble == "cut" else line.silent.set()
        assert [deliver(url, f"during{n}") for n in range(8)] == [503] * 8
        line.mend() if trouble == "cut" else line.silent.clear()
        wait_for(lambda: all(deliver(url, f"during{n}") == 202 for n in range(8)))
        assert deliver(url, "before") == 202
        recorder = Recorder()
        worker = Worker(direct, recorder)
        worker.start()
        wait_for(lambda: recorder.done)
        worker.stop()
    asked = [job.delivery for job, _ in recorder.begun]
    assert len(asked) == len(set(asked))


def test_a_file_that_is_locked_is_answered_503(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'prodgate.sqlite'}"
    made = sa.create_engine(database)
    upgrade(made)
    first = Worker(database, Recorder())
    first.start()
    first.stop()
    with door(database) as url, made.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        assert deliver(url, "d1") == 503
        connection.rollback()
        wait_for(lambda: deliver(url, "d1") == 202)
    made.dispose()
