"""Prisma: `prisma/migrations/<time>_<name>/migration.sql`, the provider in `migration_lock.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from migration_guards.frameworks.framework import Part
from migration_guards.model import Dialect

PROVIDERS = {
    "postgresql": Dialect.POSTGRES, "cockroachdb": Dialect.OTHER, "mysql": Dialect.MYSQL, "sqlite": Dialect.SQLITE,
}  # fmt: skip
LOCK = "migration_lock.toml"


class Prisma:
    """Prisma Migrate. It has no down sections."""

    name = "prisma"

    def migrations(self, paths: Collection[str]) -> list[str]:
        names = set(paths)
        return [path for path in paths if path.endswith("/migration.sql") and self.wants(path)[0] in names]

    def wants(self, path: str) -> list[str]:
        return [str(PurePosixPath(path).parent.parent / LOCK)]

    def dialect(self, path: str, content: bytes, settings: Mapping[str, bytes]) -> Dialect:
        try:
            provider = tomllib.loads(settings.get(self.wants(path)[0], b"").decode()).get("provider")
        except (UnicodeDecodeError, tomllib.TOMLDecodeError):
            return Dialect.OTHER
        return PROVIDERS.get(str(provider), Dialect.OTHER)

    def up(self, content: bytes) -> Part:
        return Part(0, len(content))
