"""`prodgate doctor`: every item looked at for real, and a sentence for each that is not well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import bot.confine
from bot.doctor import examine, lacking, manifest
from tests.github.standin import GitHubStandIn

PRODGATE = Path(sys.executable).with_name("prodgate")


@pytest.fixture(scope="module")
def hub() -> Iterator[GitHubStandIn]:
    with GitHubStandIn() as running:
        yield running


def doctor(
    folder: Path, environment: Mapping[str, str] | None = None, within: tuple[str, ...] = ()
) -> tuple[int, dict[str, str], str]:
    """The exit code, what is said of each item, and everything that was said; `within` is a program that starts it."""
    env = {"PATH": os.environ["PATH"], "HOME": os.devnull, **(environment or {})}
    words = [*within, str(PRODGATE), "doctor"]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    items = {line[4:18].strip(): f"{line[:2]} {line[20:]}" for line in done.stdout.splitlines()}
    return done.returncode, items, done.stdout


def test_all_is_well_on_a_registration_as_app_yml_asks(hub: GitHubStandIn, tmp_path: Path) -> None:
    code, items, _ = doctor(tmp_path, hub.settings(tmp_path / "data", 1))
    assert code == 0, items
    assert items["registration"] == "ok Prodgate has the 7 permissions and 6 events of app.yml"
    assert items["database"].startswith("ok SQLite 3")
    assert str(tmp_path / "data") in items["data directory"]
    assert items["confinement"] == "ok a process that reads a change reaches no network and gains no privilege"
    assert {"settings", "git", "bandit", "semgrep"} <= {*items}


def test_without_credentials_it_names_what_is_missing_and_looks_at_the_rest(tmp_path: Path) -> None:
    code, items, said = doctor(tmp_path)
    assert code == 1
    for name in ("PRODGATE_APP_ID", "PRODGATE_PRIVATE_KEY", "PRODGATE_WEBHOOK_SECRET"):
        assert f"{name} is not set." in said
    assert items["registration"].startswith("no not looked at")
    assert items["git"].startswith("ok")
    assert items["database"].startswith("ok")


def test_a_wrong_database_is_said_beside_the_missing_credentials(tmp_path: Path) -> None:
    code, _, said = doctor(tmp_path, {"PRODGATE_DATABASE_URL": "mysql://somewhere/x"})
    assert code == 1
    assert said.count("PRODGATE_DATABASE_URL is wrong: it must start with postgresql://") == 1
    assert "PRODGATE_APP_ID is not set." in said


def test_postgresql_is_asked_for_its_version(hub: GitHubStandIn, tmp_path: Path, postgres_url: str) -> None:
    given = {**hub.settings(tmp_path / "data", 1), "PRODGATE_DATABASE_URL": postgres_url}
    code, items, _ = doctor(tmp_path, given)
    assert (code, items["database"].split()[:2]) == (0, ["ok", "PostgreSQL"])


def test_a_database_that_is_away_is_said_without_its_password(hub: GitHubStandIn, tmp_path: Path) -> None:
    away = "postgresql://prodgate:hunter22@127.0.0.1:1/prodgate"
    code, items, said = doctor(tmp_path, {**hub.settings(tmp_path / "data", 1), "PRODGATE_DATABASE_URL": away})
    assert code == 1
    assert items["database"].startswith("no PRODGATE_DATABASE_URL cannot be used")
    assert "hunter22" not in said


def test_a_registration_that_lacks_something_is_told_what(hub: GitHubStandIn, tmp_path: Path) -> None:
    asked, events = dict(hub.world.permissions), list(hub.world.events)
    hub.world.permissions["checks"] = "read"
    hub.world.events.remove("merge_group")
    try:
        code, items, _ = doctor(tmp_path, hub.settings(tmp_path / "data", 1))
    finally:
        hub.world.permissions, hub.world.events = asked, events
    assert code == 1
    lacks = "no Prodgate lacks the permission checks: write (it is read), the event merge_group"
    assert items["registration"] == lacks


def test_a_key_of_another_app_is_refused_in_githubs_words(hub: GitHubStandIn, tmp_path: Path) -> None:
    code, items, _ = doctor(tmp_path, {**hub.settings(tmp_path / "data", 1), "PRODGATE_APP_ID": "9"})
    assert code == 1
    assert "GitHub answered 401 to GET /app" in items["registration"]


def test_git_and_scanners_that_are_away_are_not_well(hub: GitHubStandIn, tmp_path: Path) -> None:
    code, items, _ = doctor(tmp_path, {**hub.settings(tmp_path / "data", 1), "PATH": str(tmp_path)})
    assert code == 1
    assert items["git"].startswith("no it does not run")


def test_a_kernel_that_takes_no_filter_is_a_warning_and_no_failure(hub: GitHubStandIn, tmp_path: Path) -> None:
    refusing = (sys.executable, str(Path(__file__).with_name("refusing_kernel.py")))
    code, items, _ = doctor(tmp_path, hub.settings(tmp_path / "data", 1), refusing)
    said = "!! a process that reads a change is held back in part: it may open sockets to the network"
    assert (code, items["confinement"]) == (0, said)


async def test_a_confinement_that_does_not_start_is_no_mere_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODGATE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(bot.confine, "__file__", str(tmp_path / "gone.py"))
    (item,) = [item for item in await examine() if item.name == "confinement"]
    assert (item.well, item.vital) == (False, True)
    assert item.text.startswith("no evaluator or scanner can start: ")
    assert "gone.py" in item.text


def test_more_than_is_asked_lacks_nothing() -> None:
    asked = manifest()
    live = {
        "permissions": {**dict.fromkeys(asked["default_permissions"], "admin"), "members": "read"},
        "events": [*asked["default_events"], "release"],
    }
    assert list(lacking(asked, live)) == []
