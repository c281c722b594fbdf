"""The durable queue itself, on both databases, with a performer that only remembers."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from dbos._serialization import DBOSPortableJSONSerializer

import bot.engine as engine
from bot.engine import Worker
from bot.store.leases import DEAD_SECONDS, Leases
from bot.store.tables import leases
from tests.runtime.recorder import Recorder, enqueue, job, wait_for


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
