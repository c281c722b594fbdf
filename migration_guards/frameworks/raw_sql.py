"""Directories of SQL files: golang-migrate, goose, dbmate, sqlx, Supabase, Hasura, Atlas."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from migration_guards.frameworks.framework import Part
from migration_guards.model import Dialect

FOLDERS = frozenset({"migrations", "migration", "migrate"})
_NUMBERED = re.compile(r"^[VvR]?\d+[\w.-]*\.sql$")
_UP = re.compile(rb"^--\s*(?:\+goose\s+up|migrate:up)\b[^\n]*$", re.I | re.M)
_DOWN = re.compile(rb"^--\s*(?:\+goose\s+down|migrate:down)\b[^\n]*$", re.I | re.M)
_MYSQL = (b"`", b"engine=", b"auto_increment")
_SQLITE = (b"pragma ", b"autoincrement")


class RawSql:
    """A folder called `migrations` that holds numbered SQL files."""

    name = "raw SQL"

    def migrations(self, paths: Collection[str]) -> list[str]:
        return [path for path in paths if self._is_migration(PurePosixPath(path))]

    def _is_migration(self, path: PurePosixPath) -> bool:
        folders = {part.lower() for part in path.parts[-3:-1]}
        if path.name.endswith(".down.sql") or path.name == "down.sql":
            return False
        if path.name == "up.sql":
            return any(part.lower() in FOLDERS for part in path.parts[:-1])
        return bool(folders & FOLDERS) and _NUMBERED.match(path.name) is not None

    def wants(self, path: str) -> list[str]:
        return []

    def dialect(self, path: str, content: bytes, settings: Mapping[str, bytes]) -> Dialect:
        parts = {part.lower() for part in PurePosixPath(path).parts}
        if parts & {"mysql", "mariadb"}:
            return Dialect.MYSQL
        if parts & {"sqlite", "sqlite3"}:
            return Dialect.SQLITE
        if parts & {"clickhouse", "mssql", "sqlserver", "oracle"}:
            return Dialect.OTHER
        text = content.lower()
        if any(mark in text for mark in _MYSQL):
            return Dialect.MYSQL
        return Dialect.SQLITE if any(mark in text for mark in _SQLITE) else Dialect.POSTGRES

    def up(self, content: bytes) -> Part:
        up, down = _UP.search(content), _DOWN.search(content)
        start = up.end() if up else 0
        return Part(start, down.start() if down and down.start() >= start else len(content))
