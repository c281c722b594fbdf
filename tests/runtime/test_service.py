"""What a running service answers for itself, and how it keeps things."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

import bot.app
from bot.settings import load_settings
from tests.github import git_http
from tests.github.access import Actor
from tests.github.faults import slow
from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import BASE, BROKEN, RunningBot, gate
from tests.github.world import World
from tests.runtime.test_database_away import Line, direct, line

__all__ = ["direct", "line"]


@pytest.fixture
def web(
    hub: GitHubStandIn, line: Line, direct: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """The web process on PostgreSQL, over a line that can be cut."""
    away = f"postgresql://postgres@127.0.0.1:{line.port}/{sa.make_url(direct).database}"
    for name, value in {**hub.settings(tmp_path / "data", 8000), "PRODGATE_DATABASE_URL": away}.items():
        monkeypatch.setenv(name, value)
    with TestClient(bot.app.create_app(load_settings(), worker=False)) as client:
        yield client


def ready(web: TestClient) -> tuple[int, str]:
    answer = web.get("/readyz")
    return answer.status_code, answer.text.strip()


def test_it_is_ready_while_database_disk_and_git_are(
    web: TestClient, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ready(web) == (200, "ready")
    with monkeypatch.context() as without_git:
        without_git.setenv("PATH", str(tmp_path))
        assert ready(web) == (503, "git: not installed")
    with monkeypatch.context() as with_little_disk:
        with_little_disk.setattr(bot.app, "LEAST_FREE", 1 << 62)
        assert ready(web) == (503, "disk: less than 512 MB free in the data directory")
    line.cut()
    code, text = ready(web)
    assert (code, text.partition(":")[0]) == (503, "database")
    assert web.get("/healthz").json() == {"status": "ok"}


def test_metrics_are_in_the_form_that_prometheus_reads(bot: RunningBot) -> None:
    answer = httpx.get(f"{bot.url}/metrics", trust_env=False)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert "# TYPE process_resident_memory_bytes gauge" in answer.text


def test_without_an_address_of_a_database_it_is_sqlite_in_wal_in_the_data_directory(
    bot: RunningBot, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "data" / "prodgate.sqlite") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_sweeps_come_every_few_minutes_and_every_hour(bot: RunningBot, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "data" / "prodgate.sqlite") as database:
        words = "SELECT schedule_name, schedule FROM workflow_schedules"
        schedules = dict(database.execute(words).fetchall())
    database.close()
    assert schedules["redeliver"] == "*/5 * * * *"
    assert set(schedules) == {"redeliver", "reconcile", "retention"}


def test_a_second_worker_on_the_same_data_directory_is_refused(hub: GitHubStandIn, bot: RunningBot) -> None:
    with pytest.raises(AssertionError, match="PRODGATE_DATA_DIR is in use by another worker"):
        RunningBot(hub, bot.log.with_suffix(""))


class ElsewhereBot(RunningBot):
    """Listens on another address of this machine."""

    def ready(self) -> bool:
        self.url = f"http://127.0.0.2:{self.port}"
        return super().ready()


def test_it_listens_where_it_is_told_and_nowhere_else(hub: GitHubStandIn, tmp_path: Path) -> None:
    running = ElsewhereBot(hub, tmp_path / "data", PRODGATE_HOST="127.0.0.2")
    try:
        assert httpx.get(f"{running.url}/healthz", trust_env=False).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{running.port}/healthz", trust_env=False)
    finally:
        running.stop()


def test_only_the_gate_goes_in_progress_and_every_check_is_finished(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(slow("POST", "/git-upload-pack", seconds=3))
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: shop.checks)
    assert [(check["name"], check["status"]) for check in shop.checks] == [("prodgate", "in_progress")]
    gate(hub, shop, number)
    checks = hub.checks(shop, number)
    assert {"prodgate", "prodgate / env"} <= set(checks)
    assert len(checks) == len(shop.checks)
    made = [path for method, path in hub.world.requests if method == "POST" and path.endswith("/check-runs")]
    assert len(made) == len(checks)
    changed = {path.rpartition("/")[2] for method, path in hub.world.requests if method == "PATCH"}
    assert changed == {str(checks["prodgate"]["id"])}


def test_the_token_of_a_fetch_reads_the_contents_of_one_repository(
    hub: GitHubStandIn, settled: RunningBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = set()
    honest = git_http.as_installation

    def watched(world: World, token: str) -> Actor:
        actor = honest(world, token)
        used.add((frozenset(actor.repositories), tuple(sorted(actor.permissions.items()))))
        return actor

    monkeypatch.setattr(git_http, "as_installation", watched)
    hub.create_repository("acme/other", BASE)
    shop = hub.create_repository("acme/shop", BASE)
    gate(hub, shop, hub.open_pull(shop, "mail", BROKEN))
    assert used == {(frozenset({shop.id}), (("contents", "read"), ("metadata", "read")))}
