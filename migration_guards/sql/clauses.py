"""What a statement does, by its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from migration_guards.actions import (
    MAX_VALUES,
    Action,
    Delete,
    Dynamic,
    Insert,
    Load,
    Lock,
    Maintain,
    Opaque,
    Other,
    Privilege,
    Reindex,
    Select,
    Setting,
    Transaction,
    Truncate,
    Update,
)
from migration_guards.model import Clause, Dialect, Reading
from migration_guards.sql import creations
from migration_guards.sql.alterations import altered
from migration_guards.sql.columns import names
from migration_guards.sql.cursor import Cursor, parted, said
from migration_guards.sql.tokens import Word, shortened, words
from rules.core.source import Span

_ENDS_OF_SOURCE = ("WHERE", "GROUP", "ORDER", "LIMIT", "JOIN", "LEFT", "INNER", "ON", "UNION", "RETURNING")
_TAUTOLOGY = re.compile(r"^(?:true|1|(\S+)\s*=\s*\1)$", re.I)


def read(text: str, dialect: Dialect) -> tuple[Reading, tuple[Clause, ...]]:
    """What one statement does, spans in bytes of its text; opaque when its words say nothing."""
    size = len(text.encode())
    try:
        found = list(words(shortened(text), dialect))
        clauses = list(_read(found, dialect)) if _balanced(found) else []
    except (ValueError, IndexError, RecursionError):
        clauses = []
    if not clauses:
        reason = "its words are not those of a statement that is known"
        return Reading.OPAQUE, (Clause(Opaque(reason=reason), Span(0, size)),)
    whole = len(text)
    return Reading.TOKENS, tuple(
        Clause(c.action, Span(0, size) if c.span.end >= whole and c.span.start == 0 else _bytes(text, c.span))
        for c in clauses
    )


def _balanced(found: list[Word]) -> bool:
    """Whether strings end and the statement is not cut off in the middle of one."""
    return not any(word.text[:1] == "'" and (len(word.text) == 1 or word.text[-1] != "'") for word in found)


def _bytes(text: str, span: Span) -> Span:
    start = len(text[: span.start].encode())
    return Span(start, start + len(text[span.start : span.end].encode()))


def _read(found: list[Word], dialect: Dialect) -> Iterator[Clause]:
    if not found:
        return
    cursor = Cursor(found, dialect)
    whole = Span(0, found[-1].end)
    if cursor.take("ALTER", "TABLE") or cursor.take("ALTER", "IGNORE", "TABLE"):
        yield from altered(cursor)
        return
    word = cursor.upper.lower()
    handler = globals().get(f"_{word}") or getattr(creations, word, None)
    if handler is not None and cursor.upper in _STATEMENTS:
        cursor.at += 1
        for action in handler(cursor):
            yield Clause(action, whole)


_STATEMENTS = frozenset({
    "CREATE", "DROP", "ALTER", "RENAME", "TRUNCATE", "INSERT", "REPLACE", "UPDATE", "DELETE", "LOAD", "COPY", "MERGE",
    "SELECT", "WITH", "VALUES", "SET", "RESET", "PRAGMA", "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT",
    "SAVEPOINT", "RELEASE", "LOCK", "UNLOCK", "GRANT", "REVOKE", "OPTIMIZE", "ANALYZE", "VACUUM", "REINDEX", "CLUSTER",
    "REFRESH", "COMMENT", "USE", "SHOW", "EXPLAIN", "DESCRIBE", "PREPARE", "EXECUTE", "DEALLOCATE", "CALL", "DO",
    "SYSTEM", "ATTACH", "DETACH", "EXCHANGE", "DECLARE", "IF", "EXEC", "GO", "PRINT", "FLUSH", "CHECK", "REPAIR",
    "KILL",
})  # fmt: skip


def _truncate(cursor: Cursor) -> Iterator[Action]:
    cursor.take("TABLE")
    cursor.take("IF", "EXISTS")
    cascade = cursor.words[-1].upper == "CASCADE"
    for part in parted(cursor.words[cursor.at :]):
        yield Truncate(cursor.inside(part).name(), cascade)


_INSERTED = frozenset({
    "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "OR", "INTO", "REPLACE", "ABORT", "FAIL", "ROLLBACK",
    "OVERWRITE",
})  # fmt: skip


def _insert(cursor: Cursor) -> Iterator[Action]:
    while cursor.upper in _INSERTED:
        cursor.at += 1
    table = cursor.name()
    columns = (
        names(cursor, cursor.group()) if cursor.word and cursor.word.text == "(" and cursor.peek() != "SELECT" else ()
    )
    if cursor.word and cursor.word.text == "(":
        cursor.at += 1
    values = tuple(word.text[1:-1] for word in cursor.words[cursor.at :] if word.is_string)[:MAX_VALUES]
    if not cursor.take("SELECT"):
        yield Insert(table, columns, values=values)
        return
    chosen = list(parted(cursor.until("FROM")))
    selected = tuple(_column_of(cursor, part) for part in chosen)
    source = cursor.name() if cursor.take("FROM") else ""
    filtered = any(word.upper in ("WHERE", "LIMIT") for word in cursor.words[cursor.at :])
    yield Insert(table, columns, source, selected, values, filtered)


def _column_of(cursor: Cursor, part: list[Word]) -> str:
    """The column that a part of a SELECT is, or empty when it is something else."""
    if len(part) == 1 and part[0].text == "*":
        return "*"
    if any(word.text == "(" or word.is_string for word in part):
        return ""
    return cursor.inside(part).name().rpartition(".")[2]


_replace = _insert


def _update(cursor: Cursor) -> Iterator[Action]:
    cursor.skip("LOW_PRIORITY", "IGNORE", "OR", "ROLLBACK", "ABORT", "REPLACE", "ONLY")
    table = cursor.name()
    cursor.until("SET")
    cursor.take("SET")
    assigned = list(parted(cursor.until("WHERE", "FROM", "ORDER", "LIMIT")))
    columns = tuple(cursor.inside(part).name() for part in assigned)
    values = tuple(word.text[1:-1] for part in assigned for word in part if word.is_string)[:MAX_VALUES]
    yield Update(table, columns, _restricted(cursor), values)


def _delete(cursor: Cursor) -> Iterator[Action]:
    cursor.skip("LOW_PRIORITY", "QUICK", "IGNORE", "FROM", "ONLY")
    table = cursor.name()
    cursor.until("WHERE", "LIMIT", "USING")
    yield Delete(table, _restricted(cursor))


def _restricted(cursor: Cursor) -> bool:
    """Whether a WHERE that is not always true, or a LIMIT, follows."""
    rest = cursor.words[cursor.at :]
    if any(word.upper == "LIMIT" for word in rest):
        return True
    cursor.until("WHERE")
    if not cursor.take("WHERE"):
        return False
    condition = said(cursor.until("ORDER", "LIMIT", "RETURNING"))
    return _TAUTOLOGY.match(condition.strip("() ")) is None


def _load(cursor: Cursor) -> Iterator[Action]:
    cursor.until("TABLE")
    cursor.take("TABLE")
    yield Load(cursor.name(), "load data")


def _copy(cursor: Cursor) -> Iterator[Action]:
    yield Load(cursor.name(), "copy")


def _merge(cursor: Cursor) -> Iterator[Action]:
    cursor.take("INTO")
    yield Load(cursor.name(), "merge")


def _select(cursor: Cursor) -> Iterator[Action]:
    rest = cursor.words
    calls = {one.text.lower() for one, two in pairwise(rest) if two.text == "(" and one.text.isidentifier()}
    yield Select(calls=tuple(sorted(calls)))


_values = _select


def _with(cursor: Cursor) -> Iterator[Action]:
    cursor.until("SELECT", "INSERT", "UPDATE", "DELETE")
    kind = cursor.take_any("SELECT", "INSERT", "UPDATE", "DELETE")
    yield from {"INSERT": _insert, "UPDATE": _update, "DELETE": _delete}.get(kind, _select)(cursor)


def _call(cursor: Cursor) -> Iterator[Action]:
    yield Select(calls=(cursor.name(),))


def _set(cursor: Cursor) -> Iterator[Action]:
    local = bool(cursor.take_any("LOCAL"))
    cursor.skip("SESSION", "GLOBAL", "LOCAL")
    for part in parted(cursor.words[cursor.at :]):
        text = said(part)
        name, _, value = text.replace(" TO ", " = ").partition("=")
        name = name.strip().lower().removeprefix("@@").removeprefix("session.").removeprefix("global.").lstrip("@")
        yield Setting("", name, value.strip().strip("'\""), local)


def _reset(cursor: Cursor) -> Iterator[Action]:
    yield Setting("", "" if cursor.upper == "ALL" else cursor.name().lower())


def _pragma(cursor: Cursor) -> Iterator[Action]:
    name, _, value = said(cursor.words[1:]).replace("(", "=").rstrip(")").partition("=")
    yield Setting("", name.strip().lower(), value.strip().strip("'\"").lower())


def _step(what: str) -> Callable[[Cursor], Iterator[Action]]:
    def found(cursor: Cursor) -> Iterator[Action]:
        yield Transaction(what=what)

    return found


_begin = _start = _step("begin")
_commit = _end = _step("commit")
_abort = _step("rollback")
_savepoint = _release = _step("savepoint")


def _rollback(cursor: Cursor) -> Iterator[Action]:
    yield Transaction(what="savepoint" if any(word.upper == "TO" for word in cursor.words) else "rollback")


def _lock(cursor: Cursor) -> Iterator[Action]:
    cursor.take_any("TABLE", "TABLES")
    for part in parted(cursor.words[cursor.at :]):
        yield Lock(cursor.inside(part).name(), part[-1].text.lower())


def _granted(what: str) -> Callable[[Cursor], Iterator[Action]]:
    def found(cursor: Cursor) -> Iterator[Action]:
        broad = cursor.upper == "ALL" or any(word.upper == "PUBLIC" for word in cursor.words)
        cursor.until("ON")
        table = ""
        if cursor.take("ON"):
            cursor.take("TABLE")
            table = cursor.name()
        yield Privilege(table.replace("*", ""), what, broad)

    return found


_grant = _granted("grant")
_revoke = _granted("revoke")


def _maintained(what: str) -> Callable[[Cursor], Iterator[Action]]:
    def found(cursor: Cursor) -> Iterator[Action]:
        full = cursor.take("FULL")
        cursor.skip("TABLE", "ANALYZE", "VERBOSE", "LOCAL", "NO_WRITE_TO_BINLOG", "MATERIALIZED", "VIEW")
        concurrently = cursor.take("CONCURRENTLY")
        name = cursor.name() if cursor.word else ""
        yield Maintain(name, f"{what} full" if full else what, concurrently)

    return found


_optimize = _maintained("optimize")
_analyze = _maintained("analyze")
_vacuum = _maintained("vacuum")
_cluster = _maintained("cluster")
_refresh = _maintained("refresh")


def _reindex(cursor: Cursor) -> Iterator[Action]:
    what = cursor.take_any("TABLE", "INDEX", "SCHEMA", "DATABASE", "SYSTEM").lower() or "index"
    concurrently = cursor.take("CONCURRENTLY")
    name = cursor.name() if cursor.word else ""
    yield Reindex(name if what == "table" else "", what, name, concurrently)


def _prepare(cursor: Cursor) -> Iterator[Action]:
    yield Dynamic(text=said(cursor.words)[:200])


_execute = _exec = _prepare


def _nothing(cursor: Cursor) -> Iterator[Action]:
    yield Other(what=said(cursor.words[:2]).lower())


_comment = _use = _show = _explain = _describe = _deallocate = _do = _system = _unlock = _nothing
_attach = _detach = _exchange = _declare = _go = _print = _flush = _check = _repair = _kill = _nothing


def _if(cursor: Cursor) -> Iterator[Action]:
    yield Dynamic(text=said(cursor.words)[:200])
