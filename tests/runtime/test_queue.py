"""The durable queue itself, on both databases, with a performer that only remembers."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from dbos._serialization import DBOSPortableJSONSerializer

import bot.engine as engine
from bot.engine import Producer, Worker
from bot.flows.hub import Later
from bot.jobs import Job
from bot.performer import Done
from bot.store.leases import DEAD_SECONDS, Leases
from bot.store.schema import upgrade
from bot.store.tables import leases


class Recorder:
    """Performs nothing, for `seconds`, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.begun: list[tuple[Job, str]] = []
        self.done: list[Job] = []
        self.cancelled: list[Job] = []
        self.given_up: list[tuple[Job, str]] = []
        self.head = ""
        self.seconds = 0.0
        self.fails = False
        self.later: list[float] = []
        self.later_to_give_up: list[float] = []
        self.left = False
        self.most_at_once: dict[int, int] = {}
        self._at_work: Counter[int] = Counter()

    async def perform(self, job: Job, run: str) -> Done:
        if job.kind not in ("check", "repair"):
            return Done("done")
        self.begun.append((job, run))
        self._at_work[job.pull] += 1
        self.most_at_once[job.pull] = max(self.most_at_once.get(job.pull, 0), self._at_work[job.pull])
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled.append(job)
            raise
        finally:
            self._at_work[job.pull] -= 1
        if self.fails:
            raise ValueError("it does not work")
        if self.later and job.installation == 1:
            raise Later(self.later.pop(0))
        self.done.append(job)
        return Done("done")

    async def standing(self, job: Job) -> bool:
        return self.head in ("", job.head)

    async def give_up(self, job: Job, run: str) -> None:
        if self.later_to_give_up:
            raise Later(self.later_to_give_up.pop())
        self.given_up.append((job, run))

    def leave(self) -> None:
        self.left = True


def job(number: int = 1, head: str = "a" * 40, installation: int = 1, **more: Any) -> Job:
    return Job("check", installation, 5, "acme", "shop", number, head, **more)


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.02)
    raise TimeoutError("it did not come true in time")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'prodgate.sqlite'}"
    else:
        url = str(request.getfixturevalue("postgres_url")).replace("postgresql://", "postgresql+psycopg://")
    made = sa.create_engine(url)
    upgrade(made)
    made.dispose()
    return url


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def worker(database: str, recorder: Recorder) -> Iterator[Worker]:
    made = Worker(database, recorder)
    made.start()
    yield made
    made.stop()


def enqueue(database: str, *wanted: tuple[str, Job]) -> None:
    """Puts jobs into the queue by delivery, all at once."""
    producer = Producer(database)

    async def all_at_once() -> None:
        await asyncio.gather(*(_patiently(producer, delivery, [made]) for delivery, made in wanted))

    asyncio.run(all_at_once())
    producer.close()


async def _patiently(producer: Producer, delivery: str, jobs: list[Job]) -> None:
    """As GitHub's deliveries are asked for again until they are taken."""
    while True:
        try:
            return await producer.enqueue(delivery, jobs)
        except engine.QueueAway:
            await asyncio.sleep(0.05)


def test_a_delivery_that_comes_many_times_is_done_once(database: str, worker: Worker, recorder: Recorder) -> None:
    enqueue(database, *[("d1", job())] * 20, ("d2", job(2)))
    enqueue(database, ("d1", job()))
    wait_for(lambda: len(recorder.done) == 2)
    enqueue(database, ("d1", job()), ("d3", job(3)))
    wait_for(lambda: len(recorder.done) == 3)
    assert sorted(done.pull for done in recorder.done) == [1, 2, 3]


def test_of_many_pushes_the_newest_head_wins_and_the_others_end(
    database: str, worker: Worker, recorder: Recorder
) -> None:
    recorder.seconds = 0.5
    heads = [f"{number:040x}" for number in range(20)]
    for number, head in enumerate(heads):
        recorder.head = head
        enqueue(database, *[(f"push{number}", job(head=head))] * 2)
    wait_for(lambda: recorder.done and recorder.done[-1].head == heads[-1])
    assert [done.head for done in recorder.done].count(heads[-1]) == 1
    assert len(recorder.done) + len(recorder.cancelled) == len(recorder.begun)
    assert recorder.given_up == []


def test_one_pull_request_is_worked_on_by_one_job_at_a_time(database: str, worker: Worker, recorder: Recorder) -> None:
    recorder.seconds = 0.2
    repairs = [replace(job(), kind="repair", comment=number) for number in range(4)]
    enqueue(database, *[(f"d{made.comment}", made) for made in repairs], ("other", job(2)))
    wait_for(lambda: len(recorder.done) == 5)
    assert recorder.most_at_once == {1: 1, 2: 1}


