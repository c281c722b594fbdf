"""What a reader makes of SQL, for tests."""

from __future__ import annotations

from migration_guards.actions import Action
from migration_guards.model import Dialect, Statement
from migration_guards.sql.reader import whole


def read(sql: str, dialect: Dialect = Dialect.POSTGRES) -> tuple[Statement, ...]:
    content = sql.encode()
    return whole(content, 0, len(content), dialect)


def actions(sql: str, dialect: Dialect = Dialect.POSTGRES) -> list[Action]:
    return [clause.action for statement in read(sql, dialect) for clause in statement.clauses]


def kinds(sql: str, dialect: Dialect = Dialect.POSTGRES) -> list[str]:
    return [type(action).__name__ for action in actions(sql, dialect)]
