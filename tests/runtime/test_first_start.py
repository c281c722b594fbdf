"""The web on a database in which nothing is yet, before any worker."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from bot.engine import Producer, Worker, make_queue
from bot.store.schema import upgrade
from bot.web.webhook import QueueAway
from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import BASE, BROKEN, free_port
from tests.github.test_main_job_on_postgres import ready
from tests.runtime.recorder import Recorder, job, wait_for


def answers(hub: GitHubStandIn) -> list[tuple[str, int]]:
    """What was answered to the deliveries of pull requests, by guid; some come twice."""
    return [(guid, status) for event, guid, status in hub.deliveries if event == "pull_request"]


def test_the_web_takes_deliveries_before_any_worker_though_several_start_at_once(
    hub: GitHubStandIn, tmp_path: Path, postgres_url: str
) -> None:
    log = tmp_path / "web.log"
    ports, processes = [free_port() for _ in range(3)], []
    for port in ports:
        settings = {**hub.settings(tmp_path / f"data{port}", port), "PRODGATE_DATABASE_URL": postgres_url}
        env = {"PATH": os.environ["PATH"], "HOME": os.devnull, **settings}
        with log.open("ab") as out:
            words = [str(Path(sys.executable).with_name("prodgate")), "web"]
            processes.append(subprocess.Popen(words, env=env, stdout=out, stderr=out))
    try:
        for port, process in zip(ports, processes, strict=True):
            hub.wait_for(lambda port=port, process=process: ready(port, process, log))
        shop = hub.create_repository("acme/shop", BASE)
        for number, port in enumerate(ports, 1):
            hub.connect(f"http://127.0.0.1:{port}")
            hub.open_pull(shop, f"topic{number}", BROKEN)
            hub.wait_for(lambda number=number: len(set(answers(hub))) == number)
        assert {status for _, status in answers(hub)} == {202}
    finally:
        for process in processes:
            process.kill()
            process.wait()
    recorder = Recorder()
    worker = Worker(postgres_url.replace("postgresql://", "postgresql+psycopg://"), recorder)
    worker.start()
    wait_for(lambda: len(recorder.done) == 3)
    worker.stop()


def taken(producer: Producer) -> bool:
    """Whether the queue takes a job; on a busy machine it may be too slow to."""
    try:
        asyncio.run(producer.enqueue("d1", [job()]))
    except QueueAway:
        return False
    return True


def test_tables_are_made_by_many_at_once_and_by_each_again(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(make_queue, [url] * 6))
    make_queue(url)
    made = sa.create_engine(url)
    upgrade(made)
    made.dispose()
    producer, recorder = Producer(url), Recorder()
    wait_for(lambda: taken(producer))
    producer.close()
    worker = Worker(url, recorder)
    worker.start()
    wait_for(lambda: recorder.done)
    worker.stop()
