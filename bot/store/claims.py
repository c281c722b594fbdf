"""What open pull requests claim in the histories of their repositories."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot.flows.hub import Place
from bot.store.tables import claims as table
from rules.facts.host import Claim

CLAIMS: TypeAdapter[tuple[Claim, ...]] = TypeAdapter(tuple[Claim, ...])


class ClaimStore:
    """Claims, in the same database as the queue."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    async def claims(self, place: Place, branch: str = "") -> Mapping[int, tuple[Claim, ...]]:
        """What pull requests into a branch claim, or into any."""
        where = [table.c.repository == place.repository]
        if branch:
            where.append(table.c.branch == branch)
        rows = await asyncio.to_thread(self._read, sa.select(table.c.pull, table.c.claims).where(*where))
        return {row.pull: CLAIMS.validate_json(row.claims) for row in rows}

    async def branches(self, place: Place, pull: int) -> Sequence[str]:
        """The branches into which a pull request claimed something."""
        mine = table.c.repository == place.repository, table.c.pull == pull
        rows = await asyncio.to_thread(self._read, sa.select(table.c.branch).where(*mine))
        return [row.branch for row in rows]

    async def claim(self, place: Place, pull: int, branch: str, claims: Sequence[Claim]) -> None:
        """Keeps what a pull request claims now; nothing is kept where it claims nothing."""
        old = table.delete().where(
            table.c.repository == place.repository, table.c.pull == pull, table.c.branch == branch
        )
        row = {"repository": place.repository, "pull": pull, "branch": branch}
        new = table.insert().values(**row, claims=CLAIMS.dump_json(tuple(claims)).decode())
        await asyncio.to_thread(self._write, [old, new] if claims else [old])

    def _read(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(statement).all()

    def _write(self, statements: Sequence[sa.Delete | sa.Insert]) -> None:
        with self._engine.begin() as connection:
            for statement in statements:
                connection.execute(statement)
