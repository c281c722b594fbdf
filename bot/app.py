"""The composition root: the only module that names concrete adapters."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.engine import Producer, Worker
from bot.evaluator.pool import EvaluatorPool
from bot.flows.check import Tools, check, check_group, place_of
from bot.flows.repair import repair_pull
from bot.git.mirror import MirrorCache
from bot.git.repositories import MirroredRepositories
from bot.github.client import Client
from bot.github.hub import GitHubHub
from bot.jobs import GATE, Job
from bot.scanners.suite import Suite, discovered
from bot.settings import Settings, SettingsError
from bot.store.runs import RunStore
from bot.web.webhook import webhook_router


class Bot:
    """Everything that one process works with."""

    def __init__(self, settings: Settings) -> None:
        self._client = Client(
            settings.app_id, settings.private_key.get_secret_value(), settings.api_url, settings.ca_bundle
        )
        self._pool = EvaluatorPool()
        mirrors = MirrorCache(settings.data_dir / "mirrors", reach=settings.git_environment)
        self.hub = GitHubHub(self._client, settings.app_id)
        self.store = RunStore(settings.database)
        self._tools = Tools(
            hub=self.hub,
            repositories=MirroredRepositories(mirrors, settings.github_url),
            evaluator=self._pool,
            scanners=Suite(discovered()),
            runs=self.store,
            html_url=settings.github_url,
            link_url="",
            cache=str(settings.data_dir / "facts.sqlite"),
        )

    async def perform(self, job: Job, run: str) -> str:
        """Does one job."""
        if job.kind == "check":
            return await check(job, run, self._tools)
        if job.kind == "group":
            return await check_group(job, run, self._tools)
        if job.kind == "repair":
            return await repair_pull(job, run, self._tools)
        return await self._sweep(job, run)

    async def _sweep(self, job: Job, run: str) -> str:
        """Judges open pull requests whose head has no finished gate of ours."""
        places = [place_of(job)] if job.repository else await self.hub.repositories(job.installation)
        done = 0
        for place in places:
            for pull in await self.hub.open_pulls(place):
                if not await self.hub.finished(place, pull.head, GATE):
                    fresh = Job("check", place.installation, place.repository, place.owner, place.name, pull.number)
                    await check(fresh, run, self._tools)
                    done += 1
        return f"{done} judged"

    def close(self) -> None:
        """Ends the evaluating processes. Works from any thread: the flows ran on the queue's own event loop."""
        self._pool.kill()


def lock_data_dir(folder: Path) -> IO[str]:
    """Holds the data directory for one embedded worker; raises `SettingsError` when another has it."""
    handle = (folder / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise SettingsError(f"PRODGATE_DATA_DIR is in use by another worker: {folder}.") from None
    return handle


def create_app(settings: Settings, *, web: bool = True, worker: bool = True) -> FastAPI:
    """The web process, the worker, or both in one."""
    if settings.embedded and web != worker:
        raise SettingsError("PRODGATE_DATABASE_URL is not set, and web and worker apart need it.")
    producer = Producer(settings.database) if web else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        held = lock_data_dir(settings.data_dir) if settings.embedded else None
        bot = Bot(settings)
        app.state.bot = bot
        engine = Worker(settings.database, bot.perform) if worker else None
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

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> Response:
        problems = _problems(app.state.bot, settings)
        return Response("\n".join(problems or ["ready"]) + "\n", 503 if problems else 200, media_type="text/plain")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


def _problems(bot: Bot, settings: Settings) -> list[str]:
    problems = []
    try:
        bot.store.ready()
    except Exception as problem:
        problems.append(f"database: {type(problem).__name__}")
    if shutil.disk_usage(settings.data_dir).free < 512 * 1024**2:
        problems.append("disk: less than 512 MB free in the data directory")
    if shutil.which("git") is None:
        problems.append("git: not installed")
    return problems
