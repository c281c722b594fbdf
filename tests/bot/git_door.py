"""A repository behind `git http-backend` on loopback, for whoever brings the token; counts what is asked and sent."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.git.mirror import Remote
from tests.bot.conftest import Repository

TOKEN = "ghs_" + "t0ken" * 8


@dataclass
class Door:
    """What it serves, and what it has seen. While `shut` is set, packs have to wait.

    Each of the `troubles` is met by one request for a pack: a status instead of it, or 0 for half of it and no more.
    """

    repository: Repository
    port: int
    asked: list[str] = field(default_factory=list)
    sent: int = 0
    troubles: list[int] = field(default_factory=list)
    shut: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Event = field(default_factory=threading.Event)

    @property
    def remote(self) -> Remote:
        return Remote(5, f"http://127.0.0.1:{self.port}/acme/shop.git", TOKEN)

    @property
    def packs(self) -> int:
        """How often objects were asked for since the last time."""
        count = self.asked.count("POST git-upload-pack")
        self.asked.clear()
        return count


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        if self.headers.get("transfer-encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            self._serve(b"".join(parts))
        else:
            self._serve(self.rfile.read(int(self.headers.get("content-length", 0))))

    def _serve(self, body: bytes) -> None:
        door: Door = self.server.door  # type: ignore[attr-defined]
        wanted = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        address = urlsplit(self.path)
        door.asked.append(f"{self.command} {address.path.rpartition('/')[2]}")
        if self.headers.get("authorization") != f"basic {wanted}":
            self._answer(401, {}, b"")
            return
        while self.command == "POST" and door.shut.is_set():
            door.waiting.set()
            threading.Event().wait(0.05)
        trouble = door.troubles.pop(0) if self.command == "POST" and door.troubles else None
        if trouble:
            self._answer(trouble, {}, b"")
            return
        status, fields, content = _backend(door.repository.path, self.command, address, self.headers, body)
        if trouble is not None:
            self._break_off(status, fields, content)
            return
        door.sent += len(content)
        self._answer(status, fields, content)

    def _break_off(self, status: int, fields: dict[str, str], content: bytes) -> None:
        self._answer(status, {**fields, "content-length": str(len(content))}, content[: len(content) // 2])
        self.close_connection = True

    def _answer(self, status: int, fields: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(content)), **fields}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        return None


def _backend(place: Path, method: str, address: Any, sent: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
    env = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(place),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": address.path.removeprefix("/acme/shop.git"),
        "REQUEST_METHOD": method,
        "QUERY_STRING": address.query,
        "CONTENT_TYPE": sent.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": sent.get("content-encoding", ""),
        "GIT_PROTOCOL": sent.get("git-protocol", ""),
    }
    done = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n") if line)
    return int(fields.pop("Status", "200").split()[0]), fields, content


@contextmanager
def serving(repository: Repository) -> Iterator[Door]:
    """The repository behind HTTP."""
    for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "http.uploadpack"):
        repository.git("config", setting, "true")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    door = server.door = Door(repository, server.server_address[1])  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield door
    finally:
        door.shut.clear()
        server.shutdown()
        server.server_close()
        thread.join()
