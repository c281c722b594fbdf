"""Writes of an installation, counted for all workers together."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.store.schema import upgrade
from bot.store.tables import writes
from bot.store.writes import LIMITS, Writes

MINUTE, HOUR = 60.0, 3600.0


class Time:
    """Time that passes when it is told to, in seconds."""

    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> sa.Engine:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'prodgate.sqlite'}"
    else:
        url = str(request.getfixturevalue("postgres_url")).replace("postgresql://", "postgresql+psycopg://")
    made = sa.create_engine(url)
    upgrade(made)
    request.addfinalizer(made.dispose)
    return made


def test_the_limits_are_those_that_github_states() -> None:
    assert dict(LIMITS) == {MINUTE: 80, HOUR: 500}


async def test_the_eighty_first_in_a_minute_waits_and_other_installations_do_not(engine: sa.Engine) -> None:
    time = Time()
    ledger = Writes(engine, time)
    for _ in range(80):
        assert await ledger.book(7) == 0
        time.at += 0.5
    assert await ledger.book(7) == MINUTE - 40
    assert await ledger.book(8) == 0
    time.at += MINUTE - 40
    assert await ledger.book(7) == 0
    assert await ledger.book(7) == 0.5


async def test_what_one_process_wrote_counts_for_another_and_for_an_hour(engine: sa.Engine) -> None:
    time = Time()
    for number in range(500):
        assert await Writes(engine, time).book(-(2**40)) == 0
        time.at += 1 if number else 2
    late = Writes(engine, time)
    assert await late.book(-(2**40)) == HOUR - 501
    time.at += HOUR - 501
    assert await late.book(-(2**40)) == 0
    assert await late.book(-(2**40)) == 2
    time.at += 2 * HOUR
    assert await late.book(-(2**40)) == 0
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(writes)).scalar() == 1, "old ones are dropped"


def test_no_two_workers_take_the_last_place(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    engines = [sa.create_engine(url) for _ in range(6)]
    upgrade(engines[0])
    ledgers = [Writes(made, Time()) for made in engines]
    with ThreadPoolExecutor(6) as pool:
        waits = list(pool.map(lambda n: asyncio.run(ledgers[n % 6].book(7)), range(120)))
    assert (waits.count(0), waits.count(MINUTE)) == (80, 40)
    for made in engines:
        made.dispose()
