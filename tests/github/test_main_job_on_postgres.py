"""Web and workers apart on PostgreSQL: a worker that dies is taken over from, and nothing is posted twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import BASE, BROKEN, free_port, gate


def ready(port: int, process: subprocess.Popen[bytes], log: Path) -> bool:
    """Whether a process answers that it is ready; it must not have ended."""
    assert process.poll() is None, log.read_text()
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


class Fleet:
    """One `prodgate web` and two `prodgate worker`."""

    def __init__(self, hub: GitHubStandIn, folder: Path, database: str) -> None:
        self.log = folder / "fleet.log"
        self.processes: list[subprocess.Popen[bytes]] = []
        for number, command in enumerate(("web", "worker", "worker")):
            port = free_port()
            settings = {**hub.settings(folder / f"data{number}", port), "PRODGATE_DATABASE_URL": database}
            env = {"PATH": os.environ["PATH"], "HOME": os.devnull, **settings}
            with self.log.open("ab") as log:
                words = [str(Path(sys.executable).with_name("prodgate")), command]
                self.processes.append(subprocess.Popen(words, env=env, stdout=log, stderr=log))
            hub.wait_for(lambda port=port: all(ready(port, process, self.log) for process in self.processes))
            if command == "web":
                hub.connect(f"http://127.0.0.1:{port}")

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def fleet(hub: GitHubStandIn, tmp_path: Path, postgres_url: str) -> Iterator[Fleet]:
    running = Fleet(hub, tmp_path, postgres_url)
    yield running
    running.stop()


def test_many_pull_requests_are_judged_once_each(hub: GitHubStandIn, fleet: Fleet) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    numbers = [hub.open_pull(shop, f"topic{n}", {**BROKEN, f"x{n}.py": "x = 1\n"}) for n in range(6)]
    for number in numbers:
        assert gate(hub, shop, number)["conclusion"] == "failure"
    names = [(c["name"], c["head_sha"]) for c in shop.checks]
    assert len(names) == len(set(names))


def test_a_killed_worker_is_taken_over_from(hub: GitHubStandIn, fleet: Fleet) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    numbers = [hub.open_pull(shop, f"topic{n}", {**BROKEN, f"x{n}.py": "x = 1\n"}) for n in range(4)]
    hub.wait_for(lambda: shop.checks)
    fleet.processes[1].kill()
    for number in numbers:
        assert gate(hub, shop, number)["conclusion"] == "failure"
    names = [(c["name"], c["head_sha"]) for c in shop.checks]
    assert len(names) == len(set(names))
    assert all(check["status"] == "completed" for check in shop.checks)
