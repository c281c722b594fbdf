"""Diesel: `migrations/<time>_<name>/up.sql` and `down.sql`, beside a `diesel.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import PurePosixPath

from migration_guards.builders.numbering import order_of
from migration_guards.builders.sql_files import NOTHING_TO_UNDO, Head, SqlRunner, above, in_folder
from migration_guards.model import Migration, Operation, Wrap
from rules.core.codebase import Codebase
from rules.core.finding import Edit

_SETTINGS = "metadata.toml"


class Diesel(SqlRunner):
    """Diesel. A file runs in a transaction, unless the `metadata.toml` beside it says `run_in_transaction = false`:
    then it is sent as one query."""

    name = "diesel"

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        inside = path.name == "up.sql" and path.parent.name[:1].isdigit()
        return inside and next(above(str(path), code, "diesel.toml"), None) is not None

    def history(self, path: PurePosixPath) -> str:
        return str(path.parent.parent)

    def order(self, path: PurePosixPath) -> tuple[int | str, ...]:
        return order_of(path.parent.name)

    def way_back(self, path: PurePosixPath, code: Codebase) -> str:
        return in_folder(path, code)

    def wrapped(self, path: PurePosixPath, code: Codebase) -> Wrap | None:
        content = code.text(str(path.with_name(_SETTINGS)))
        if content is None:
            return None
        try:
            said = tomllib.loads(content.decode()).get("run_in_transaction")
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
            return Wrap.FILE
        return Wrap.SCRIPT if said is False else Wrap.FILE

    def leave(self, operation: Operation) -> tuple[Edit, ...] | None:
        migration = operation.migration
        if len(migration.script.up) > 1 or migration.source.wrap is not None:
            return None
        path = PurePosixPath(operation.path).with_name(_SETTINGS)
        return (Edit(str(path), None, b"run_in_transaction = false\n"),)

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        stem = f"{migration.source.history}/{number}_{name}"
        return {f"{stem}/up.sql": sql, f"{stem}/down.sql": NOTHING_TO_UNDO}
