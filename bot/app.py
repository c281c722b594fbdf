"""The composition root: the only module that names concrete adapters."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.doctor import LEAST_FREE
from bot.engine import DATABASE_SECONDS, Producer, Worker, make_queue
from bot.evaluator.pool import EvaluatorPool
from bot.flows.catch_up import heads_of, installations_to_sweep, redeliver
from bot.flows.check import Tools, check, check_group, give_up, place_of
from bot.flows.claims import release
from bot.flows.repair import repair_pull
from bot.git.cache import MirrorCache
from bot.git.repositories import MirroredRepositories
from bot.github.client import Client
from bot.github.hub import GitHubHub
from bot.jobs import GATE, Job
from bot.performer import Done
from bot.rehearsal.rehearse import rehearse
from bot.scanners.suite import Suite, discovered
from bot.settings import Settings, SettingsError
from bot.store.claims import ClaimStore
from bot.store.database import opened
from bot.store.runs import RunStore
from bot.store.schema import upgrade
from bot.store.writes import Writes
from bot.web.links import Links
from bot.web.pages import Pages, pages_router
from bot.web.webhook import webhook_router

KEEP_RUNS = timedelta(days=90)
"""Longer than a run's link is good for."""


class Bot:
    """Everything that one process works with."""

    def __init__(self, settings: Settings) -> None:
        self._database = opened(settings.database)
        self._client = Client(
            settings.app_id,
            settings.private_key.get_secret_value(),
            settings.api_url,
            settings.ca_bundle,
            ledger=Writes(self._database),
        )
        self._pool = EvaluatorPool()
        self._leaving = threading.Event()
        mirrors = MirrorCache(settings.data_dir / "mirrors", reach=settings.git_environment)
        self.hub = GitHubHub(self._client, settings.app_id)
        self.store = RunStore(self._database)
        self._claims = ClaimStore(self._database)
        self.links = Links(settings.public_url, settings.signing_keys)
        self._tools = Tools(
            hub=self.hub,
            repositories=MirroredRepositories(mirrors, settings.github_url),
            evaluator=self._pool,
            scanners=Suite(discovered()),
            rehearse=rehearse,
            runs=self.store,
            claims=self._claims,
            html_url=settings.github_url,
            link=self.links.to_run,
            cache=str(settings.data_dir / "facts.sqlite"),
            leaving=self._leaving.is_set,
        )

    async def perform(self, job: Job, run: str) -> Done:
        """Does one job."""
        match job.kind:
            case "check" if not job.pull:
                return await self._at_head(job)
            case "check":
                return await check(job, run, self._tools)
            case "group":
                return await check_group(job, run, self._tools)
            case "repair":
                return Done(await repair_pull(job, run, self._tools))
            case "sweep":
                return _following(await heads_of(job, self.hub, self._claims))
            case "reconcile":
                return _following(await installations_to_sweep(self.hub))
            case "redeliver":
                return Done(f"{await redeliver(self.hub, self.store, datetime.now(UTC))} asked for again")
            case "retention":
                return Done(f"{await self.store.forget(datetime.now(UTC) - KEEP_RUNS)} runs deleted")
            case "close":
                return _following(await release(place_of(job), job.pull, self._claims))

    async def standing(self, job: Job) -> bool:
        """Whether the head that a job names is still its pull request's, and nobody asks for what is done."""
        place = place_of(job)
        if (await self.hub.pull(place, job.pull)).head != job.head:
            return False
        return bool(job.delivery or job.again) or not await self.hub.finished(place, job.head, GATE)

    async def give_up(self, job: Job, run: str) -> None:
        """Says on the pull request that the job cannot be done."""
        if job.kind in ("check", "group"):
            await give_up(job, run, self._tools)

    def leave(self) -> None:
        """From now on a job that is cancelled is handed over and not superseded."""
        self._leaving.set()

    async def _at_head(self, job: Job) -> Done:
        numbers = await self.hub.pulls_at(place_of(job), job.head)
        return _following(tuple(replace(job, pull=number) for number in numbers))

    def close(self) -> None:
        """Ends the evaluating processes. Works from any thread: the flows ran on the queue's own event loop."""
        self._pool.kill()
        self._database.dispose()


def _following(jobs: tuple[Job, ...]) -> Done:
    return Done(f"{len(jobs)} to do", jobs)


def lock_data_dir(folder: Path) -> IO[str]:
    """Holds the data directory for one embedded worker; raises `SettingsError` when another has it."""
    handle = (folder / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise SettingsError(f"PRODGATE_DATA_DIR is in use by another worker: {folder}.") from None
    return handle


def migrate(settings: Settings) -> None:
    """Brings our tables and the queue's up to date; raises `SettingsError` when the database is not to be reached.

    The web does so too: a delivery that comes before the first worker has started is taken.
    """
    engine = opened(settings.database)
    try:
        upgrade(engine)
        make_queue(settings.database)
    except sa.exc.SQLAlchemyError as problem:
        reason = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
        raise SettingsError(f"PRODGATE_DATABASE_URL names a database that cannot be used: {reason}.") from None
    finally:
        engine.dispose()


def create_app(settings: Settings, *, web: bool = True, worker: bool = True) -> FastAPI:
    """The web process, the worker, or both in one; raises `SettingsError`."""
    if settings.embedded and web != worker:
        raise SettingsError("PRODGATE_DATABASE_URL is not set, and web and worker apart need it.")
    held = lock_data_dir(settings.data_dir) if settings.embedded else None
    migrate(settings)
    bot = Bot(settings)
    producer = Producer(settings.database) if web else None
    engine = Worker(settings.database, bot) if worker else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if engine:
            await asyncio.to_thread(engine.start)
        try:
            yield
        finally:
            if engine:
                await asyncio.to_thread(engine.stop)
            if producer:
                producer.close()
            bot.close()
            if held:
                held.close()

    app = FastAPI(title="Prodgate", lifespan=lifespan, docs_url=None, redoc_url=None)
    if producer:
        secrets = [secret.get_secret_value().encode() for secret in settings.webhook_secret]
        app.include_router(webhook_router(secrets, settings.app_id, producer.enqueue))
        app.include_router(pages_router(Pages(settings.github_url), bot.links, bot.store))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> Response:
        problems = await _problems(bot, settings)
        return Response("\n".join(problems or ["ready"]) + "\n", 503 if problems else 200, media_type="text/plain")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


async def _problems(bot: Bot, settings: Settings) -> list[str]:
    problems = []
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await bot.store.ready()
    except (sa.exc.SQLAlchemyError, OSError) as problem:
        problems.append(f"database: {type(problem).__name__}")
    if shutil.disk_usage(settings.data_dir).free < LEAST_FREE:
        problems.append("disk: less than 512 MB free in the data directory")
    if shutil.which("git") is None:
        problems.append("git: not installed")
    return problems
