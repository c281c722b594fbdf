"""The cache of what was read from blobs: one SQLite file, read in bulk."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

BULK = 400
LIMIT_BYTES = 1024**3
"""A larger file is emptied: what is still of use is soon read again."""


class FactCache:
    """Values by (fact, version, path, blob), of one engine. A damaged or locked file costs time, never correctness."""

    def __init__(self, path: str, engine: str, limit: int = LIMIT_BYTES) -> None:
        self._engine = engine
        self._limit = limit
        try:
            self._db = _opened(path)
        except sqlite3.DatabaseError:
            Path(path).unlink(missing_ok=True)
            self._db = _opened(path)

    def load(self, fact: str, version: str, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], bytes]:
        keys = list(wanted)
        found: dict[tuple[str, str], bytes] = {}
        with contextlib.suppress(sqlite3.DatabaseError):
            for start in range(0, len(keys), BULK):
                part = keys[start : start + BULK]
                marks = ",".join("(?,?)" for _ in part)
                rows = self._db.execute(
                    "SELECT path, blob, value FROM facts WHERE engine=? AND fact=? AND version=?"  # noqa: S608
                    f" AND (blob, path) IN (VALUES {marks})",
                    [self._engine, fact, version, *(word for path, blob in part for word in (blob, path))],
                )
                found.update({(path, blob): value for path, blob, value in rows})
        return found

    def save(self, fact: str, version: str, values: Mapping[tuple[str, str], bytes]) -> None:
        rows = [(self._engine, fact, version, blob, path, value) for (path, blob), value in values.items()]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            if self._size() > self._limit:
                self._db.execute("DELETE FROM facts")
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?,?,?,?,?,?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.DatabaseError:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _size(self) -> int:
        names = ("page_count", "freelist_count", "page_size")
        pages, free, size = (int(self._db.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
        return (pages - free) * size

    def close(self) -> None:
        self._db.close()


def _opened(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=2.0, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=OFF")
    db.execute(
        "CREATE TABLE IF NOT EXISTS facts (engine TEXT, fact TEXT, version TEXT, blob TEXT, path TEXT, value BLOB,"
        " PRIMARY KEY (engine, fact, version, blob, path)) WITHOUT ROWID"
    )
    return db
