"""Hasura: `migrations/<database>/<time>_<name>/up.sql` and `down.sql`, beside `metadata` or `config.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

from migration_guards.builders.numbering import order_of
from migration_guards.builders.sql_files import NOTHING_TO_UNDO, Head, SqlRunner, in_folder
from migration_guards.model import Dialect, Migration
from rules.core.codebase import Codebase

_FOLDER = re.compile(r"^\d{10,}_")
_KINDS = {"postgres": Dialect.POSTGRES, "pg": Dialect.POSTGRES}
MAX_BYTES = 200_000


class Hasura(SqlRunner):
    """The Hasura CLI. A file runs in a transaction, and there is no way out of it."""

    name = "hasura"

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        if path.name != "up.sql" or not _FOLDER.match(path.parent.name):
            return False
        home = _home(path.parent.parent)
        return home is not None and self._is_project(home, code)

    def _is_project(self, home: PurePosixPath, code: Codebase) -> bool:
        marks = ("metadata/databases/databases.yaml", "metadata/version.yaml", "metadata/tables.yaml", "config.yaml")
        return any(str(home / mark) in code.files for mark in marks)

    def history(self, path: PurePosixPath) -> str:
        return str(path.parent.parent)

    def order(self, path: PurePosixPath) -> tuple[int | str, ...]:
        return order_of(path.parent.name)

    def way_back(self, path: PurePosixPath, code: Codebase) -> str:
        return in_folder(path, code)

    def configured(self, history: str, code: Codebase) -> Dialect | None:
        place = PurePosixPath(history)
        home = _home(place)
        content = code.text(str(home / "metadata/databases/databases.yaml")) if home is not None else None
        for entry in _listed(content or b""):
            if entry.get("name") == place.name:
                return _KINDS.get(str(entry.get("kind")), Dialect.OTHER)
        return Dialect.POSTGRES

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        stem = f"{migration.source.history}/{number}_{name}"
        return {f"{stem}/up.sql": sql, f"{stem}/down.sql": NOTHING_TO_UNDO}


def _home(history: PurePosixPath) -> PurePosixPath | None:
    """The project's folder: above `migrations`, with or without a folder for each database."""
    return next((p.parent for p in (history, history.parent) if p.name == "migrations"), None)


def _listed(content: bytes) -> list[dict[str, Any]]:
    try:
        loaded = yaml.safe_load(content[:MAX_BYTES])
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    return [entry for entry in loaded if isinstance(entry, dict)] if isinstance(loaded, list) else []
