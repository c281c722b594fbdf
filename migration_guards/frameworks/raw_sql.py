"""Directories of SQL files: golang-migrate, goose, dbmate, sqlx, Supabase, Hasura, Atlas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from migration_guards.frameworks.framework import Framework
from migration_guards.model import Dialect, Intent, Migration, Operation, Script, Source, Wrap
from migration_guards.servers import database, server
from migration_guards.sql.reader import whole
from migration_guards.sql.rewrite import builds_only, rewritten
from rules.core.codebase import Codebase
from rules.core.finding import Edit
from rules.core.source import Span

FOLDERS = frozenset({"migrations", "migration", "migrate"})
_NUMBERED = re.compile(r"^[VvR]?(\d+)[\w.-]*\.sql$")
_UP = re.compile(rb"^--\s*(?:\+goose\s+up|migrate:up)\b[^\n]*$", re.I | re.M)
_DOWN = re.compile(rb"^--\s*(?:\+goose\s+down|migrate:down)\b[^\n]*$", re.I | re.M)
_APART = re.compile(
    rb"^--\s*(?:\+goose\s+no\s+transaction|migrate:up\s+transaction:false|no-transaction|atlas:txmode\s+none)",
    re.I | re.M,
)
_MYSQL = (b"engine=innodb", b"engine = innodb", b" auto_increment")
_SQLITE = (b"pragma ", b"autoincrement")


class RawSql(Framework):
    """A folder called `migrations` that holds numbered SQL files."""

    name = "raw SQL"
    rank = 9

    def sources(self, code: Codebase) -> Iterable[Source]:
        for path in code.files:
            if self._is_migration(PurePosixPath(path)):
                yield self._source(code, path)

    def _is_migration(self, path: PurePosixPath) -> bool:
        folders = {part.lower() for part in path.parts[-3:-1]}
        if path.suffix != ".sql" or path.name.endswith(".down.sql") or path.name == "down.sql":
            return False
        if path.name == "up.sql":
            return any(part.lower() in FOLDERS for part in path.parts[:-1])
        return bool(folders & FOLDERS) and _NUMBERED.match(path.name) is not None

    def _source(self, code: Codebase, path: str) -> Source:
        place = PurePosixPath(path)
        lone = place.name == "up.sql"
        down = str(place.with_name("down.sql")) if lone else path.replace(".up.sql", ".down.sql")
        order = place.parent.name if lone else place.name
        history = str(place.parent.parent if lone else place.parent)
        dialect = self._dialect(code, path, code.text(path) or b"")
        version = server(code, path, dialect)
        back = down if down != path and down in code.files else ""
        return Source(path, history, _version(order), dialect, version, back)

    def _dialect(self, code: Codebase, path: str, content: bytes) -> Dialect:
        parts = {part.lower() for part in PurePosixPath(path).parts}
        if parts & {"mysql", "mariadb"}:
            return Dialect.MYSQL
        if parts & {"sqlite", "sqlite3"}:
            return Dialect.SQLITE
        if parts & {"clickhouse", "mssql", "sqlserver", "oracle"}:
            return Dialect.OTHER
        text = content.lower()
        if any(mark in text for mark in _SQLITE):
            return Dialect.SQLITE
        if any(mark in text for mark in _MYSQL):
            return Dialect.MYSQL
        found, _ = database(code, path)
        if found is not Dialect.OTHER:
            return found
        return Dialect.MYSQL if b"`" in text else Dialect.POSTGRES

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        up, back = _UP.search(content), _DOWN.search(content)
        start = up.end() if up else 0
        end = back.start() if back and back.start() >= start else len(content)
        below = whole(content, back.end(), len(content), source.dialect) if back and back.start() >= start else None
        if below is None and down is not None:
            below = whole(down, 0, len(down), source.dialect)
        wrap = Wrap.NONE if _APART.search(content) else Wrap.FILE if up else Wrap.SCRIPT
        return Script(whole(content, start, end, source.dialect), below, wrap, str(source.order[0]))

    def forgotten(self, path: str, code: Codebase) -> str:
        """Atlas keeps the checksum of every file in `atlas.sum` beside them."""
        kept = str(PurePosixPath(path).with_name("atlas.sum"))
        listed = (code.text(kept) or b"").decode(errors="replace").splitlines() if kept in code.files else None
        name = PurePosixPath(path).name
        return "" if listed is None or any(line.startswith(f"{name} ") for line in listed) else kept

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        """CONCURRENTLY where the file runs in no transaction, or can be taken out of goose's."""
        edits = rewritten(operation, intent)
        if intent is not Intent.CONCURRENTLY or edits is None or not operation.transaction:
            return edits
        goose = b"-- +goose" in operation.migration.content.lower()
        if not goose or not builds_only(operation):
            return None
        return (Edit(operation.path, Span(0, 0), b"-- +goose NO TRANSACTION\n"), *edits)

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        place = PurePosixPath(migration.path)
        number = re.match(r"\D*(\d+)", place.name)
        if number is None:
            return None
        following = str(int(number[1]) + 1).zfill(len(number[1]))
        ending = ".up.sql" if place.name.endswith(".up.sql") else ".sql"
        path = str(place.with_name(f"{place.name[: number.start(1)]}{following}_{slug}{ending}"))
        taken = any(other.startswith(str(place.with_name(following))) for other in code.files)
        if taken:
            return None
        wrapped = f"-- +goose Up\n{sql}\n-- +goose Down\n" if b"-- +goose" in migration.content.lower() else sql
        return (Edit(path, None, wrapped.encode()),)


def _version(name: str) -> tuple[int | str, ...]:
    number = re.match(r"\D*(\d+)", name)
    return (int(number[1]), name) if number else (name,)
