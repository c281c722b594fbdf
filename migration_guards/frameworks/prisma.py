"""Prisma: `<folder>/migrations/<time>_<name>/migration.sql`, the provider in `migration_lock.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import PurePosixPath

from migration_guards.builders.numbering import plain
from migration_guards.frameworks.framework import Checksum, Framework
from migration_guards.model import Dialect, Intent, Migration, Operation, Script, Source, Wrap
from migration_guards.sql.reader import whole
from migration_guards.sql.rewrite import rewritten
from rules.core.codebase import Codebase
from rules.core.finding import Edit

PROVIDERS = {
    "postgresql": Dialect.POSTGRES, "cockroachdb": Dialect.OTHER, "mysql": Dialect.MYSQL, "sqlite": Dialect.SQLITE,
}  # fmt: skip
LOCK = "migration_lock.toml"


class Prisma(Framework):
    """Prisma Migrate. A file is sent as one query; there is no way back. Files are named by a time stamp."""

    name = "prisma"
    checksum = Checksum.BYTES

    def sources(self, code: Codebase) -> Iterable[Source]:
        folders = {
            path.removesuffix(LOCK): self._dialect(code, path) for path in code.files if path.endswith(f"/{LOCK}")
        }
        for path in code.files:
            folder, _, rest = path.rpartition("/migration.sql")
            home, _, name = folder.rpartition("/")
            if not rest and f"{home}/" in folders:
                yield Source(path, home, (name,), folders[f"{home}/"])

    def _dialect(self, code: Codebase, lock: str) -> Dialect:
        try:
            provider = tomllib.loads((code.text(lock) or b"").decode()).get("provider")
        except (UnicodeDecodeError, tomllib.TOMLDecodeError):
            return Dialect.OTHER
        return PROVIDERS.get(str(provider), Dialect.OTHER)

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        return Script(whole(content, 0, len(content), source.dialect), None, Wrap.SCRIPT, str(source.order[0]))

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        if intent is Intent.CONCURRENTLY and len(operation.peers) > 1:
            return None
        return rewritten(operation, intent)

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        stamp, _, _ = PurePosixPath(migration.path).parent.name.partition("_")
        if not stamp.isdigit():
            return None
        return (Edit(f"{migration.source.history}/{int(stamp) + 1}_{plain(slug)}/migration.sql", None, sql.encode()),)
