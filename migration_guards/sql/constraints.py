"""Constraints and indexes of tables by their words."""

from __future__ import annotations

from migration_guards.definitions import Constraint, Holds, Index
from migration_guards.model import Dialect
from migration_guards.sql.columns import names, reference
from migration_guards.sql.cursor import Cursor, parted, said, unwrapped
from migration_guards.sql.lexer import Word

_KINDS = frozenset({"PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"})
_INLINE = frozenset({"KEY", "INDEX", "FULLTEXT", "SPATIAL", "UNIQUE", "VECTOR"})


def is_constraint(cursor: Cursor) -> bool:
    """Whether a constraint of the table begins here, and no column that has such a name."""
    if cursor.upper == "CONSTRAINT":
        return True
    if cursor.upper == "UNIQUE":
        return cursor.peek() in ("(", "KEY", "INDEX", "USING", "NULLS", "CLUSTERED", "NONCLUSTERED")
    return cursor.upper in _KINDS or (cursor.upper == "NOT" and cursor.peek() == "NULL")


def constraint(cursor: Cursor) -> Constraint:
    """A constraint of a table from CONSTRAINT, or from its kind, to the end of the words."""
    name = ""
    if cursor.take("CONSTRAINT") and cursor.upper not in _KINDS:
        name = cursor.name()
    if cursor.take("PRIMARY", "KEY"):
        return _keyed(cursor, Holds.PRIMARY, name)
    if cursor.take("UNIQUE"):
        return _keyed(cursor, Holds.UNIQUE, name)
    if cursor.take("FOREIGN", "KEY"):
        cursor.take("IF", "NOT", "EXISTS")
        given = cursor.name()
        columns = names(cursor, cursor.group())
        far = reference(cursor) if cursor.take("REFERENCES") else None
        return Constraint(Holds.FOREIGN, name or given, columns, far, not_valid=_is_not_valid(cursor))
    if cursor.take("CHECK"):
        group = cursor.group()
        off = "NOT ENFORCED" in " ".join(cursor.uppers)
        return Constraint(
            Holds.CHECK, name, expression=said(group), not_valid=_is_not_valid(cursor), enforced=not off,
            proves=() if off else _proved(cursor, group),
        )  # fmt: skip
    if cursor.take("NOT", "NULL"):
        return Constraint(Holds.NOT_NULL, name, (cursor.name(),), not_valid=_is_not_valid(cursor))
    return Constraint(Holds.EXCLUDE if cursor.take("EXCLUDE") else Holds.UNKNOWN, name)


def _keyed(cursor: Cursor, holds: Holds, name: str) -> Constraint:
    cursor.skip("KEY", "INDEX", "CLUSTERED", "NONCLUSTERED", "NULLS", "NOT", "DISTINCT")
    if cursor.take("USING", "INDEX"):
        return Constraint(holds, name, using_index=cursor.name())
    given = cursor.name() if cursor.upper not in ("(", "USING") else ""
    cursor.until("(")
    return Constraint(holds, name or given, names(cursor, cursor.group()))


def _is_not_valid(cursor: Cursor) -> bool:
    return "NOT VALID" in " ".join(cursor.uppers)


def _proved(cursor: Cursor, condition: list[Word]) -> tuple[str, ...]:
    """The columns that a CHECK shows to be not null: those of `a IS NOT NULL`, joined by AND alone."""
    condition = unwrapped(condition)
    if len(list(parted(condition, "OR"))) > 1:
        return ()
    found = []
    for part in parted(condition, "AND"):
        inner = cursor.inside(unwrapped(part))
        name = inner.name()
        if inner.uppers in (["IS", "NOT", "NULL"], ["NOTNULL"]):
            found.append(name)
    return tuple(found)


def is_inline_index(cursor: Cursor) -> bool:
    """Whether KEY, INDEX or the like begins here: MySQL's, and none of PostgreSQL or SQLite, where it is a column."""
    if cursor.dialect in (Dialect.POSTGRES, Dialect.SQLITE):
        return False
    return cursor.upper in _INLINE and (cursor.upper != "UNIQUE" or cursor.peek() in ("KEY", "INDEX"))


def inline_index(cursor: Cursor, table: str) -> Index:
    """An index inside CREATE TABLE or behind ADD, from its kind to the end of the words."""
    method = cursor.take_any("FULLTEXT", "SPATIAL", "VECTOR").lower()
    unique = cursor.take("UNIQUE")
    cursor.take_any("KEY", "INDEX")
    cursor.take("IF", "NOT", "EXISTS")
    name = cursor.name() if cursor.upper not in ("(", "USING") else ""
    return Index(name, table, _indexed(cursor), unique, method or _method(cursor))


def _indexed(cursor: Cursor) -> tuple[str, ...]:
    cursor.until("(")
    return names(cursor, cursor.group())


def _method(cursor: Cursor) -> str:
    """The method that USING names anywhere; none for the usual one."""
    uppers = [word.upper for word in cursor.words]
    at = uppers.index("USING") + 1 if "USING" in uppers else len(uppers)
    found = cursor.words[at].bare.lower() if at < len(uppers) else ""
    return "" if found == "btree" else found


def created_index(cursor: Cursor, options: frozenset[str]) -> Index:
    """The index of CREATE INDEX from its name on; empty columns when it names no table."""
    name = "" if cursor.upper == "ON" else cursor.name()
    cursor.until("ON")
    cursor.take("ON")
    only = cursor.take("ONLY")
    table = cursor.name()
    method = next((kind.lower() for kind in ("FULLTEXT", "SPATIAL", "VECTOR") if kind in options), "")
    columns = _indexed(cursor)
    partial = "WHERE" in cursor.uppers
    return Index(name, table, columns, "UNIQUE" in options, method or _method(cursor), partial, only)
