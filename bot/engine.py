"""The durable queue. The only module that imports dbos.

What dbos 3.4 leaves to its users, and who answers for it here:
- SQLite gets an engine of ours (`opened`), and the web enqueues there one at a time (`Producer`).
- Times in SQLite are whole seconds, so nothing is superseded by order of arrival: `ingest` asks GitHub for the head,
  and it alone supersedes, for one pull request at a time.
- A cancelled job frees its partition while its process lives on for a moment: whatever it writes to GitHub is found
  again by its external id, which is that of its run.
- A worker's executor id is new with each start, so that no two ever share one and strand each other's work.
- `VERSION` is a constant, and jobs are plain fields in JSON of which unknown ones are dropped and absent ones have
  defaults: work that an older release left is done by a newer one.
- A client that waits for a lost connection would hold up webhooks: `Producer` does not retry and gives up early.
- A client makes no tables: `make_queue` does, before the first delivery, whichever process is the first.
- Partitioned queues know no deduplication id: the id of the delivery is the id of its workflow.
- Inside the event loop only the asynchronous calls are used; the reaper has a thread of its own.
- Nobody notices a dead worker: every one keeps a lease, takes over from those whose lease ran out, and ends itself
  when its own did (`Worker`).
- Poolers between here and PostgreSQL must be in session mode.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, SetEnqueueOptions, SetWorkflowID
from dbos._error import DBOSAwaitedWorkflowCancelledError
from dbos._serialization import DBOSPortableJSONSerializer
from structlog.contextvars import bound_contextvars

from bot.flows.hub import HubError, Later
from bot.jobs import Job
from bot.performer import Done, Performer
from bot.store.database import opened
from bot.store.leases import DEAD_SECONDS, Leases
from bot.web.webhook import QueueAway

VERSION = "1"
"""Names the shape of the workflows; the default, a hash of the source, would strand pending work on an upgrade."""

ATTEMPTS = 3
"""Recoveries after which a job that kills its worker is given up."""

TURNS = 8
"""How often a job is put back while GitHub's limits last, before it is given up."""

FIRST_WAIT = 60.0
"""The shortest time for which a job is put back, in seconds; it doubles with every turn."""

DATABASE_SECONDS = 0.8
"""How long the web waits for the database before it answers that it is away."""

LEASE_SECONDS = 5.0
"""How often a worker says that it lives."""

DRAIN_SECONDS = 8.0
"""How long a worker that is told to stop lets its jobs go on. What is not done then is handed over."""

FROZEN = 75
"""The exit code of a worker that stood still for longer than its lease: `EX_TEMPFAIL`."""

KEEP = timedelta(days=8)
"""Longer than GitHub's window of redelivery (7 days on Enterprise Server), since the delivery id dedupes."""

SCHEDULES = {"redeliver": "*/5 * * * *", "reconcile": "17 * * * *", "retention": "43 3 * * *"}
"""Work of our own accord, by kind of job, as cron expressions in UTC."""

log = structlog.get_logger()


def _unless_superseded(record: logging.LogRecord) -> bool:
    """dbos reports as an error that work was cancelled, which is how a newer head takes its place."""
    problem = record.exc_info[1] if record.exc_info else None
    return not isinstance(problem, DBOSAwaitedWorkflowCancelledError)


logging.getLogger("dbos").addFilter(_unless_superseded)

INGEST, PULL, CPU = "ingest", "pull", "cpu"
POLL_SECONDS = 0.2
"""Between two looks into a queue: a twentieth of a core while nothing happens."""


_performer: list[Performer] = []
_running: set[str] = set()
_leaving = threading.Event()


def _subject(job: Job) -> str:
    if job.repository:
        return f"{job.repository}:{job.pull or job.head or 'all'}"
    return f"{job.kind}:{job.installation}"


def _job(fields: Mapping[str, Any]) -> Job:
    """A job from the queue, whichever release put it there."""
    known = {field.name for field in dataclass_fields(Job)}
    return Job(**{name: value for name, value in fields.items() if name in known})


def _run(workflow: str) -> str:
    """The run that work belongs to, the same in all its turns."""
    origin, _, _ = workflow.rpartition(":work")
    return hashlib.sha256(f"{origin}:work".encode()).hexdigest()[:32]


@DBOS.workflow(name="ingest", max_recovery_attempts=ATTEMPTS)
async def ingest(fields: dict[str, Any]) -> str:
    """Ends older work on the same pull request and queues the new; drops what is obsolete."""
    job = _job(fields)
    if job.kind == "check" and not await standing(fields):
        return "obsolete"
    if job.kind in ("check", "close"):
        older = await pending(f"check:{_subject(job)}:")
        same = [name for name in older if name.startswith(f"check:{_subject(job)}:{job.head}:")]
        if same and same == older and job.kind == "check" and not (job.base or job.again):
            return "already at work"
        if older:
            await DBOS.cancel_workflows_async(older)
            await DBOS.cancel_workflows_async(await pending(f"check:{_subject(job)}:", "work"))
    name = f"{job.kind}:{_subject(job)}:{job.head}:{DBOS.workflow_id}"
    with SetWorkflowID(name), SetEnqueueOptions(queue_partition_key=_subject(job)):
        await DBOS.enqueue_workflow_async(PULL, on_pull, fields)
    return "queued"


