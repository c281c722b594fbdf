"""Engines. On SQLite the writers of this process take turns, since SQLite itself lets them sleep and look again."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from functools import cache, partial
from typing import Any

import sqlalchemy as sa

BUSY_SECONDS = 30.0
"""How long a writer waits, for its turn and then for another process."""

CONNECTIONS = 20

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "BEGIN")
"""The statements before which a transaction that writes begins."""


class Turns:
    """Turns at writing, in the order in which they are asked for; the urgent come first. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def take(self, *, urgent: bool = False, seconds: float = BUSY_SECONDS) -> bool:
        """Waits for a turn; False when none came in time."""
        turn = threading.Lock()
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            turn.acquire()
            (self._waiting.appendleft if urgent else self._waiting.append)(turn)
        if turn.acquire(timeout=seconds):
            return True
        with self._lock:
            late = turn in self._waiting
            if late:
                self._waiting.remove(turn)
        return not late

    def give_back(self) -> None:
        """Passes the turn on."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class _Connection(sqlite3.Connection):
    """Holds a turn from its first write to the end of the transaction."""

    def __init__(self, turns: Turns, urgent: bool, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._turns = turns
        self._urgent = urgent
        self._writes = False

    def writes(self) -> bool:
        """Waits for its turn, if it has none; False when none came in time."""
        self._writes = self._writes or self._turns.take(urgent=self._urgent)
        return self._writes

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self._ended(self.in_transaction)

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._ended(self.in_transaction)

    def close(self) -> None:
        super().close()
        self._ended(False)

    def _ended(self, goes_on: bool) -> None:
        if self._writes and not goes_on:
            self._writes = False
            self._turns.give_back()


@cache
def _turns(path: str) -> Turns:
    return Turns()


def opened(database: str, *, door: bool = False) -> sa.Engine:
    """An engine for a database's address. `door`: what it writes is promised to others.

    On SQLite only what the door commits is forced to the disk, and with it all that was committed before. Other work
    that a power failure takes away is done again, since the delivery from which it came is there. The door is spared
    checkpoints: the worker, which writes more, makes them.
    """
    if not database.startswith("sqlite"):
        return sa.create_engine(database)
    factory = partial(_Connection, _turns(database), door)
    waiting = {"factory": factory, "timeout": BUSY_SECONDS}
    engine = sa.create_engine(database, connect_args=waiting, pool_size=CONNECTIONS, max_overflow=0)
    sa.event.listen(engine, "connect", partial(_prepare, door))
    sa.event.listen(engine, "before_cursor_execute", _before)
    return engine


def _prepare(door: bool, connection: _Connection, _: object) -> None:
    connection.isolation_level = "IMMEDIATE"
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA synchronous={'FULL' if door else 'NORMAL'}")
    if door:
        connection.execute("PRAGMA wal_autocheckpoint=0")


def _before(connection: sa.Connection, cursor: object, statement: str, *_: object) -> None:
    held = connection.connection.dbapi_connection
    if isinstance(held, _Connection) and statement.lstrip()[:7].upper().startswith(WRITES) and not held.writes():
        raise sa.exc.OperationalError(statement, None, sqlite3.OperationalError("database is locked"))
