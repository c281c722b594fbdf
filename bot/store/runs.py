"""What is kept of each run: from its start to its verdict, for its page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot.flows.hub import Place
from bot.report.json_report import render_json
from bot.report.model import Repair
from bot.store.tables import marks, repairs, runs
from rules.core.finding import Finding
from rules.policy import Conclusion, Verdict

FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])


@dataclass(frozen=True)
class Run:
    """A kept run. `conclusion` is empty while it runs; `report` is of `render_json`, or `{"reason": ...}`."""

    id: str
    installation: int
    repository: int
    full_name: str
    pull: int
    head: str
    conclusion: str
    report: Mapping[str, Any]
    started: datetime
    finished: datetime | None


class RunStore:
    """Runs and marks, in the same database as the queue."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    async def started(self, run: str, place: Place, pull: int, head: str) -> None:
        """Keeps a run as running; one that begins again replaces itself."""
        row = {
            "id": run,
            "installation": place.installation,
            "repository": place.repository,
            "full_name": f"{place.owner}/{place.name}",
            "pull": pull,
            "head": head,
            "conclusion": "",
            "report": "{}",
            "started": datetime.now(UTC),
        }
        await self._write(runs.delete().where(runs.c.id == run), runs.insert().values(**row))

    async def finished(self, run: str, verdict: Verdict) -> None:
        """Keeps the verdict of a run."""
        await self._end(run, verdict.conclusion, render_json(verdict))

    async def stopped(self, run: str, conclusion: Conclusion, reason: str) -> None:
        """Keeps why a run came to no verdict."""
        await self._end(run, conclusion, json.dumps({"reason": reason}))

    async def _end(self, run: str, conclusion: Conclusion, report: str) -> None:
        values = {"conclusion": str(conclusion), "report": report, "finished": datetime.now(UTC)}
        await self._write(runs.update().where(runs.c.id == run).values(**values))

    async def run(self, run: str) -> Run | None:
        """A kept run, or None."""
        rows = await asyncio.to_thread(self._read, sa.select(runs).where(runs.c.id == run))
        return next((Run(**{**row, "report": json.loads(row["report"])}) for row in rows), None)

    async def forget(self, before: datetime) -> int:
        """Deletes the runs that started and the repairs that were made earlier; returns how many runs."""
        return await self._write(
            repairs.delete().where(repairs.c.at < before), runs.delete().where(runs.c.started < before)
        )

    async def mark(self, name: str) -> datetime | None:
        """How far work of this name has come, or None."""
        rows = await asyncio.to_thread(self._read, sa.select(marks.c.at).where(marks.c.name == name))
        found: list[datetime] = [row["at"] for row in rows]
        return next((at if at.tzinfo else at.replace(tzinfo=UTC) for at in found), None)

    async def set_mark(self, name: str, at: datetime) -> None:
        """Keeps how far work of this name has come."""
        await self._write(marks.delete().where(marks.c.name == name), marks.insert().values(name=name, at=at))

    async def unmark(self, name: str) -> None:
        """Forgets a mark."""
        await self._write(marks.delete().where(marks.c.name == name))

    async def repaired(self, place: Place, pull: int, repair: Repair) -> None:
        """Keeps that a commit of ours on a pull request fixed these findings; once, however often it is said."""
        where = repairs.c.repository == place.repository, repairs.c.commit == repair.commit
        row = {
            "repository": place.repository,
            "commit": repair.commit,
            "pull": pull,
            "fixed": FINDINGS.dump_json(repair.fixed).decode(),
            "at": datetime.now(UTC),
        }
        await self._write(repairs.delete().where(*where), repairs.insert().values(**row))

    async def repairs(self, place: Place, pull: int) -> tuple[Repair, ...]:
        """The commits of ours on a pull request, the oldest first."""
        where = repairs.c.repository == place.repository, repairs.c.pull == pull
        rows = await asyncio.to_thread(self._read, sa.select(repairs).where(*where).order_by(repairs.c.at))
        return tuple(Repair(row["commit"], FINDINGS.validate_json(row["fixed"])) for row in rows)

    async def posted(self, place: Place, pull: int) -> frozenset[str]:
        """The pack checks that spoke on an earlier head of a pull request, by name."""
        where = runs.c.repository == place.repository, runs.c.pull == pull, runs.c.conclusion != ""
        latest = sa.select(runs.c.report).where(*where).order_by(runs.c.started.desc()).limit(5)
        reports = [json.loads(row["report"]) for row in await asyncio.to_thread(self._read, latest)]
        return frozenset(
            check["name"]
            for report in reports
            for check in report.get("checks", ())
            if check["subjects"] or check["findings"] or check["could_not_look"]
        )

    async def _write(self, *statements: sa.Delete | sa.Insert | sa.Update) -> int:
        def write() -> int:
            with self._engine.begin() as connection:
                return [connection.execute(statement).rowcount for statement in statements][-1]

        return await asyncio.to_thread(write)

    def _read(self, statement: sa.Select[Any]) -> list[Mapping[str, Any]]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    async def ready(self) -> None:
        """Raises when the database is out of reach."""
        await asyncio.to_thread(self._read, sa.select(sa.literal(1)))