@DBOS.workflow(name="on_pull", max_recovery_attempts=2 * ATTEMPTS)
async def on_pull(fields: dict[str, Any]) -> str:
    """One piece of work on one pull request at a time. Outlives the work itself, to say when that is given up.

    Work that GitHub's limits stop waits in the queue for its next turn, and holds up no other installation's.
    """
    name, wait = f"{DBOS.workflow_id}:work", None
    for turn in range(TURNS):
        options = SetEnqueueOptions(queue_partition_key=str(fields["installation"]), delay_seconds=wait)
        with SetWorkflowID(f"{name}.{turn}" if turn else name), options:
            handle = await DBOS.enqueue_workflow_async(CPU, work, fields)
        try:
            outcome = await handle.get_result()
        except DBOSAwaitedWorkflowCancelledError:
            return "superseded"
        except Exception:
            break
        if isinstance(outcome, str):
            return outcome
        wait = max(outcome, FIRST_WAIT * 2**turn)
    await give_up(fields, name)
    return "given up"


@DBOS.workflow(name="work", max_recovery_attempts=ATTEMPTS)
async def work(fields: dict[str, Any]) -> str | float:
    """The work itself, a share of the workers for each installation: its outcome, or the seconds to put it off."""
    done = await perform(fields, str(DBOS.workflow_id))
    for number, then in enumerate(done["then"]):
        name = f"{DBOS.workflow_id}:{number}"
        with SetWorkflowID(name), SetEnqueueOptions(queue_partition_key=_subject(_job(then))):
            await DBOS.enqueue_workflow_async(INGEST, ingest, then)
    return float(done.get("later", 0.0)) or str(done["outcome"])


@DBOS.workflow(name="tick", max_recovery_attempts=ATTEMPTS)
async def tick(at: Any, kind: str) -> None:
    """One turn of a schedule."""
    if kind == "retention":
        await forget()
    job = Job(kind)  # type: ignore[arg-type]
    with SetWorkflowID(f"{DBOS.workflow_id}:ingest"), SetEnqueueOptions(queue_partition_key=_subject(job)):
        await DBOS.enqueue_workflow_async(INGEST, ingest, asdict(job))


@DBOS.step(name="standing")
async def standing(fields: dict[str, Any]) -> bool:
    """Whether a job is still worth doing; yes when GitHub cannot be asked, since the work will ask again."""
    job = _job(fields)
    if not (job.pull and job.head):
        return True
    try:
        return await _performer[0].standing(job)
    except (HubError, Later):
        return True


@DBOS.step(name="pending")
async def pending(prefix: str, name: str = "on_pull") -> list[str]:
    """The unfinished workflows of a kind whose id starts so. What follows from work is a child of it by then, and
    lives on when that is ended: this may be one."""
    found = await DBOS.list_workflows_async(
        workflow_id_prefix=prefix, status=["PENDING", "ENQUEUED", "DELAYED"], name=name, load_input=False
    )
    return [workflow.workflow_id for workflow in found]


def _worth_repeating(problem: BaseException) -> bool:
    return isinstance(problem, HubError)


@DBOS.step(
    name="perform",
    preemptible=True,
    retries_allowed=True,
    max_attempts=3,
    interval_seconds=5.0,
    backoff_rate=3.0,
    should_retry=_worth_repeating,
)
async def perform(fields: dict[str, Any], workflow: str) -> dict[str, Any]:
    """Does the job; cancelled when a newer head arrives."""
    job, run = _job(fields), _run(workflow)
    if _leaving.is_set():
        await asyncio.Event().wait()
    _running.add(run)
    with bound_contextvars(run=run, **job.context):
        log.info("job begins")
        try:
            done = await _performer[0].perform(job, run)
        except asyncio.CancelledError:
            log.info("job handed over" if _leaving.is_set() else "job superseded")
            raise
        except Later as limit:
            log.info("job put back", seconds=round(limit.seconds))
            return asdict(Done("put back", later=limit.seconds))
        except Exception:
            log.exception("job failed")
            raise
        finally:
            _running.discard(run)
        log.info("job done", outcome=done.outcome)
        return asdict(done)


@DBOS.step(name="give_up", retries_allowed=True, max_attempts=5, interval_seconds=5.0, backoff_rate=3.0)
async def give_up(fields: dict[str, Any], workflow: str) -> None:
    """Says so where the work is waited for."""
    job, run = _job(fields), _run(workflow)
    with bound_contextvars(run=run, **job.context):
        log.error("job given up")
        try:
            await _performer[0].give_up(job, run)
        except Later as limit:
            await asyncio.sleep(limit.seconds)
            raise


