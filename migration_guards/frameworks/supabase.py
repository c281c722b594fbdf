"""Supabase: `supabase/migrations/<time>_<name>.sql`, for PostgreSQL alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from migration_guards.actions import Maintain, Privilege
from migration_guards.builders.sql_files import Head, SqlRunner
from migration_guards.frameworks.framework import Late
from migration_guards.model import Dialect, Migration, Operation, Script, Source, Statement
from migration_guards.sql.rewrite import BUILDS, builds_only
from rules.core.codebase import Codebase
from rules.core.finding import Edit

_FILE = re.compile(r"^\d+_.*\.sql$")


class Supabase(SqlRunner):
    """The Supabase CLI. A file is sent as one batch, which is a transaction; since CLI 2.109 statements that
    PostgreSQL refuses there run by themselves (supabase/cli issue 5139, pull requests 5156 and 6276). There is no way
    back, and what is older than the newest that ran is refused."""

    name = "supabase"
    late = Late.REFUSED

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        return path.parts[-3:-1] == ("supabase", "migrations") and _FILE.match(path.name) is not None

    def dialect(self, history: str, said: set[str], code: Codebase) -> Dialect:
        return Dialect.POSTGRES

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        said = super().script(source, content, down)
        return replace(said, up=tuple(replace(one, apart=_alone(one)) for one in said.up))

    def leave(self, operation: Operation) -> tuple[Edit, ...] | None:
        return () if builds_only(operation) else None

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        return {f"{migration.source.history}/{number}_{name}.sql": sql}


def _alone(statement: Statement) -> bool:
    return any(
        (isinstance(action, BUILDS) and action.concurrently)
        or (isinstance(action, Maintain) and action.what in ("vacuum", "vacuum full", "cluster"))
        or (isinstance(action, Privilege) and action.what == "alter system")
        for action in (clause.action for clause in statement.clauses)
    )
