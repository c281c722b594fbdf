"""The running bot, with an address and keys of its own, against the stand-in; the queue alone, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.engine import Worker
from bot.store.schema import upgrade
from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import RunningBot
from tests.runtime.recorder import Recorder

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


def lines(bot: RunningBot) -> list[dict[str, Any]]:
    """What the bot has logged so far; the last line may still be half written."""
    return [json.loads(line) for line in bot.log.read_text().splitlines(keepends=True) if line.endswith("\n")]


def logged(bot: RunningBot, event: str, job: str) -> list[dict[str, Any]]:
    """The log lines of this event for jobs of this kind."""
    return [line for line in lines(bot) if line["event"] == event and line.get("job") == job]


@pytest.fixture
def settled(hub: GitHubStandIn, bot: RunningBot) -> RunningBot:
    """The bot when the sweeps of its start are over."""
    hub.wait_for(lambda: logged(bot, "job done", "sweep") and logged(bot, "job done", "redeliver"))
    return bot


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'prodgate.sqlite'}"
    else:
        url = str(request.getfixturevalue("postgres_url")).replace("postgresql://", "postgresql+psycopg://")
    made = sa.create_engine(url)
    upgrade(made)
    made.dispose()
    return url


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def worker(database: str, recorder: Recorder) -> Iterator[Worker]:
    made = Worker(database, recorder)
    made.start()
    yield made
    made.stop()
