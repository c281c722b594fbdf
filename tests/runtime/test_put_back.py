"""Work that GitHub's limits stop: it waits in the queue, and its place is another's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from dbos import DBOS

import bot.engine as engine
from bot.engine import Worker
from tests.runtime.recorder import Recorder, enqueue, job, wait_for


def delayed() -> int:
    """How many pieces of work wait for their next turn."""
    return len(DBOS.list_workflows(name="work", status="DELAYED"))


def test_what_a_limit_stops_is_put_back_and_holds_up_nobody(database: str, worker: Worker, recorder: Recorder) -> None:
    recorder.later = [3000.0] * 6
    enqueue(database, *[(f"limited{n}", job(n)) for n in range(1, 7)])
    wait_for(lambda: delayed() == 6)
    enqueue(database, *[(f"calm{n}", job(100 + n, installation=2)) for n in range(6)])
    wait_for(lambda: len(recorder.done) == 6)
    assert {done.installation for done in recorder.done} == {2}
    assert (delayed(), recorder.given_up) == (6, [])


def test_a_newer_head_takes_the_place_of_what_was_put_back(database: str, worker: Worker, recorder: Recorder) -> None:
    recorder.later = [3000.0]
    enqueue(database, ("old", job()))
    wait_for(lambda: recorder.later == [])
    wait_for(delayed)
    recorder.head = "b" * 40
    enqueue(database, ("new", job(head="b" * 40)))
    wait_for(lambda: recorder.done)
    assert [done.head for done in recorder.done] == ["b" * 40]
    assert delayed() == 0


def test_what_was_put_back_outlives_its_worker(
    database: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FIRST_WAIT", 0.0)
    first = Worker(database, recorder)
    first.start()
    recorder.later = [2.0]
    enqueue(database, ("d1", job()))
    wait_for(delayed)
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
    pauses, sleep = [], asyncio.sleep

    async def brief(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(min(seconds, 0.1))

    monkeypatch.setattr(asyncio, "sleep", brief)
    recorder.later, recorder.later_to_give_up = [0.01] * 9, [1234.5]
    enqueue(database, ("d1", job()))
    wait_for(lambda: recorder.given_up)
    assert 1234.5 in pauses
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
