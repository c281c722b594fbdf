"""Which workers are alive, by the database's clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bot.store.tables import leases

DEAD_SECONDS = 20.0
"""A worker that has not said for so long that it lives is taken for dead."""


class Leases:
    """One row a worker; every method raises `sqlalchemy.exc.SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def renew(self, executor: str) -> None:
        """Says that a worker lives."""
        with self._engine.begin() as connection:
            connection.execute(leases.delete().where(leases.c.executor == executor))
            connection.execute(leases.insert().values(executor=executor, seen=sa.func.current_timestamp()))

    def release(self, executors: Collection[str]) -> None:
        """Says that these workers are gone."""
        with self._engine.begin() as connection:
            connection.execute(leases.delete().where(leases.c.executor.in_(executors)))

    def by_life(self) -> tuple[set[str], set[str]]:
        """The workers that live, and those whose lease ran out."""
        with self._engine.begin() as connection:
            now = _plain(connection.execute(sa.select(sa.func.current_timestamp())).scalar_one())
            rows = connection.execute(sa.select(leases)).all()
        alive = {row.executor for row in rows if now - row.seen < timedelta(seconds=DEAD_SECONDS)}
        return alive, {row.executor for row in rows} - alive


def _plain(now: str | datetime) -> datetime:
    """UTC without its zone, as the column holds it: SQLite gives a text, PostgreSQL a time in the session's zone."""
    at = datetime.fromisoformat(now) if isinstance(now, str) else now
    return at.replace(tzinfo=None) if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
