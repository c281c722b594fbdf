"""Examples of guards in one line: what was there, and the migration that comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migration_guards.model import Dialect
from rules.core.rule import Bad, Good

_FOLDERS = {
    Dialect.POSTGRES: "migrations", Dialect.MYSQL: "mysql/migrations", Dialect.SQLITE: "sqlite/migrations",
}  # fmt: skip


def bad(sql: str, old: str = "", dialect: Dialect = Dialect.POSTGRES, fixed: str | None = None, **rest: Any) -> Bad:
    """A migration `2.sql` that a guard speaks of, after `1.sql` with `old`; `fixed` is what its fix makes of it."""
    files, base = _files(sql, old, dialect)
    path = f"{_FOLDERS[dialect]}/2.sql"
    return Bad(files, base, fixed=None if fixed is None else {path: fixed}, **rest)


def good(sql: str, old: str = "", dialect: Dialect = Dialect.POSTGRES) -> Good:
    """A migration `2.sql` that a guard is silent about, after `1.sql` with `old`."""
    files, base = _files(sql, old, dialect)
    return Good(files, base)


def _files(sql: str, old: str, dialect: Dialect) -> tuple[Mapping[str, str], Mapping[str, str]]:
    folder = _FOLDERS[dialect]
    base = {f"{folder}/1.sql": old} if old else {}
    return {**base, f"{folder}/2.sql": sql}, base
