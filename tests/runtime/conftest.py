"""The running bot, with an address and keys of its own, against the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import RunningBot

OLD_KEY, NEW_KEY = "old" * 12, "new" * 12
PUBLIC = {"PRODGATE_PUBLIC_URL": "https://prodgate.example", "PRODGATE_SECRET_KEY": f"{NEW_KEY},{OLD_KEY}"}


@pytest.fixture
def hub() -> Iterator[GitHubStandIn]:
    with GitHubStandIn() as running:
        yield running
        assert running.violations == []


@pytest.fixture
def bot(hub: GitHubStandIn, tmp_path: Path) -> Iterator[RunningBot]:
    running = RunningBot(hub, tmp_path / "data", **PUBLIC)
    hub.connect(running.url)
    yield running
    if running.process.poll() is None:
        running.stop()