def test_a_busy_installation_does_not_starve_another(database: str, worker: Worker, recorder: Recorder) -> None:
    recorder.seconds = 0.1
    enqueue(database, *[(f"busy{n}", job(n, installation=1)) for n in range(1, 31)])
    enqueue(database, *[(f"calm{n}", job(100 + n, installation=2)) for n in range(3)])
    wait_for(lambda: len(recorder.done) == 33)
    served = [place for place, done in enumerate(recorder.done) if done.installation == 2]
    assert served[-1] < 25, "the second installation had to wait for the first"


def test_work_that_another_release_left_is_done(database: str, recorder: Recorder) -> None:
    first = Worker(database, Recorder())
    first.start()
    first.stop()
    fields = asdict(job(7))
    for absent in ("again", "words", "delivery"):
        del fields[absent]
    client = DBOSClient(system_database_url=database, serializer=DBOSPortableJSONSerializer())
    options: Any = {
        "workflow_name": "ingest", "queue_name": "ingest", "workflow_id": "gh:older:0",
        "queue_partition_key": "5:7", "app_version": "1",
    }  # fmt: skip
    client.enqueue(options, {**fields, "urgency": "of a release to come"})
    client.destroy()
    second = Worker(database, recorder)
    second.start()
    wait_for(lambda: recorder.done)
    second.stop()
    assert (recorder.done[0].pull, recorder.done[0].again) == (7, False)


def test_a_job_that_fails_for_good_is_given_up_once(database: str, worker: Worker, recorder: Recorder) -> None:
    recorder.fails = True
    enqueue(database, ("d1", job()))
    wait_for(lambda: recorder.given_up)
    recorder.fails = False
    enqueue(database, ("d2", job(2)))
    wait_for(lambda: recorder.done)
    assert [(given.pull, run) for given, run in recorder.given_up] == [(1, recorder.begun[0][1])]


