"""Transactions, settings, locks, privileges and maintenance by their words, and what is put together at run time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from migration_guards.actions import (
    Action,
    Dynamic,
    Lock,
    Maintain,
    Other,
    Privilege,
    Reindex,
    Select,
    Setting,
    Transaction,
)
from migration_guards.model import Dialect
from migration_guards.sql.columns import calls_of
from migration_guards.sql.cursor import Cursor, parted, said
from migration_guards.sql.lexer import Word

Handler = Callable[[Cursor], Iterator[Action]]

MAX_DYNAMIC = 200
"""How many characters of a statement that is put together at run time are kept."""

_TRANSACTION_WORDS = frozenset({
    "", "WORK", "TRAN", "TRANSACTION", "DEFERRED", "IMMEDIATE", "EXCLUSIVE", "ISOLATION", "READ", "WITH", "AND", "NOT",
    "PREPARED", "SAVEPOINT", "TO", "RELEASE", "NO",
})  # fmt: skip
"""What may follow the word of a transaction; anything else is another statement's, which shall not hide behind it."""


def _step(what: str) -> Handler:
    def found(cursor: Cursor) -> Iterator[Action]:
        alone = cursor.word is None or cursor.upper in _TRANSACTION_WORDS - {""}
        if alone and not (cursor.upper == "NOT" and cursor.peek() == "ATOMIC"):
            yield Transaction(what=what)

    return found


def _started(cursor: Cursor) -> Iterator[Action]:
    begins = cursor.upper == "TRANSACTION"
    yield Transaction(what="begin") if begins else Other(what=f"start {cursor.upper.lower()}")


def _ended(cursor: Cursor) -> Iterator[Action]:
    """END commits in PostgreSQL and SQLite; in MySQL it is what is left of a block."""
    if cursor.dialect in (Dialect.POSTGRES, Dialect.SQLITE):
        yield from _step("commit")(cursor)


def _rolled_back(cursor: Cursor) -> Iterator[Action]:
    yield from _step("savepoint" if "TO" in cursor.uppers else "rollback")(cursor)


def _saved(cursor: Cursor) -> Iterator[Action]:
    yield Transaction(what="savepoint")


def _set(cursor: Cursor) -> Iterator[Action]:
    """SET: several settings between commas, but in PostgreSQL, where commas part the values of one."""
    local = cursor.upper == "LOCAL"
    cursor.skip("SESSION", "GLOBAL", "LOCAL", "PERSIST", "PERSIST_ONLY")
    if cursor.upper in ("TRANSACTION", "CHARACTERISTICS", "CONSTRAINTS", "PASSWORD", "DEFAULT"):
        yield Other(what=f"set {cursor.upper.lower()}")
        return
    parts = [cursor.rest] if cursor.dialect is Dialect.POSTGRES else list(parted(cursor.rest))
    for part in parts:
        yield _setting(cursor.inside(part), local)


def _setting(cursor: Cursor, local: bool) -> Setting:
    """One name and its value. Variables of a session keep their `@`; `@@` before a system's is left out."""
    cursor.skip("SESSION", "GLOBAL", "LOCAL")
    name, end = "", -1
    while (word := cursor.word) is not None and word.text not in ("=", ":=") and (not name or word.start == end):
        name, end = name + word.bare, word.end
        cursor.at += 1
    cursor.take_any("=", ":=", "TO")
    name = name.lower().removeprefix("@@").removeprefix("session.").removeprefix("global.").removeprefix("local.")
    return Setting("", name, _plain(cursor.rest), local)


def _plain(found: list[Word]) -> str:
    """A value without quotes, several as a list."""
    return ", ".join(part[0].bare if len(part) == 1 else said(part) for part in parted(found))


def _reset(cursor: Cursor) -> Iterator[Action]:
    yield Setting("", "" if cursor.upper == "ALL" else cursor.name().lower())


def _pragma(cursor: Cursor) -> Iterator[Action]:
    name = cursor.name().lower()
    value = cursor.group() if cursor.upper == "(" else cursor.rest[1:] if cursor.take_any("=") else []
    yield Setting("", name, _plain(value or cursor.rest).lower())


