"""The clauses of ALTER TABLE by their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterIdentity,
    AlterOnline,
    AlterStorage,
    AlterTable,
    AlterType,
    AttachPartition,
    ChangePartitions,
    CreateIndex,
    Delete,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    ModifyColumn,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenameTable,
    RowSecurity,
    SetDefault,
    SetNotNull,
    Trigger,
    Update,
    ValidateConstraint,
)
from migration_guards.definitions import Constraint, Holds
from migration_guards.model import Clause
from migration_guards.objects import SetSchema
from migration_guards.sql.columns import column, constraint, index
from migration_guards.sql.cursor import Cursor, parted, said
from migration_guards.sql.tokens import Word
from rules.core.source import Span

_HELD = ("CONSTRAINT", "PRIMARY", "FOREIGN", "CHECK", "EXCLUDE")


def altered(cursor: Cursor) -> Iterator[Clause]:
    """The clauses from the table's name on, each with its own place; offsets count characters."""
    cursor.take("IF", "EXISTS")
    cursor.take("ONLY")
    table = cursor.name()
    if cursor.take("ON", "CLUSTER"):
        cursor.next()
    online: dict[str, str] = {}
    parts = list(parted(cursor.words[cursor.at :]))
    last: list[Word] = []
    for part in parts:
        inner = cursor.inside(part)
        if _online(inner, online):
            last = part
            continue
        span = Span(part[0].start, part[-1].end)
        for action in _clause(inner, table):
            yield Clause(action, span)
    if online:
        place = Span(last[0].start, last[-1].end)
        yield Clause(AlterOnline(table, online.get("ALGORITHM", ""), online.get("LOCK", "")), place)


def _online(cursor: Cursor, online: dict[str, str]) -> bool:
    text = said(cursor.words).replace("=", " = ").split()
    if text and text[0].upper() in ("ALGORITHM", "LOCK") and len(text) > 1:
        online[text[0].upper()] = text[-1].lower()
        return True
    return False


def _clause(cursor: Cursor, table: str) -> Iterator[Action]:
    start = cursor.upper
    handler = globals().get(f"_{start.lower()}")
    if handler is not None and start in _STARTS:
        cursor.at += 1
        yield from handler(cursor, table)
    elif (storage := _storage(cursor)) is not None:
        yield AlterStorage(table, *storage)
    else:
        yield AlterTable(table, said(cursor.words[:3]).lower())


_STARTS = frozenset({
    "ADD", "DROP", "MODIFY", "CHANGE", "RENAME", "ALTER", "VALIDATE", "CONVERT", "FORCE", "PARTITION", "REMOVE",
    "REORGANIZE", "TRUNCATE", "EXCHANGE", "ATTACH", "DETACH", "ENABLE", "DISABLE", "SET", "DELETE", "UPDATE",
    "COALESCE",
})  # fmt: skip


def _storage(cursor: Cursor) -> tuple[str, str] | None:
    text = said(cursor.words).replace("=", " ").split()
    heads = {"ENGINE": "engine", "ROW_FORMAT": "row format"}
    if text and text[0].upper() in heads:
        return heads[text[0].upper()], text[-1].lower()
    upper = [word.upper() for word in text]
    if upper[:1] == ["CHARSET"] or upper[:2] in (
        ["CHARACTER", "SET"],
        ["DEFAULT", "CHARSET"],
        ["DEFAULT", "CHARACTER"],
    ):
        return "options", text[-1].lower()
    return None


def _add(cursor: Cursor, table: str) -> Iterator[Action]:
    if cursor.take("PARTITION"):
        yield ChangePartitions(table, "add")
        return
    place = cursor.at
    if (made := index(cursor, table)) is not None:
        yield (
            AddConstraint(table, Constraint(Holds.UNIQUE, made.name, made.columns))
            if made.unique
            else CreateIndex(table, made)
        )
        return
    cursor.at = place
    if cursor.upper in _HELD or (cursor.upper == "UNIQUE" and cursor.peek() in ("KEY", "INDEX", "(")):
        held = constraint(cursor)
        if held is not None:
            yield AddConstraint(table, held)
        return
    if cursor.upper == "UNIQUE":
        held = constraint(cursor)
        if held is not None:
            yield AddConstraint(table, held)
        return
    cursor.take("COLUMN")
    exists = cursor.take("IF", "NOT", "EXISTS")
    if cursor.word and cursor.word.text == "(":
        for part in parted(cursor.group()):
            yield AddColumn(table, column(cursor.inside(part)), exists)
        return
    position = _position(cursor)
    yield AddColumn(table, column(cursor), exists, position)


def _position(cursor: Cursor) -> str:
    """FIRST or AFTER at the end of a column; the cursor stays where it is."""
    uppers = [word.upper for word in cursor.words]
    if uppers and uppers[-1] == "FIRST":
        return "first"
    return cursor.words[-1].text.strip('`"') if len(uppers) > 1 and uppers[-2] == "AFTER" else ""


def _drop(cursor: Cursor, table: str) -> Iterator[Action]:
    if cursor.take("PRIMARY", "KEY"):
        yield DropConstraint(table, "", Holds.PRIMARY)
        return
    kinds = {"FOREIGN": Holds.FOREIGN, "CHECK": Holds.CHECK, "CONSTRAINT": Holds.UNKNOWN}
    if kind := cursor.take_any(*kinds):
        cursor.take("KEY")
        exists = cursor.take("IF", "EXISTS")
        yield DropConstraint(table, cursor.name(), kinds[kind], cursor.upper == "CASCADE", exists)
    elif cursor.take_any("INDEX", "KEY"):
        exists = cursor.take("IF", "EXISTS")
        yield DropIndex(table, cursor.name(), if_exists=exists)
    elif cursor.take("PARTITION"):
        yield ChangePartitions(table, "drop")
    else:
        cursor.take("COLUMN")
        exists = cursor.take("IF", "EXISTS")
        yield DropColumn(table, cursor.name(), cursor.upper == "CASCADE", exists)


