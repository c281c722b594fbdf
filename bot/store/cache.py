"""The cache of what was read from blobs: one SQLite file, read in bulk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

BULK = 400


class FactCache:
    """Values by (fact, version, path, blob). A damaged or locked file costs time, never correctness."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, timeout=2.0, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS facts (fact TEXT, version TEXT, blob TEXT, path TEXT, value BLOB,"
            " PRIMARY KEY (fact, version, blob, path)) WITHOUT ROWID"
        )

    def load(self, fact: str, version: str, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], bytes]:
        keys = list(wanted)
        found: dict[tuple[str, str], bytes] = {}
        for start in range(0, len(keys), BULK):
            part = keys[start : start + BULK]
            marks = ",".join("(?,?)" for _ in part)
            rows = self._db.execute(
                f"SELECT path, blob, value FROM facts WHERE fact=? AND version=? AND (blob, path) IN (VALUES {marks})",  # noqa: S608
                [fact, version, *(word for path, blob in part for word in (blob, path))],
            )
            found.update({(path, blob): value for path, blob, value in rows})
        return found

    def save(self, fact: str, version: str, values: Mapping[tuple[str, str], bytes]) -> None:
        rows = [(fact, version, blob, path, value) for (path, blob), value in values.items()]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?,?,?,?,?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.OperationalError:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
