"""A stand-in, the bot that is registered there, and somebody who talks to it without the bot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.flows.hub import Place
from bot.github.client import Client
from bot.github.hub import GitHubHub
from tests.github.clock import Still
from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn
from tests.github.talk import Talk
from tests.github.test_main_job import BASE, RunningBot


@pytest.fixture
def hub() -> Iterator[GitHubStandIn]:
    """At its end nothing was asked or answered against the contract."""
    with GitHubStandIn() as running:
        yield running
        assert running.violations == [], "\n".join(running.violations)


@pytest.fixture
def talk(hub: GitHubStandIn) -> Talk:
    return Talk(hub)


@pytest.fixture
def shop(hub: GitHubStandIn) -> Repository:
    return hub.create_repository("acme/shop", BASE, writers=("alice",))


@pytest.fixture
def bot(hub: GitHubStandIn, tmp_path: Path) -> Iterator[RunningBot]:
    """The real bot, its webhooks connected; in the end its log holds no secret and no traceback."""
    running = RunningBot(hub, tmp_path / "data")
    hub.connect(running.url)
    yield running
    if running.process.poll() is None:
        running.stop()
    log = running.log.read_text()
    assert not any(secret in log for secret in (hub.webhook_secret, "PRIVATE KEY", "ghs_"))
    assert "Traceback" not in log


@pytest.fixture
def clock() -> Still:
    return Still()


@pytest.fixture
def client(hub: GitHubStandIn, clock: Still) -> Client:
    return Client(hub.world.app_id, hub.private_key, hub.url, clock=clock)


@pytest.fixture
def place(shop: Repository) -> Place:
    return Place(77, shop.id, shop.owner, shop.name)


@pytest.fixture
def ours(client: Client, hub: GitHubStandIn) -> GitHubHub:
    return GitHubHub(client, hub.world.app_id)