@DBOS.step(name="forget")
async def forget() -> None:
    """Deletes finished workflows that no redelivery can ask for again."""
    before = (datetime.now(UTC) - KEEP).isoformat()
    while old := await DBOS.list_workflows_async(completed_before=before, limit=500, load_input=False):
        await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])


def make_queue(database: str) -> None:
    """Makes the queue's tables, or brings them up to date; processes that start together do it one after the other.

    Raises what the database says.
    """
    DBOS.migrate(database)


class Producer:
    """The web's side: puts jobs into the queue before the answer is sent."""

    def __init__(self, database: str) -> None:
        alone = database.startswith("sqlite")
        self._engine = opened(database, door=True) if alone else None
        self._client = DBOSClient(
            system_database_url=database,
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            retry_connection_errors=False,
        )
        self._one = asyncio.Semaphore(1 if alone else 16)

    async def enqueue(self, delivery: str, jobs: Sequence[Job]) -> None:
        """Durable when it returns, and only once for each delivery; raises `QueueAway`."""
        try:
            async with asyncio.timeout(DATABASE_SECONDS), self._one:
                for number, job in enumerate(jobs):
                    options: EnqueueOptions = {
                        "workflow_name": "ingest",
                        "queue_name": INGEST,
                        "workflow_id": f"gh:{delivery}:{number}",
                        "queue_partition_key": _subject(job),
                        "app_version": VERSION,
                    }
                    await self._client.enqueue_async(options, asdict(replace(job, delivery=delivery)))
        except (sa.exc.SQLAlchemyError, OSError) as problem:
            raise QueueAway(f"{type(problem).__name__}: {problem}".splitlines()[0]) from None

    def close(self) -> None:
        self._client.destroy()
        if self._engine is not None:
            self._engine.dispose()


class Worker:
    """The other side: performs jobs, keeps a lease, and takes over from workers whose lease ran out."""

    def __init__(self, database: str, performer: Performer) -> None:
        _performer[:] = [performer]
        _leaving.clear()
        self.executor = uuid.uuid4().hex
        self._alone = database.startswith("sqlite")
        self._engine = opened(database)
        config: DBOSConfig = {
            "name": "prodgate",
            "system_database_url": database,
            "system_database_engine": self._engine if self._alone else None,
            "application_version": VERSION,
            "executor_id": self.executor,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
        }
        self._dbos = DBOS(config=config)
        if not hasattr(DBOS, "_recover_pending_workflows"):
            raise RuntimeError("this version of dbos has no _recover_pending_workflows; install the locked one")
        self._leases = Leases(self._engine)
        self._stopping = threading.Event()
        self._reaper = threading.Thread(target=self._reap, name="reaper", daemon=True)

    def start(self) -> None:
        """Launches the queues. An embedded worker holds the data directory alone, so all other work is orphaned."""
        self._leases.renew(self.executor)
        DBOS.launch()
        DBOS.register_queue(INGEST, partition_concurrency=1, polling_interval_sec=POLL_SECONDS)
        DBOS.register_queue(PULL, partition_concurrency=1, polling_interval_sec=POLL_SECONDS)
        DBOS.register_queue(CPU, worker_concurrency=4, partition_concurrency=2, polling_interval_sec=POLL_SECONDS)
        self._take_over(everyone=self._alone)
        self._reaper.start()
        DBOS.apply_schedules(
            [
                {"schedule_name": kind, "workflow_fn": tick, "schedule": cron, "context": kind}
                for kind, cron in SCHEDULES.items()
            ]
        )
        for kind in ("redeliver", "reconcile"):
            with SetWorkflowID(f"start:{kind}:{self.executor}"):
                DBOS.start_workflow(tick, None, kind)

    def stop(self) -> None:
        """Lets the jobs end that can, and hands the others over: at once to a worker that lives, else at a start."""
        _leaving.set()
        _performer[0].leave()
        until = time.monotonic() + DRAIN_SECONDS
        while _running and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
        self._stopping.set()
        self._reaper.join()
        DBOS.destroy()
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            self._leases.release([self.executor])
        self._engine.dispose()

    def _reap(self) -> None:
        seen = time.monotonic()
        while not self._stopping.wait(LEASE_SECONDS):
            if not self._alone and time.monotonic() - seen > DEAD_SECONDS:
                log.critical("stood still for longer than the lease; others have this worker's jobs")
                os._exit(FROZEN)
            try:
                self._leases.renew(self.executor)
                seen = time.monotonic()
                self._take_over(everyone=False)
            except Exception:
                log.warning("the lease could not be renewed", exc_info=True)

    def _take_over(self, *, everyone: bool) -> None:
        holders = {w.executor_id for w in DBOS.list_workflows(status="PENDING", load_input=False) if w.executor_id}
        alive, dead = self._leases.by_life()
        orphaned = holders - {self.executor} - (set() if everyone else alive)
        for executor in sorted(orphaned):
            log.warning("taking over", executor=executor)
            DBOS._recover_pending_workflows([executor])
        self._leases.release(dead - {self.executor})
