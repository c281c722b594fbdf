"""What must be right before the App can work, each looked at for real."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

import bot.confine
from bot.flows.hub import HubError, Later
from bot.git.command import GitError, run
from bot.github.client import Client
from bot.scanners.port import Scanner
from bot.scanners.suite import Suite, discovered
from bot.settings import Settings, SettingsError, Storage, load_settings, load_storage

LEAST_GIT = (2, 38)
"""The first with `git merge-tree --write-tree`."""

LEAST_FREE = 512 * 1024**2
"""Bytes of the data directory's disk; `/readyz` asks for as much."""

ACCESS = ("none", "read", "write", "admin")
PROBES: Mapping[str, bytes] = {
    "probe.py": b"x = 1\n",
    "probe.js": b"x = 1;\n",
    ".github/workflows/x.yml": b"on: push\n",
}
"""Files that a scanner is tried on."""


@dataclass(frozen=True)
class Item:
    """One thing looked at. What is not vital is worth knowing, but the App works without it."""

    name: str
    well: bool
    text: str
    vital: bool = True


async def examine() -> list[Item]:
    """Every item, the most likely cause of trouble first."""
    settings, storage, items = _settings()
    if settings is None:
        items.append(Item("registration", False, "not looked at: the settings come first"))
    else:
        items.append(await _registration(settings))
    items += [_database(storage), _data_dir(storage)] if storage else []
    items += [_git(), _confinement()]
    return items + [await _scanner(scanner) for scanner in discovered()]


def _settings() -> tuple[Settings | None, Storage | None, list[Item]]:
    storage = None
    with suppress(SettingsError):
        storage = load_storage()
    try:
        settings = load_settings()
    except SettingsError as problem:
        return None, storage, [Item("settings", False, sentence) for sentence in problem.all]
    return settings, storage, [Item("settings", True, f"App {settings.app_id} at {settings.github_url}")]


def manifest() -> Mapping[str, Any]:
    """What the App asks for: `app.yml`, beside this module once installed and one folder up in a checkout."""
    here = Path(__file__).parent
    place = next(folder / "app.yml" for folder in (here, here.parent) if (folder / "app.yml").is_file())
    asked: Mapping[str, Any] = yaml.safe_load(place.read_text("utf-8"))
    return asked


async def _registration(settings: Settings) -> Item:
    key = settings.private_key.get_secret_value()
    try:
        answer = await Client(settings.app_id, key, settings.api_url, settings.ca_bundle).app_request("GET", "/app")
    except (HubError, Later) as problem:
        return Item("registration", False, str(problem))
    live, asked = answer.json(), manifest()
    lacks = list(lacking(asked, live))
    if lacks:
        return Item("registration", False, f"{live['name']} lacks {', '.join(lacks)}")
    granted = f"{len(asked['default_permissions'])} permissions and {len(asked['default_events'])} events"
    return Item("registration", True, f"{live['name']} has the {granted} of app.yml")


def lacking(asked: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[str]:
    """The permissions and events that a live registration has not, of those that the manifest asks for."""
    for name, level in asked["default_permissions"].items():
        has = live["permissions"].get(name, "none")
        if ACCESS.index(has) < ACCESS.index(level):
            yield f"the permission {name}: {level} (it is {has})"
    for name in asked["default_events"]:
        if name not in live["events"]:
            yield f"the event {name}"


def _database(storage: Storage) -> Item:
    if storage.embedded and not Path(str(sa.make_url(storage.database).database)).exists():
        return Item("database", True, f"SQLite {sqlite3.sqlite_version}, made at the first start")
    waiting = {} if storage.embedded else {"connect_timeout": 5}
    engine = sa.create_engine(storage.database, connect_args=waiting)
    try:
        with engine.connect() as connection:
            number = ".".join(map(str, connection.dialect.server_version_info or ()))
    except sa.exc.SQLAlchemyError as problem:
        reason = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
        return Item("database", False, f"PRODGATE_DATABASE_URL cannot be used: {reason}")
    finally:
        engine.dispose()
    return Item("database", True, f"{'SQLite' if storage.embedded else 'PostgreSQL'} {number} answers")


def _data_dir(storage: Storage) -> Item:
    free = shutil.disk_usage(storage.data_dir).free
    return Item("data directory", free >= LEAST_FREE, f"{storage.data_dir}, {free / 1024**3:.1f} GB free")


def _git() -> Item:
    try:
        said = run(Path(sys.prefix), "version").decode()
    except (GitError, OSError) as problem:
        return Item("git", False, f"it does not run: {problem}")
    numbers = [int(part) for part in re.findall(r"\d+", said)[:2]]
    least = ".".join(map(str, LEAST_GIT))
    return Item("git", tuple(numbers) >= LEAST_GIT, f"{said.strip().removeprefix('git version ')}, {least} or newer")


def _confinement() -> Item:
    """Whether what confines evaluators and scanners takes hold here, tried in a process that ends at once."""
    words = [sys.executable, "-I", "-S", bot.confine.__file__, str(os.getpid())]
    tried = subprocess.run(words, capture_output=True, text=True, check=False, env={})
    if tried.returncode:
        last = tried.stderr.strip().splitlines()[-1:] or ["no message"]
        return Item("confinement", False, f"no evaluator or scanner can start: {last[0]}")
    lacks = ", ".join(tried.stdout.splitlines())
    if lacks:
        return Item("confinement", False, f"a process that reads a change is held back in part: {lacks}", vital=False)
    return Item("confinement", True, "a process that reads a change reaches no network and gains no privilege")


async def _scanner(scanner: Scanner) -> Item:
    name = type(scanner).__name__.lower()
    result = (await Suite((scanner,)).scan(PROBES))[scanner.fact]
    if isinstance(result, str):
        return Item(name, False, result.removeprefix(f"{name}: "))
    return Item(name, True, "it answers")
