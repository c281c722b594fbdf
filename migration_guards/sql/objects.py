"""CREATE, ALTER, DROP and RENAME of what is no table, and DROP and RENAME of tables, by their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from migration_guards.actions import (
    Action,
    AttachIndex,
    CreateIndex,
    CreateTable,
    DropIndex,
    DropTable,
    Other,
    Policy,
    Privilege,
    RenameIndex,
    RenameTable,
    Trigger,
    Truncate,
)
from migration_guards.objects import (
    AddEnumValue,
    AlterDomain,
    CreateEnum,
    CreateObject,
    DropObject,
    RenameEnumValue,
    RenameObject,
    SetSchema,
)
from migration_guards.sql.constraints import created_index
from migration_guards.sql.cursor import Cursor, parted, said
from migration_guards.sql.lexer import Kind
from migration_guards.sql.tables import created_table, online

_OBJECTS = frozenset({
    "TABLE", "VIEW", "INDEX", "TRIGGER", "PROCEDURE", "PROC", "FUNCTION", "EVENT", "PACKAGE", "DATABASE", "SCHEMA",
    "TYPE", "SEQUENCE", "EXTENSION", "DOMAIN", "ROLE", "USER", "GROUP", "RULE", "POLICY", "SERVER", "TABLESPACE",
    "PUBLICATION", "SUBSCRIPTION", "COLLATION", "CAST", "OPERATOR", "LANGUAGE", "DICTIONARY", "SYNONYM", "STATISTICS",
    "CONVERSION", "TRANSFORM", "RESOURCE", "LOGFILE", "UNDO", "MAPPING", "LARGE", "SYSTEM", "DEFAULT", "INSTANCE",
    "CONSTRAINT", "TEXT", "ACCESS", "LOGIN", "CREDENTIAL", "QUOTA", "PROFILE", "OWNED", "PREPARE",
    "AGGREGATE", "TABLES",
})  # fmt: skip
_VOLATILITY = frozenset({"IMMUTABLE", "STABLE", "VOLATILE"})
_PEOPLE = frozenset({"ROLE", "USER", "GROUP", "LOGIN"})


def _object(cursor: Cursor) -> tuple[str, frozenset[str]]:
    """The kind of object, in capitals, behind the words that come before it, which are given too."""
    before: set[str] = set()
    while cursor.word is not None:
        word = cursor.upper
        heads = word in ("AGGREGATE", "CONSTRAINT", "TEXT", "EVENT", "DEFAULT") and cursor.peek() in _OBJECTS
        if word in _OBJECTS and not heads:
            cursor.at += 1
            return word, frozenset(before)
        before.add(word)
        cursor.at += 1
    return "", frozenset(before)


def created(cursor: Cursor) -> Iterator[Action]:
    """CREATE, from behind that word on; nothing when no object is named."""
    what, modifiers = _object(cursor)
    if what in _MAKERS:
        yield from _MAKERS[what](cursor, modifiers)
    elif what in _PEOPLE:
        yield Privilege(what="create role", broad="SUPERUSER" in cursor.uppers)
    elif what:
        cursor.take("IF", "NOT", "EXISTS")
        name = cursor.name()
        volatile = next((word for word in cursor.uppers if what == "FUNCTION" and word in _VOLATILITY), "")
        yield CreateObject("", _kind(what, modifiers), name, "REPLACE" in modifiers, volatility=volatile.lower())


def _kind(what: str, modifiers: frozenset[str]) -> str:
    return "materialized view" if "MATERIALIZED" in modifiers else what.lower()


def _table(cursor: Cursor, modifiers: frozenset[str]) -> Iterator[Action]:
    """OR REPLACE of MariaDB drops the old table; the columns of SQLite's virtual tables are their module's."""
    if "VIRTUAL" in modifiers:
        cursor.take("IF", "NOT", "EXISTS")
        yield CreateTable(cursor.name())
    elif (table := created_table(cursor, modifiers)) is not None:
        if "REPLACE" in modifiers:
            yield DropTable(table.table, if_exists=True)
        yield table


def _index(cursor: Cursor, modifiers: frozenset[str]) -> Iterator[Action]:
    concurrently = cursor.take("CONCURRENTLY")
    exists = cursor.take("IF", "NOT", "EXISTS")
    made = created_index(cursor, modifiers)
    if made.table:
        yield CreateIndex(made.table, made, concurrently, exists)
        yield from online(cursor, made.table)


def _trigger(cursor: Cursor, modifiers: frozenset[str]) -> Iterator[Action]:
    cursor.take("IF", "NOT", "EXISTS")
    name = cursor.name()
    cursor.until("ON")
    if cursor.take("ON"):
        yield Trigger(cursor.name(), name, "create")


def _policy(cursor: Cursor, modifiers: frozenset[str]) -> Iterator[Action]:
    name = cursor.name()
    cursor.until("ON")
    cursor.take("ON")
    table = cursor.name()
    yield Policy(table, name, "create", "RESTRICTIVE" in cursor.uppers)


def _rule(cursor: Cursor, modifiers: frozenset[str]) -> Iterator[Action]:
    name = cursor.name()
    cursor.until("TO")
    cursor.take("TO")
    yield CreateObject(cursor.name(), "rule", name, "REPLACE" in modifiers)


def _type(cursor: Cursor, modifiers: frozenset[str]) -> Iterator[Action]:
    name = cursor.name()
    if cursor.take("AS", "ENUM"):
        yield CreateEnum("", name, tuple(word.bare for word in cursor.group() if word.kind is Kind.STRING))
    else:
        yield CreateObject("", "type", name)


_MAKERS: Mapping[str, Callable[[Cursor, frozenset[str]], Iterator[Action]]] = {
    "TABLE": _table, "INDEX": _index, "TRIGGER": _trigger, "POLICY": _policy, "RULE": _rule, "TYPE": _type,
}  # fmt: skip


def dropped(cursor: Cursor) -> Iterator[Action]:
    """DROP, from behind that word on: an action for each name."""
    what, modifiers = _object(cursor)
    concurrently = cursor.take("CONCURRENTLY")
    exists = cursor.take("IF", "EXISTS")
    cascade = "CASCADE" in cursor.uppers
    kind = _kind(what, modifiers)
    for part in parted(cursor.rest):
        inner = cursor.inside(part)
        name = inner.name()
        table = inner.name() if _reaches_table(inner) else ""
        if what == "PREPARE" or "TEMPORARY" in modifiers:
            yield Other(what=f"drop {kind}")
        elif what in ("TABLE", "TABLES"):
            yield DropTable(name, cascade, exists)
        elif what == "INDEX":
            yield DropIndex(table, name, concurrently, exists, cascade)
            yield from online(inner, table)
        elif what == "TRIGGER":
            yield Trigger(table, name, "drop")
        elif what == "POLICY":
            yield Policy(table, name, "drop")
        elif what in _PEOPLE or what == "OWNED":
            yield Privilege("", "drop owned" if what == "OWNED" else "drop role", what == "OWNED")
        elif what and name:
            yield DropObject(table, kind, name, cascade, exists)


def _reaches_table(cursor: Cursor) -> bool:
    """Whether ON stands somewhere ahead; the cursor then stands behind it."""
    cursor.until("ON")
    found = cursor.take("ON")
    if not found:
        cursor.at = 0
    return found


def changed(cursor: Cursor) -> Iterator[Action]:
    """ALTER of anything but a table, from behind that word on."""
    start = cursor.at
    what, modifiers = _object(cursor)
    kind = _kind(what, modifiers)
    cursor.take("IF", "EXISTS")
    name = cursor.name()
    specific = {"TYPE": _changed_type, "DOMAIN": _changed_domain, "INDEX": _changed_index, "VIEW": _changed_view}
    if what in _PEOPLE:
        yield Privilege("", "alter role", "SUPERUSER" in cursor.uppers)
    elif what == "SYSTEM":
        yield Privilege("", "alter system", True)
    elif what in ("TRIGGER", "POLICY"):
        table = cursor.name() if _reaches_table(cursor) else ""
        yield Trigger(table, name, "rename") if what == "TRIGGER" else Policy(table, name, "alter")
    elif cursor.take("SET", "SCHEMA"):
        yield SetSchema("", kind, name, cursor.name())
    elif cursor.take("RENAME", "TO"):
        yield RenameIndex("", name, cursor.name()) if what == "INDEX" else RenameObject("", kind, name, cursor.name())
    elif what in specific and (action := specific[what](cursor, name)) is not None:
        yield action
    elif what:
        yield Other(what=f"alter {said(cursor.words[start : start + 1]).lower()}")


def _changed_type(cursor: Cursor, name: str) -> Action | None:
    if cursor.take("ADD", "VALUE"):
        exists = cursor.take("IF", "NOT", "EXISTS")
        word = cursor.next()
        placed = bool({"BEFORE", "AFTER"} & set(cursor.uppers))
        return AddEnumValue("", name, word.bare if word else "", placed, exists)
    if cursor.take("RENAME", "VALUE"):
        old, new = [*(word.bare for word in cursor.rest if word.kind is Kind.STRING), "", ""][:2]
        return RenameEnumValue("", name, old, new)
    return None


def _changed_domain(cursor: Cursor, name: str) -> Action:
    words = " ".join(cursor.uppers)
    known = ("ADD CONSTRAINT", "VALIDATE CONSTRAINT", "DROP CONSTRAINT", "SET NOT NULL", "DROP NOT NULL")
    what = "add constraint" if words.startswith("ADD") else next((k for k in known if words.startswith(k)), "other")
    return AlterDomain("", name, what.lower(), words.endswith("NOT VALID"))


def _changed_index(cursor: Cursor, name: str) -> Action | None:
    return AttachIndex("", name, cursor.name()) if cursor.take("ATTACH", "PARTITION") else None


def _changed_view(cursor: Cursor, name: str) -> Action | None:
    """MySQL says a whole view again by ALTER VIEW."""
    return CreateObject("", "view", name, True) if "AS" in cursor.uppers else None


def renamed(cursor: Cursor) -> Iterator[Action]:
    """RENAME TABLE a TO b, c TO d; of ClickHouse and others too. Of users it is no concern."""
    what = cursor.take_any("TABLE", "TABLES", "USER", "COLUMN", "DATABASE", "DICTIONARY")
    for part in parted(cursor.rest):
        inner = cursor.inside(part)
        inner.take("IF", "EXISTS")
        old = inner.name()
        inner.take("WAIT")
        inner.until("TO")
        if inner.take("TO"):
            new = inner.name()
            table = what in ("TABLE", "TABLES", "")
            yield RenameTable(old, new) if table else RenameObject("", what.lower(), old, new)


def truncated(cursor: Cursor) -> Iterator[Action]:
    """TRUNCATE, from behind that word on: an action for each table."""
    cursor.take("TABLE")
    cursor.take("IF", "EXISTS")
    cascade = "CASCADE" in cursor.uppers
    for part in parted(cursor.rest):
        inner = cursor.inside(part)
        inner.take("ONLY")
        name = inner.name()
        if name:
            yield Truncate(name, cascade)


STATEMENTS: Mapping[str, Callable[[Cursor], Iterator[Action]]] = {
    "CREATE": created, "DROP": dropped, "ALTER": changed, "RENAME": renamed, "TRUNCATE": truncated,
}  # fmt: skip