def test_what_a_limit_stops_is_put_back_and_holds_up_nobody(
    database: str, worker: Worker, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FIRST_WAIT", 0.0)
    recorder.later = [4.0] * 6
    enqueue(database, *[(f"limited{n}", job(n)) for n in range(1, 7)])
    wait_for(lambda: recorder.later == [])
    enqueue(database, *[(f"calm{n}", job(100 + n, installation=2)) for n in range(6)])
    wait_for(lambda: len(recorder.done) == 12)
    assert [done.installation for done in recorder.done] == [2] * 6 + [1] * 6
    runs = {made.pull: {run for known, run in recorder.begun if known == made} for made, _ in recorder.begun}
    assert {len(of_pull) for of_pull in runs.values()} == {1}, "each turn belongs to the same run"
    assert recorder.given_up == []


def test_a_newer_head_takes_the_place_of_what_was_put_back(database: str, worker: Worker, recorder: Recorder) -> None:
    recorder.later = [3000.0]
    enqueue(database, ("old", job()))
    wait_for(lambda: recorder.later == [])
    wait_for(lambda: DBOS.list_workflows(name="work", status="DELAYED"))
    recorder.head = "b" * 40
    enqueue(database, ("new", job(head="b" * 40)))
    wait_for(lambda: recorder.done)
    assert [done.head for done in recorder.done] == ["b" * 40]
    assert DBOS.list_workflows(name="work", status="DELAYED") == []


def test_what_was_put_back_outlives_its_worker(
    database: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FIRST_WAIT", 0.0)
    first = Worker(database, recorder)
    first.start()
    recorder.later = [2.0]
    enqueue(database, ("d1", job()))
    wait_for(lambda: DBOS.list_workflows(name="work", status="DELAYED"))
    first.stop()
    next_one = Recorder()
    second = Worker(database, next_one)
    second.start()
    wait_for(lambda: next_one.done)
    second.stop()
    assert next_one.begun == recorder.begun, "the same job under the same run"


def test_what_is_put_back_again_and_again_is_given_up_when_the_limit_lets_it(
    database: str, worker: Worker, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FIRST_WAIT", 0.0)
    monkeypatch.setattr(engine, "TURNS", 3)
    recorder.later, recorder.later_to_give_up = [0.01] * 9, [0.01]
    enqueue(database, ("d1", job()))
    wait_for(lambda: recorder.given_up)
    assert len(recorder.begun) == 3
    assert [run for _, run in recorder.given_up] == [recorder.begun[0][1]]


def test_turns_come_less_often_the_more_there_were(
    database: str, worker: Worker, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float | None] = []
    options = engine.SetEnqueueOptions

    def noted(*, queue_partition_key: str, delay_seconds: float | None = None) -> Any:
        waits.append(delay_seconds)
        return options(queue_partition_key=queue_partition_key, delay_seconds=delay_seconds and 0.01)

    monkeypatch.setattr(engine, "SetEnqueueOptions", noted)
    recorder.later = [7.0, 7.0, 900.0, 7.0]
    enqueue(database, ("d1", job()))
    wait_for(lambda: recorder.done)
    assert [wait for wait in waits if wait is not None] == [60.0, 120.0, 900.0, 480.0]


def test_a_worker_that_stops_lets_its_jobs_end(database: str, recorder: Recorder) -> None:
    worker = Worker(database, recorder)
    worker.start()
    recorder.seconds = 2
    enqueue(database, ("d1", job()))
    wait_for(lambda: recorder.begun)
    worker.stop()
    assert (len(recorder.done), recorder.cancelled, recorder.left) == (1, [], True)


def test_what_does_not_end_in_time_is_handed_over_and_not_superseded(
    database: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "DRAIN_SECONDS", 0.5)
    worker = Worker(database, recorder)
    worker.start()
    recorder.seconds = 60
    enqueue(database, ("d1", job()))
    wait_for(lambda: recorder.begun)
    worker.stop()
    assert (recorder.done, len(recorder.cancelled), recorder.given_up) == ([], 1, [])
    next_one = Recorder()
    taking = Worker(database, next_one)
    taking.start()
    wait_for(lambda: next_one.done)
    taking.stop()
    assert next_one.begun[0] == recorder.begun[0], "the same job under the same run"


def test_old_work_is_forgotten_and_unfinished_work_is_not(
    monkeypatch: pytest.MonkeyPatch, database: str, worker: Worker, recorder: Recorder
) -> None:
    monkeypatch.setattr(engine, "DRAIN_SECONDS", 0.5)
    enqueue(database, ("d1", job()))
    wait_for(lambda: recorder.done)
    recorder.seconds = 60
    enqueue(database, ("d2", job(2)))
    wait_for(lambda: len(recorder.begun) == 2)
    wait_for(
        lambda: [w.status for w in DBOS.list_workflows(workflow_id_prefix="check:5:1:", name="on_pull")] == ["SUCCESS"]
    )
    assert kept("gh:") == {"gh:d1:0", "gh:d2:0"}
    DBOS.start_workflow(engine.tick, None, "retention").get_result()
    assert kept("gh:") == {"gh:d1:0", "gh:d2:0"}, "GitHub may deliver them again"
    monkeypatch.setattr(engine, "KEEP", timedelta(seconds=-5))
    DBOS.start_workflow(engine.tick, None, "retention").get_result()
    assert kept("gh:") == set()
    assert kept("check:5:1:") == set()
    assert len(kept("check:5:2:")) == 2, "the job and its work are under way"


def kept(prefix: str) -> set[str]:
    return {found.workflow_id for found in DBOS.list_workflows(workflow_id_prefix=prefix)}


def test_a_lease_runs_out_by_the_clock_of_the_database(database: str) -> None:
    made = sa.create_engine(database)
    held = Leases(made)
    for executor in ("fresh", "late"):
        held.renew(executor)
    assert held.by_life() == ({"fresh", "late"}, set())
    with made.begin() as connection:
        late = leases.update().where(leases.c.executor == "late")
        seen = connection.execute(sa.select(leases.c.seen).where(leases.c.executor == "late")).scalar_one()
        connection.execute(late.values(seen=seen - timedelta(seconds=DEAD_SECONDS + 1)))
    assert held.by_life() == ({"fresh"}, {"late"})
    held.renew("late")
    assert held.by_life() == ({"fresh", "late"}, set())
    held.release(["fresh"])
    assert held.by_life() == ({"late"}, set())
    made.dispose()


def test_a_worker_takes_over_from_one_without_a_lease_only(
    database: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "DRAIN_SECONDS", 0.5)
    gone = Worker(database, recorder)
    gone.start()
    recorder.seconds = 60
    enqueue(database, ("d1", job()))
    wait_for(lambda: recorder.begun)
    gone.stop()
    made = sa.create_engine(database)
    Leases(made).renew(gone.executor)
    next_one = Recorder()
    worker = Worker(database, next_one)
    worker._alone = False
    monkeypatch.setattr(engine, "LEASE_SECONDS", 0.2)
    worker.start()
    time.sleep(1.5)
    assert next_one.begun == [], "its lease is good"
    Leases(made).release([gone.executor])
    wait_for(lambda: next_one.done)
    worker.stop()
    made.dispose()


def test_a_reaper_outlives_a_database_that_fails(
    database: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LEASE_SECONDS", 0.1)
    renewed: list[str] = []

    def renew(executor: str) -> None:
        renewed.append(executor)
        raise OSError("the database is away")

    monkeypatch.setattr(worker._leases, "renew", renew)
    wait_for(lambda: len(renewed) > 2)
