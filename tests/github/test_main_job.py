"""A pull request in, check runs and a fix commit out: the real bot against the stand-in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.github.faults import limited
from tests.github.standin import GitHubStandIn

BASE = {".env.example": "A=\n", "app.py": "import os\n\nA = os.environ['A']\n"}
BROKEN = {"mail.py": 'import os\n\nKEY = os.environ["MAIL_KEY"]\n'}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningBot:
    """`prodgate serve` as a process of its own."""

    def __init__(self, hub: GitHubStandIn, data: Path, **changed: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.with_suffix(".log")
        self._env = {"PATH": os.environ["PATH"], "HOME": os.devnull, **hub.settings(data, self.port), **changed}
        self.start(hub)

    def start(self, hub: GitHubStandIn) -> None:
        with self.log.open("ab") as log:
            words = [str(Path(sys.executable).with_name("prodgate")), "serve"]
            self.process = subprocess.Popen(words, env=self._env, stdout=log, stderr=log)
        hub.wait_for(self.ready)

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def gate(hub: GitHubStandIn, repository: Any, number: int) -> dict[str, Any]:
    return hub.wait_for(lambda: hub.checks(repository, number).get("prodgate"))  # type: ignore[no-any-return]


def test_a_pull_request_is_judged_fixed_and_green(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", BROKEN)
    red = gate(hub, shop, number)
    assert red["conclusion"] == "failure"
    assert not hub.mergeable(shop, number)
    assert [(a["path"], a["start_line"]) for a in red["annotations"] if "env/" in a["title"]] == [("mail.py", 3)]
    assert hub.checks(shop, number)["prodgate / env"]["conclusion"] == "failure"
    assert {"prodgate-fix", "prodgate-recheck"} == {a["identifier"] for a in red["actions"]}

    comment = hub.say(shop, number, "/fix", "alice")
    hub.wait_for(lambda: shop.file("mail", ".env.example") == "A=\nMAIL_KEY=\n")
    green = gate(hub, shop, number)
    assert green["conclusion"] in ("success", "neutral")
    assert hub.mergeable(shop, number)
    hub.wait_for(lambda: (comment, "rocket") in shop.reactions)
    assert (comment, "eyes") in shop.reactions
    replies = [c for c in shop.comments if c["user"]["type"] == "Bot"]
    assert len(replies) == 1
    assert "env/undeclared-read" in replies[0]["body"]
    names = [(c["name"], c["head_sha"]) for c in shop.checks]
    assert len(names) == len(set(names)), "a check run was posted twice"


def test_a_stranger_may_not_fix(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN)
    gate(hub, shop, number)
    comment = hub.say(shop, number, "/fix", "mallory")
    hub.wait_for(lambda: (comment, "confused") in shop.reactions)
    assert shop.file("mail", ".env.example") == "A=\n"


def test_a_fork_gets_the_patch_in_the_reply(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    fork = hub.create_repository("bob/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN, author="bob", source=fork)
    assert gate(hub, shop, number)["conclusion"] == "failure"
    comment = hub.say(shop, number, "/fix", "alice")
    hub.wait_for(lambda: (comment, "confused") in shop.reactions)
    assert "MAIL_KEY=" in shop.comments[-1]["body"]


def test_the_newest_head_wins(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN)
    for turn in range(4):
        hub.push(shop, "mail", {f"file{turn}.py": "x = 1\n"})
    hub.push(shop, "mail", {".env.example": "A=\nMAIL_KEY=\n"})
    hub.wait_for(lambda: gate(hub, shop, number)["conclusion"] in ("success", "neutral"))
    hub.wait_for(lambda: all(c["status"] == "completed" for c in shop.checks))


def test_a_killed_worker_ends_in_a_finished_check_and_nothing_twice(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: shop.checks)
    bot.kill()
    bot.start(hub)
    assert gate(hub, shop, number)["conclusion"] == "failure"
    names = [(c["name"], c["head_sha"]) for c in shop.checks]
    assert len(names) == len(set(names))


def test_a_limit_with_retry_after_is_waited_for(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(limited("POST", "/check-runs", retry_after=1))
    number = hub.open_pull(shop, "mail", BROKEN)
    assert gate(hub, shop, number)["conclusion"] == "failure"
    assert hub.faults == []


def test_a_repository_that_cannot_be_read_is_never_green(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    shop.git("config", "http.uploadpack", "false")
    number = hub.open_pull(shop, "mail", BROKEN)
    run = gate(hub, shop, number)
    assert (run["conclusion"], run["output"]["title"]) == ("failure", "Could not look")
