"""The durable queue. The only module that imports dbos."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, SetEnqueueOptions, SetWorkflowID
from dbos._serialization import DBOSPortableJSONSerializer
from structlog.contextvars import bound_contextvars

from bot.jobs import Job
from bot.web.webhook import QueueAway

VERSION = "1"
"""Names the shape of the workflows; the default, a hash of the source, would strand pending work on an upgrade."""

ATTEMPTS = 3
"""Recoveries after which a job that kills its worker is given up."""

LEASE_SECONDS = 5.0
DEAD_SECONDS = 20.0
KEEP = timedelta(days=8)
"""Longer than GitHub's window of redelivery (7 days on Enterprise Server), since the delivery id dedupes."""

Perform = Callable[[Job, str], Awaitable[str]]
log = structlog.get_logger()
_perform: list[Perform] = []

INGEST, PULL, CPU = "ingest", "pull", "cpu"
POLL_SECONDS = 0.2

_leases = sa.Table(
    "prodgate_leases",
    sa.MetaData(),
    sa.Column("executor", sa.String, primary_key=True),
    sa.Column("seen", sa.DateTime, nullable=False),
)


def _subject(job: Job) -> str:
    return f"{job.repository}:{job.pull or job.head or 'all'}"


@DBOS.workflow(name="ingest", max_recovery_attempts=ATTEMPTS)
async def ingest(fields: dict[str, Any]) -> None:
    """Ends older work on the same pull request and queues the new."""
    job = Job(**fields)
    if job.kind in ("check", "close"):
        pending = await DBOS.list_workflows_async(
            workflow_id_prefix=f"check:{_subject(job)}:", status=["PENDING", "ENQUEUED"], load_input=False
        )
        if pending:
            await DBOS.cancel_workflows_async([found.workflow_id for found in pending], cancel_children=True)
    if job.kind == "close":
        return
    name = f"{job.kind}:{_subject(job)}:{DBOS.workflow_id}"
    with SetWorkflowID(name), SetEnqueueOptions(queue_partition_key=_subject(job)):
        await DBOS.enqueue_workflow_async(PULL, on_pull, fields)


@DBOS.workflow(name="on_pull", max_recovery_attempts=ATTEMPTS)
async def on_pull(fields: dict[str, Any]) -> str:
    """One piece of work on one pull request at a time."""
    name = f"{DBOS.workflow_id}:work"
    with SetWorkflowID(name), SetEnqueueOptions(queue_partition_key=str(fields["installation"])):
        handle = await DBOS.enqueue_workflow_async(CPU, work, fields)
    return await handle.get_result()


@DBOS.workflow(name="work", max_recovery_attempts=ATTEMPTS)
async def work(fields: dict[str, Any]) -> str:
    """The work itself, a share of the workers for each installation."""
    return await perform(fields, str(DBOS.workflow_id))


@DBOS.step(name="perform", preemptible=True)
async def perform(fields: dict[str, Any], workflow: str) -> str:
    """Runs the flow; cancelled when a newer head arrives."""
    run = hashlib.sha256(workflow.encode()).hexdigest()[:32]
    job = Job(**fields)
    with bound_contextvars(run=run, **job.context):
        log.info("job begins")
        try:
            outcome = await _perform[0](job, run)
        except asyncio.CancelledError:
            log.info("job superseded")
            raise
        except Exception:
            log.exception("job failed")
            raise
        log.info("job done", outcome=outcome)
        return outcome


class Producer:
    """The web's side: puts jobs into the queue before the answer is sent."""

    def __init__(self, database: str) -> None:
        _use_wal(database)
        self._client = DBOSClient(
            system_database_url=database, serializer=DBOSPortableJSONSerializer(), retry_connection_errors=False
        )
        self._one = asyncio.Semaphore(1 if database.startswith("sqlite") else 16)

    async def enqueue(self, delivery: str, jobs: Sequence[Job]) -> None:
        """Durable when it returns, and only once for each delivery; raises `QueueAway`."""
        for number, job in enumerate(jobs):
            options: EnqueueOptions = {
                "workflow_name": "ingest",
                "queue_name": INGEST,
                "workflow_id": f"gh:{delivery}:{number}",
                "queue_partition_key": _subject(job),
                "app_version": VERSION,
            }
            async with self._one:
                try:
                    await self._client.enqueue_async(options, asdict(replace(job, delivery=delivery)))
                except (sa.exc.SQLAlchemyError, OSError) as problem:
                    raise QueueAway(str(problem).splitlines()[0]) from None

    def close(self) -> None:
        self._client.destroy()


class Worker:
    """The other side: performs jobs, keeps a lease, and takes over from workers whose lease ran out."""

    def __init__(self, database: str, perform_job: Perform) -> None:
        _use_wal(database)
        _perform[:] = [perform_job]
        self.executor = uuid.uuid4().hex
        self._alone = database.startswith("sqlite")
        config: DBOSConfig = {
            "name": "prodgate",
            "system_database_url": database,
            "application_version": VERSION,
            "executor_id": self.executor,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
        }
        self._dbos = DBOS(config=config)
        if not hasattr(DBOS, "_recover_pending_workflows"):
            raise RuntimeError("this version of dbos has no _recover_pending_workflows; install the locked one")
        self._engine = sa.create_engine(database)
        self._stopping = threading.Event()
        self._reaper = threading.Thread(target=self._reap, name="reaper", daemon=True)

    def start(self) -> None:
        """Launches the queues. An embedded worker holds the data directory alone, so all other work is orphaned."""
        _leases.metadata.create_all(self._engine)
        DBOS.launch()
        DBOS.register_queue(INGEST, partition_concurrency=1, polling_interval_sec=POLL_SECONDS)
        DBOS.register_queue(PULL, partition_concurrency=1, polling_interval_sec=POLL_SECONDS)
        DBOS.register_queue(CPU, worker_concurrency=4, partition_concurrency=2, polling_interval_sec=POLL_SECONDS)
        self._renew()
        self._take_over(everyone=self._alone)
        self._reaper.start()

    def stop(self) -> None:
        self._stopping.set()
        self._reaper.join()
        DBOS.destroy()
        self._engine.dispose()

    def _reap(self) -> None:
        while not self._stopping.wait(LEASE_SECONDS):
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                self._renew()
                self._take_over(everyone=False)

    def _renew(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(_leases.delete().where(_leases.c.executor == self.executor))
            connection.execute(_leases.insert().values(executor=self.executor, seen=sa.func.current_timestamp()))

    def _take_over(self, *, everyone: bool) -> None:
        holders = {w.executor_id for w in DBOS.list_workflows(status="PENDING", load_input=False) if w.executor_id}
        dead = holders - {self.executor} - (set() if everyone else self._alive())
        for executor in sorted(dead):
            log.warning("taking over", executor=executor)
            DBOS._recover_pending_workflows([executor])

    def _alive(self) -> set[str]:
        with self._engine.begin() as connection:
            now = connection.execute(sa.select(sa.func.current_timestamp())).scalar_one()
            at = datetime.fromisoformat(now) if isinstance(now, str) else now
            at = at.replace(tzinfo=None) if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
            rows = connection.execute(sa.select(_leases)).all()
        return {row.executor for row in rows if at - row.seen < timedelta(seconds=DEAD_SECONDS)}


def _use_wal(database: str) -> None:
    if database.startswith("sqlite"):
        engine = sa.create_engine(database)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        engine.dispose()
