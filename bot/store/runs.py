"""What is kept of each run: the verdict, for its page."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import sqlalchemy as sa

from bot.flows.hub import Place
from bot.report.json_report import render_json
from rules.policy import Verdict

_metadata = sa.MetaData()
_runs = sa.Table(
    "prodgate_runs",
    _metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("installation", sa.BigInteger, nullable=False),
    sa.Column("repository", sa.BigInteger, nullable=False),
    sa.Column("full_name", sa.String(300), nullable=False),
    sa.Column("pull", sa.Integer, nullable=False),
    sa.Column("head", sa.String(64), nullable=False),
    sa.Column("conclusion", sa.String(20), nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("finished", sa.DateTime(timezone=True), nullable=False),
)


class RunStore:
    """Runs in the same database as the queue."""

    def __init__(self, database: str) -> None:
        self._engine = sa.create_engine(database)
        _metadata.create_all(self._engine)

    async def finished(self, run: str, place: Place, pull: int, head: str, verdict: Verdict) -> None:
        """Keeps a run; a repeated run replaces itself."""
        row = {
            "id": run,
            "installation": place.installation,
            "repository": place.repository,
            "full_name": f"{place.owner}/{place.name}",
            "pull": pull,
            "head": head,
            "conclusion": str(verdict.conclusion),
            "report": render_json(verdict),
            "finished": datetime.now(UTC),
        }
        await asyncio.to_thread(self._replace, row)

    def _replace(self, row: dict[str, object]) -> None:
        with self._engine.begin() as connection:
            connection.execute(_runs.delete().where(_runs.c.id == row["id"]))
            connection.execute(_runs.insert().values(**row))

    async def report(self, run: str) -> dict[str, object] | None:
        """The kept report of a run, with `full_name`, `pull` and `head`."""

        def read() -> dict[str, object] | None:
            with self._engine.begin() as connection:
                row = connection.execute(sa.select(_runs).where(_runs.c.id == run)).mappings().first()
            if row is None:
                return None
            return {
                **json.loads(row["report"]),
                "full_name": row["full_name"],
                "pull": row["pull"],
                "head": row["head"],
            }

        return await asyncio.to_thread(read)

    def ready(self) -> None:
        """Raises when the database is out of reach."""
        with self._engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
