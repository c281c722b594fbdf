"""How much installations write to GitHub, counted for every worker of a database together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import sqlalchemy as sa

from bot.store.tables import writes

LIMITS = ((60.0, 80), (3600.0, 500))
"""Seconds, and what GitHub takes of content in so long before its secondary limit, from each installation."""

LOCK = 0x70726F65
"""Of PostgreSQL's advisory locks, with the installation: no two workers count at once."""


class Writes:
    """A ledger of writes by the workers' clocks. Raises `sqlalchemy.exc.SQLAlchemyError`.

    On SQLite there is one worker, which books one write of an installation at a time.
    """

    def __init__(self, engine: sa.Engine, now: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._now = now

    async def book(self, installation: int) -> float:
        """Counts a write that begins now: 0, or counts none: the seconds until one may begin."""
        return await asyncio.to_thread(self._book, installation)

    def _book(self, installation: int) -> float:
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "postgresql":
                low = installation & 0x7FFFFFFF
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK, low)))
            now = self._now()
            ours = writes.c.installation == installation
            wait = 0.0
            for seconds, most in LIMITS:
                newest = sa.select(writes.c.at).where(ours).order_by(writes.c.at.desc())
                filling = connection.execute(newest.offset(most - 1).limit(1)).scalar()
                wait = max(wait, filling + seconds - now if filling is not None else 0.0)
            if not wait:
                longest = max(seconds for seconds, _ in LIMITS)
                connection.execute(writes.delete().where(ours, writes.c.at < now - longest))
                connection.execute(writes.insert().values(installation=installation, at=now))
            return wait