def _modify(cursor: Cursor, table: str) -> Iterator[Action]:
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    position = _position(cursor)
    made = column(cursor)
    yield ModifyColumn(table, made.name, made, position)


def _change(cursor: Cursor, table: str) -> Iterator[Action]:
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    name = cursor.name()
    position = _position(cursor)
    yield ModifyColumn(table, name, column(cursor), position)


def _rename(cursor: Cursor, table: str) -> Iterator[Action]:
    if cursor.take_any("INDEX", "KEY"):
        name = cursor.name()
        cursor.take("TO")
        yield RenameIndex(table, name, cursor.name())
    elif cursor.take("CONSTRAINT"):
        name = cursor.name()
        cursor.take("TO")
        yield RenameConstraint(table, name, cursor.name())
    elif cursor.take_any("TO", "AS"):
        yield RenameTable(table, cursor.name())
    elif cursor.peek() == "TO" or cursor.upper == "COLUMN":
        cursor.take("COLUMN")
        name = cursor.name()
        cursor.take("TO")
        yield RenameColumn(table, name, cursor.name())
    else:
        yield RenameTable(table, cursor.name())


def _alter(cursor: Cursor, table: str) -> Iterator[Action]:
    if cursor.upper in ("INDEX", "CHECK", "CONSTRAINT"):
        yield AlterTable(table, f"alter {cursor.upper.lower()}")
        return
    cursor.take("COLUMN")
    name = cursor.name()
    if cursor.take("SET", "DEFAULT"):
        yield SetDefault(table, name, said(cursor.words[cursor.at :]))
    elif cursor.take("DROP", "DEFAULT"):
        yield DropDefault(table, name)
    elif cursor.take("SET", "NOT", "NULL"):
        yield SetNotNull(table, name)
    elif cursor.take("DROP", "NOT", "NULL"):
        yield DropNotNull(table, name)
    elif cursor.take("SET", "DATA", "TYPE") or cursor.take("TYPE"):
        kind = said(cursor.until("USING", "COLLATE")).lower()
        cursor.take("USING")
        yield AlterType(table, name, kind, said(cursor.words[cursor.at :]))
    elif cursor.upper in ("ADD", "DROP") and cursor.peek() in ("GENERATED", "IDENTITY", "EXPRESSION"):
        what = "add" if cursor.upper == "ADD" else "drop expression" if cursor.peek() == "EXPRESSION" else "drop"
        yield AlterIdentity(table, name, what)
    elif cursor.word is not None and cursor.upper not in ("SET", "RESET"):
        yield AlterType(table, name, said(cursor.until("NOT", "NULL", "USING")).lower())
    else:
        yield AlterTable(table, "alter column")


def _validate(cursor: Cursor, table: str) -> Iterator[Action]:
    cursor.take("CONSTRAINT")
    yield ValidateConstraint(table, cursor.name())


def _convert(cursor: Cursor, table: str) -> Iterator[Action]:
    yield AlterStorage(table, "charset", cursor.words[-1].text.lower())


def _force(cursor: Cursor, table: str) -> Iterator[Action]:
    yield AlterStorage(table, "force")


def _partitions(what: str) -> Callable[[Cursor, str], Iterator[Action]]:
    def found(cursor: Cursor, table: str) -> Iterator[Action]:
        yield ChangePartitions(table, what)

    return found


_partition = _partitions("partition by")
_remove = _partitions("remove")
_reorganize = _partitions("reorganize")
_truncate = _partitions("truncate")
_exchange = _partitions("exchange")
_coalesce = _partitions("coalesce")


def _attach(cursor: Cursor, table: str) -> Iterator[Action]:
    cursor.take("PARTITION")
    yield AttachPartition(table, cursor.name())


def _detach(cursor: Cursor, table: str) -> Iterator[Action]:
    cursor.take("PARTITION")
    yield DetachPartition(table, cursor.name(), cursor.upper == "CONCURRENTLY")


def _enable(cursor: Cursor, table: str, what: str = "enable") -> Iterator[Action]:
    if cursor.take("ROW", "LEVEL", "SECURITY"):
        yield RowSecurity(table, what)
    elif cursor.take("TRIGGER"):
        yield Trigger(table, cursor.name().lower(), what)
    else:
        yield AlterTable(table, what)


def _disable(cursor: Cursor, table: str) -> Iterator[Action]:
    yield from _enable(cursor, table, "disable")


def _set(cursor: Cursor, table: str) -> Iterator[Action]:
    if cursor.take("SCHEMA"):
        yield SetSchema(table, "table", table, cursor.name())
    elif cursor.upper in ("LOGGED", "UNLOGGED", "TABLESPACE"):
        yield AlterStorage(table, cursor.upper.lower())
    else:
        yield AlterTable(table, "set options")


def _delete(cursor: Cursor, table: str) -> Iterator[Action]:
    """ClickHouse: ALTER TABLE ... DELETE WHERE ..."""

    yield Delete(table, True)


def _update(cursor: Cursor, table: str) -> Iterator[Action]:
    """ClickHouse: ALTER TABLE ... UPDATE ... WHERE ..."""

    yield Update(table, (), True)
