"""The clauses of ALTER TABLE by their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from migration_guards.actions import (
    Action,
    AlterOnline,
    AlterStorage,
    AlterTable,
    AttachPartition,
    ChangePartitions,
    Delete,
    DetachPartition,
    Opaque,
    RowSecurity,
    Trigger,
    Update,
    ValidateConstraint,
)
from migration_guards.model import Clause, Dialect
from migration_guards.objects import SetSchema
from migration_guards.sql import members
from migration_guards.sql.cursor import Cursor, parted, said
from migration_guards.sql.lexer import Word
from migration_guards.sql.redefinitions import altered_column
from migration_guards.sql.tables import options
from rules.core.source import Span

_PARTITIONING = (
    "PARTITION", "REMOVE", "REORGANIZE", "TRUNCATE", "EXCHANGE", "COALESCE", "ANALYZE", "CHECK", "OPTIMIZE", "REBUILD",
    "REPAIR", "DISCARD", "IMPORT", "FREEZE", "MOVE", "REPLACE", "FETCH",
)  # fmt: skip
_OF_NO_CONCERN = (
    "OWNER", "INHERIT", "REPLICA", "CLUSTER", "RESET", "WITH", "WITHOUT", "ORDER", "OF", "NOT", "WAIT", "NOWAIT",
    "UNION", "NOCHECK",
)  # fmt: skip

Handler = Callable[[Cursor, str], Iterator[Action]]

_ONLINE = ("ALGORITHM", "LOCK")


def altered(cursor: Cursor) -> Iterator[Clause]:
    """The clauses from the table's name on, each with its own place; offsets count characters."""
    cursor.take("IF", "EXISTS")
    cursor.take("ONLY")
    table = cursor.name()
    if cursor.take("ON", "CLUSTER"):
        cursor.name()
    cursor.skip("*", "NOWAIT")
    if cursor.take("WITH"):
        cursor.take_any("CHECK", "NOCHECK")
    asked: dict[str, str] = {}
    place: Span | None = None
    for verb, part in _parts(cursor):
        span = Span(part[0].start, part[-1].end)
        inner = cursor.inside([*verb, *part])
        if (word := inner.take_any(*_ONLINE)) and inner.word is not None:
            inner.take("=")
            asked[word] = said(inner.rest).lower()
            place = span
        else:
            for action in _clause(inner, table):
                yield Clause(action, span)
    if place is not None:
        yield Clause(AlterOnline(table, asked.get("ALGORITHM", ""), asked.get("LOCK", "")), place)


def _parts(cursor: Cursor) -> Iterator[tuple[list[Word], list[Word]]]:
    """The words of each clause, behind the verb that it leaves out: SQL Server says it once for several. Commas between
    partitions part nothing."""
    verb: list[Word] = []
    together: list[Word] = []
    for part in parted(cursor.rest):
        inner = cursor.inside(part)
        starts = inner.upper in _CLAUSES or inner.upper in _ONLINE
        if together and not starts:
            together += part
            continue
        if together:
            yield [], together
            together = []
        if _lists_partitions(inner):
            together = part
        elif not starts and cursor.dialect is Dialect.OTHER:
            yield verb, part
        else:
            verb = [word for word in part[:2] if word.upper in ("ADD", "DROP", "COLUMN", "CONSTRAINT")]
            yield [], part
    if together:
        yield [], together


def _lists_partitions(cursor: Cursor) -> bool:
    first = cursor.upper in ("PARTITION", "REORGANIZE", "ORDER")
    return first or (cursor.upper != "ADD" and cursor.peek() == "PARTITION")


def _clause(cursor: Cursor, table: str) -> Iterator[Action]:
    handler = _CLAUSES.get(cursor.upper)
    if handler is None:
        yield from _storage(cursor, table)
        return
    cursor.at += 1
    yield from handler(cursor, table)


_STORAGES = {"engine": "engine", "row_format": "row format", "charset": "options", "collate": "options"}


def _storage(cursor: Cursor, table: str) -> Iterator[Action]:
    """Options of MySQL, several without a comma too. A word that is none, elsewhere, is not understood."""
    words = cursor.rest
    found = list(options(cursor))
    for name, value in found:
        what = _STORAGES.get(name)
        yield AlterStorage(table, what, value) if what else AlterTable(table, name)
    if not found and cursor.dialect is Dialect.OTHER:
        yield AlterTable(table, said(words[:3]).lower())
    elif not found:
        yield Opaque(table, f"{said(words[:2])[:40]} is no clause of ALTER TABLE that is known")


