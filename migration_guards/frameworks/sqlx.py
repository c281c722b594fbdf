"""sqlx: `migrations/<number>_<name>.sql`, or `.up.sql` and `.down.sql`, below a Cargo.toml that names sqlx."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from migration_guards.builders.sql_files import NOTHING_TO_UNDO, Head, SqlRunner, above, beside, on_top
from migration_guards.frameworks.framework import Checksum
from migration_guards.model import Dialect, Migration, Operation, Source, Wrap
from rules.core.codebase import Codebase, Fact
from rules.core.finding import Edit

_FILE = re.compile(r"^\d+_.*\.sql$")
_APART = b"-- no-transaction"
_MANIFEST = "Cargo.toml"
_FEATURES = {"postgres": Dialect.POSTGRES, "mysql": Dialect.MYSQL, "sqlite": Dialect.SQLITE}


class Sqlx(SqlRunner):
    """sqlx. A file runs in a transaction; one that begins with `-- no-transaction` is sent as one query. It remembers
    the bytes of what ran."""

    name = "sqlx"
    rank = 3
    checksum = Checksum.BYTES

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        if path.parent.name != "migrations" or not _FILE.match(path.name) or path.name.endswith(".down.sql"):
            return False
        return any(place in code.get(CRATES) for place in above(str(path), code, _MANIFEST))

    def way_back(self, path: PurePosixPath, code: Codebase) -> str:
        return beside(path, code)

    def configured(self, history: str, code: Codebase) -> Dialect | None:
        for place in above(f"{history}/1.sql", code, _MANIFEST):
            found = {_FEATURES[name] for name in code.get(CRATES).get(place, ()) if name in _FEATURES}
            if found:
                return found.pop() if len(found) == 1 else None
        return None

    def wrap(self, source: Source, content: bytes) -> Wrap:
        return Wrap.SCRIPT if content.startswith(_APART) else Wrap.FILE

    def leave(self, operation: Operation) -> tuple[Edit, ...] | None:
        content = operation.migration.content
        alone = len(operation.migration.script.up) == 1 and not content.startswith((_APART, b"\xef\xbb\xbf"))
        return (on_top(operation.path, content, _APART.decode()),) if alone else None

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        stem = f"{migration.source.history}/{number}_{name}"
        if not migration.path.endswith(".up.sql"):
            return {f"{stem}.sql": sql}
        return {f"{stem}.up.sql": sql, f"{stem}.down.sql": NOTHING_TO_UNDO}


def _crates(code: Codebase) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path in code.files:
        if PurePosixPath(path).name != _MANIFEST:
            continue
        try:
            said = tomllib.loads((code.text(path) or b"").decode())
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
            continue
        workspace = said.get("workspace")
        for home in (said, workspace if isinstance(workspace, dict) else {}):
            if (given := _given(home.get("dependencies"))) is not None:
                found[path] = given
    return found


def _given(dependencies: Any) -> tuple[str, ...] | None:
    """The features of a table's entry for sqlx; None without one."""
    if not isinstance(dependencies, dict) or "sqlx" not in dependencies:
        return None
    entry = dependencies["sqlx"]
    listed = entry.get("features") if isinstance(entry, dict) else ()
    return tuple(str(one) for one in listed) if isinstance(listed, list) else ()


CRATES: Fact[Mapping[str, tuple[str, ...]]] = Fact("crates with sqlx", _crates)
"""The features of sqlx by the Cargo.toml that depends on it."""