def _locked(cursor: Cursor) -> Iterator[Action]:
    """LOCK TABLES a READ, b WRITE of MySQL, and LOCK TABLE a, b IN ... MODE of PostgreSQL."""
    cursor.skip("TABLE", "TABLES", "ONLY")
    tables = list(parted(cursor.until("IN")))
    mode = said(cursor.until("MODE")[1:]).lower()
    for part in tables:
        inner = cursor.inside(part)
        name = inner.name()
        inner.until("READ", "WRITE", "LOW_PRIORITY")
        if name:
            yield Lock(name, mode or said(inner.rest).lower() or "access exclusive")


def _granted(what: str) -> Handler:
    def found(cursor: Cursor) -> Iterator[Action]:
        broad = cursor.upper == "ALL" or "PUBLIC" in cursor.uppers
        cursor.until("ON")
        cursor.take("ON")
        kind = cursor.take_any("TABLE", "DATABASE", "SCHEMA", "FUNCTION", "PROCEDURE", "SEQUENCE", "ALL", "TYPE")
        table = cursor.name() if kind in ("", "TABLE") else ""
        yield Privilege("" if "*" in table else table, what, broad)

    return found


def _maintained(what: str) -> Handler:
    def found(cursor: Cursor) -> Iterator[Action]:
        named = [word.upper for word in cursor.group()]
        full = cursor.take("FULL") or "FULL" in named
        cursor.skip(
            "TABLE", "TABLES", "FULL", "FREEZE", "ANALYZE", "VERBOSE", "LOCAL", "NO_WRITE_TO_BINLOG", "MATERIALIZED"
        )
        cursor.take("VIEW")
        concurrently = cursor.take("CONCURRENTLY")
        for part in list(parted(cursor.until("INTO", "USING", "WITH", "PERSISTENT", "UPDATE", "DROP"))) or [[]]:
            yield Maintain(cursor.inside(part).name(), f"{what} full" if full else what, concurrently)

    return found


def _reindexed(cursor: Cursor) -> Iterator[Action]:
    options = [word.upper for word in cursor.group()]
    what = cursor.take_any("TABLE", "INDEX", "SCHEMA", "DATABASE", "SYSTEM").lower() or "index"
    concurrently = cursor.take("CONCURRENTLY") or "CONCURRENTLY" in options
    name = cursor.name()
    yield Reindex(name if what == "table" else "", what, name, concurrently)


def _dynamic(cursor: Cursor) -> Iterator[Action]:
    yield Dynamic(text=said(cursor.rest)[:MAX_DYNAMIC])


def _done(cursor: Cursor) -> Iterator[Action]:
    """DO works out an expression in MySQL; elsewhere it runs a block, which is not read here."""
    if cursor.dialect is Dialect.MYSQL:
        yield Select(calls=calls_of(cursor.rest))
    else:
        yield from _dynamic(cursor)


def _nothing(cursor: Cursor) -> Iterator[Action]:
    yield Other(what=said(cursor.words[:2]).lower())


_OF_NO_CONCERN = (
    "COMMENT", "USE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "DEALLOCATE", "UNLOCK", "SYSTEM", "ATTACH", "DETACH",
    "PRINT", "FLUSH", "CHECK", "REPAIR", "CHECKSUM", "KILL", "HANDLER", "XA", "NOTIFY", "LISTEN", "UNLISTEN", "DISCARD",
    "CHECKPOINT", "SECURITY", "DECLARE", "FETCH", "CLOSE", "CACHE", "PURGE", "INSTALL", "UNINSTALL", "STOP", "CHANGE",
    "SIGNAL",
)  # fmt: skip

STATEMENTS: Mapping[str, Handler] = {
    **dict.fromkeys(_OF_NO_CONCERN, _nothing),
    "BEGIN": _step("begin"), "START": _started, "COMMIT": _step("commit"), "END": _ended, "ROLLBACK": _rolled_back,
    "ABORT": _step("rollback"), "SAVEPOINT": _saved, "RELEASE": _saved, "SET": _set, "RESET": _reset, "PRAGMA": _pragma,
    "LOCK": _locked, "GRANT": _granted("grant"), "REVOKE": _granted("revoke"), "REASSIGN": _granted("reassign owned"),
    "OPTIMIZE": _maintained("optimize"), "ANALYZE": _maintained("analyze"), "ANALYSE": _maintained("analyze"),
    "VACUUM": _maintained("vacuum"), "CLUSTER": _maintained("cluster"), "REFRESH": _maintained("refresh"),
    "REINDEX": _reindexed, "PREPARE": _dynamic, "EXECUTE": _dynamic, "EXEC": _dynamic, "DO": _done,
}  # fmt: skip
