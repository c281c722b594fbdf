"""golang-migrate: pairs of `<number>_<name>.up.sql` and `.down.sql`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from migration_guards.builders.sql_files import NOTHING_TO_UNDO, Head, SqlRunner, beside
from migration_guards.frameworks.framework import Late
from migration_guards.model import Dialect, Migration, Source, Wrap
from rules.core.codebase import Codebase

_UP = re.compile(r"^\d+_.*\.up\.sql$")


class GolangMigrate(SqlRunner):
    """golang-migrate. A file is sent as one query, on SQLite in a transaction. What is older than the newest that ran
    is skipped without a word."""

    name = "golang-migrate"
    rank = 4
    late = Late.SKIPPED

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        return _UP.match(path.name) is not None

    def way_back(self, path: PurePosixPath, code: Codebase) -> str:
        return beside(path, code)

    def wrap(self, source: Source, content: bytes) -> Wrap:
        return Wrap.FILE if source.dialect is Dialect.SQLITE else Wrap.SCRIPT

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        stem = f"{migration.source.history}/{number}_{name}"
        return {f"{stem}.up.sql": sql, f"{stem}.down.sql": NOTHING_TO_UNDO}