def _validate(cursor: Cursor, table: str) -> Iterator[Action]:
    cursor.take("CONSTRAINT")
    yield ValidateConstraint(table, cursor.name())


def _convert(cursor: Cursor, table: str) -> Iterator[Action]:
    """CONVERT TO CHARACTER SET: every text of the table is written anew."""
    cursor.take("TO")
    value = next((value for name, value in options(cursor) if name == "charset"), "")
    yield AlterStorage(table, "charset", value)


def _force(cursor: Cursor, table: str) -> Iterator[Action]:
    security = cursor.take("ROW", "LEVEL", "SECURITY")
    yield RowSecurity(table, "force") if security else AlterStorage(table, "force")


def _partitions(cursor: Cursor, table: str) -> Iterator[Action]:
    """What stands before PARTITION is what happens to partitions; PARTITION BY makes them."""
    what = cursor.words[0].text.lower()
    if what == "partition":
        what = "partition by"
    known = what in ("partition by", "coalesce", "reorganize") or cursor.upper in ("PARTITION", "PARTITIONING")
    yield ChangePartitions(table, what) if known else AlterTable(table, said(cursor.words[:2]).lower())


def _attach(cursor: Cursor, table: str) -> Iterator[Action]:
    cursor.take("PARTITION")
    name = cursor.name()
    yield AttachPartition(table, name, cursor.upper == "DEFAULT")


def _detach(cursor: Cursor, table: str) -> Iterator[Action]:
    cursor.take("PARTITION")
    name = cursor.name()
    yield DetachPartition(table, name, cursor.upper == "CONCURRENTLY")


def _switch(cursor: Cursor, table: str) -> Iterator[Action]:
    """ENABLE and DISABLE of row security and of triggers; NO FORCE of row security."""
    what = cursor.words[0].text.lower()
    if what == "no" and cursor.take("FORCE"):
        what = "no force"
    cursor.take_any("REPLICA", "ALWAYS")
    if cursor.take("ROW", "LEVEL", "SECURITY"):
        yield RowSecurity(table, what)
    elif cursor.take("TRIGGER"):
        everyone = cursor.upper in ("ALL", "USER")
        yield Trigger(table, cursor.upper.lower() if everyone else cursor.name(), what)
    else:
        yield AlterTable(table, said(cursor.words[:2]).lower())


def _set(cursor: Cursor, table: str) -> Iterator[Action]:
    if cursor.take("SCHEMA"):
        yield SetSchema(table, "table", table, cursor.name())
    elif cursor.upper in ("LOGGED", "UNLOGGED"):
        yield AlterStorage(table, cursor.upper.lower())
    elif cursor.take("TABLESPACE"):
        yield AlterStorage(table, "tablespace", cursor.name())
    elif cursor.take("ACCESS", "METHOD"):
        yield AlterStorage(table, "access method", cursor.name())
    else:
        yield AlterStorage(table, "options")


def _rows(cursor: Cursor, table: str) -> Iterator[Action]:
    """ClickHouse changes rows by ALTER TABLE ... DELETE WHERE and UPDATE ... WHERE, which it demands."""
    yield Delete(table, True) if cursor.words[0].upper == "DELETE" else Update(table, (), True)


def _other(cursor: Cursor, table: str) -> Iterator[Action]:
    yield AlterTable(table, said(cursor.words[:2]).lower())


_CLAUSES: Mapping[str, Handler] = {
    "ADD": members.added, "DROP": members.dropped, "MODIFY": members.modified, "CHANGE": members.changed,
    "RENAME": members.renamed, "ALTER": altered_column, "VALIDATE": _validate, "CONVERT": _convert, "FORCE": _force,
    "ATTACH": _attach, "DETACH": _detach, "SET": _set, "ENABLE": _switch, "DISABLE": _switch, "NO": _switch,
    "DELETE": _rows, "UPDATE": _rows,
    **dict.fromkeys(_PARTITIONING, _partitions),
    **dict.fromkeys(_OF_NO_CONCERN, _other),
}  # fmt: skip
