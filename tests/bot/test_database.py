"""Writers of one process on SQLite: each in its turn, the door first, and what it promised on the disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest
import sqlalchemy as sa

from bot.store import database as module
from bot.store.database import Turns, opened


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'held.sqlite'}"


@pytest.fixture
def worker(address: str) -> Iterator[sa.Engine]:
    engine = opened(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE said (word TEXT)")
    yield engine
    engine.dispose()


@pytest.fixture
def door(address: str, worker: sa.Engine) -> Iterator[sa.Engine]:
    engine = opened(address, door=True)
    yield engine
    engine.dispose()


def say(engine: sa.Engine, word: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO said VALUES (?)", (word,))


def said(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.exec_driver_sql("SELECT word FROM said ORDER BY rowid").scalars())


def until(engine: sa.Engine, waiting: int) -> None:
    """Waits until so many wait for their turn."""
    while len(module._turns(str(engine.url))._waiting) != waiting:
        sleep(0.001)


def test_writers_take_turns_in_the_order_in_which_they_came_and_the_door_is_first(
    worker: sa.Engine, door: sa.Engine
) -> None:
    with ThreadPoolExecutor(5) as pool, worker.begin() as connection:
        connection.exec_driver_sql("INSERT INTO said VALUES ('first')")
        for number, (engine, word) in enumerate([(worker, "a"), (worker, "b"), (worker, "c"), (door, "door")], 1):
            pool.submit(say, engine, word)
            until(worker, number)
        assert said(door) == [], "who reads waits for nobody"
    assert said(worker) == ["first", "door", "a", "b", "c"]


def test_a_turn_ends_with_a_transaction_however_it_ends(worker: sa.Engine, door: sa.Engine) -> None:
    with pytest.raises(sa.exc.OperationalError), worker.begin() as connection:
        connection.exec_driver_sql("INSERT INTO nothing VALUES (1)")
    with pytest.raises(ZeroDivisionError), worker.begin() as connection:
        connection.exec_driver_sql("INSERT INTO said VALUES ('taken back')")
        raise ZeroDivisionError
    lost = worker.connect()
    lost.exec_driver_sql("INSERT INTO said VALUES ('lost')")
    lost.invalidate()
    say(door, "kept")
    assert said(door) == ["kept"]


def test_whoever_gets_no_turn_in_time_is_told_that_the_database_is_locked(
    worker: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Impatient(Turns):
        def take(self, *, urgent: bool = False, seconds: float = 0.01) -> bool:
            return super().take(urgent=urgent, seconds=seconds)

    turns = Impatient()
    monkeypatch.setattr(module, "_turns", lambda path: turns)
    other = opened(str(worker.url))
    with other.begin() as connection:
        connection.exec_driver_sql("INSERT INTO said VALUES ('one')")
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            say(other, "two")
    say(other, "three")
    assert said(worker) == ["one", "three"]
    other.dispose()


def test_turns_are_never_held_by_two() -> None:
    turns, inside, most = Turns(), 0, 0
    guard = threading.Lock()

    def turn(number: int) -> None:
        nonlocal inside, most
        assert turns.take(urgent=number % 3 == 0)
        with guard:
            inside += 1
            most = max(most, inside)
        with guard:
            inside -= 1
        turns.give_back()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(turn, range(400)))
    assert most == 1
    assert turns.take(seconds=0)


def test_only_the_door_forces_what_it_writes_to_the_disk(worker: sa.Engine, door: sa.Engine) -> None:
    def settings(engine: sa.Engine) -> list[object]:
        names = ("journal_mode", "synchronous", "wal_autocheckpoint", "foreign_keys")
        with engine.connect() as connection:
            return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert settings(door) == ["wal", 2, 0, 1]
    assert settings(worker) == ["wal", 1, 1000, 1]
