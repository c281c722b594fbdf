"""Numbered SQL files of no runner that is known: in a folder called `migrations`, `versions` or the like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from migration_guards.builders.numbering import order_of
from migration_guards.builders.sql_files import FOLDERS, NOTHING_TO_UNDO, Head, SqlRunner, beside, in_folder
from migration_guards.model import Migration, Source, Wrap
from rules.core.codebase import Codebase

_NUMBERED = re.compile(r"^[VvR]?\d+[\w.-]*\.sql$")
_VERSIONED = re.compile(r"^\d+[_.-][\w.-]*\.sql$")
_NARROWER = frozenset({"schema", "schemas", "versions"})


class RawSql(SqlRunner):
    """SQL files in the order of their numbers, the way back beside them. Nothing is known of a transaction: a file is
    taken for one query."""

    name = "raw SQL"
    rank = 9

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        folders = [part.lower() for part in path.parts[:-1]]
        if path.name.endswith((".down.sql", "_down.sql", "-down.sql")) or path.name == "down.sql":
            return False
        if path.name == "up.sql":
            return bool(FOLDERS & set(folders))
        if set(folders[-2:]) & FOLDERS:
            return _NUMBERED.match(path.name) is not None
        return bool(set(folders[-1:]) & _NARROWER) and _VERSIONED.match(path.name) is not None

    def history(self, path: PurePosixPath) -> str:
        return str(path.parent.parent if path.name == "up.sql" else path.parent)

    def order(self, path: PurePosixPath) -> tuple[int | str, ...]:
        return order_of(path.parent.name if path.name == "up.sql" else path.name)

    def way_back(self, path: PurePosixPath, code: Codebase) -> str:
        return (in_folder(path, code) if path.name == "up.sql" else "") or beside(path, code)

    def wrap(self, source: Source, content: bytes) -> Wrap:
        return Wrap.SCRIPT

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        place, home = PurePosixPath(migration.path), migration.source.history
        if place.name == "up.sql":
            stem = f"{home}/{number}_{name}"
            return {f"{stem}/up.sql": sql, f"{stem}/down.sql": NOTHING_TO_UNDO}
        prefix = re.match(r"[VvR]?", place.name)
        glue = "__" if "__" in place.name else "_"
        stem = f"{home}/{prefix[0] if prefix else ''}{number}{glue}{name}"
        if not place.name.endswith(".up.sql"):
            return {f"{stem}.sql": sql}
        return {f"{stem}.up.sql": sql, f"{stem}.down.sql": NOTHING_TO_UNDO}
