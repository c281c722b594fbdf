"""db-migrate's SQL files: `migrations/sqls/<time>-<name>-up.sql` and `-down.sql`, run by a script of the same name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from migration_guards.builders.sql_files import Head, SqlRunner
from migration_guards.model import Source, Wrap
from rules.core.codebase import Codebase

_UP = re.compile(r"^\d+-.+-up\.sql$")


class DbMigrateSql(SqlRunner):
    """db-migrate with SQL files. A file is sent as one query. A new one needs a script too, so none is offered."""

    name = "db-migrate SQL"

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        return path.parent.name == "sqls" and _UP.match(path.name) is not None

    def way_back(self, path: PurePosixPath, code: Codebase) -> str:
        down = str(path.with_name(path.name.removesuffix("-up.sql") + "-down.sql"))
        return down if down in code.files else ""

    def wrap(self, source: Source, content: bytes) -> Wrap:
        return Wrap.SCRIPT
