"""Columns, constraints and indexes by their words."""

from __future__ import annotations

import re

from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.sql.cursor import Cursor, parted, said
from migration_guards.sql.tokens import Word

_ENDS = (
    "NOT", "NULL", "DEFAULT", "PRIMARY", "UNIQUE", "REFERENCES", "CHECK", "COLLATE", "GENERATED", "AS",
    "AUTO_INCREMENT", "AUTOINCREMENT", "COMMENT", "ON", "CONSTRAINT", "FIRST", "AFTER", "CHARACTER", "CHARSET", "KEY",
    "USING", "INVISIBLE", "VISIBLE", "STORED", "VIRTUAL", "DEFERRABLE", "INITIALLY", "BINARY", "ASCII", "UNICODE",
)  # fmt: skip
_CALL = re.compile(r"(\w+)\s*\(")
_BARE = frozenset({"CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"})
_NOT_NULL = re.compile(r"^\(?\s*[`\"]?(\w+)[`\"]?\s+IS\s+NOT\s+NULL\s*\)?$", re.I)


def column(cursor: Cursor) -> Column:
    """A column definition from its name on."""
    name = cursor.name()
    kind = _type(cursor)
    given: dict[str, object] = {}
    attributes: list[str] = []
    while cursor.word is not None:
        _attribute(cursor, given, attributes)
    generated = str(given.get("generated", ""))
    return Column(
        name,
        kind,
        bool(given.get("not_null")) or bool(given.get("primary")),
        str(given.get("default", "")),
        _calls(str(given.get("default", ""))),
        bool(given.get("identity")) or kind in ("serial", "bigserial"),
        generated,
        bool(given.get("primary")),
        bool(given.get("unique")),
        given.get("references"),  # type: ignore[arg-type]
        str(given.get("check", "")),
        str(given.get("collation", "")),
        tuple(attributes),
    )


def _type(cursor: Cursor) -> str:
    found: list[Word] = []
    while cursor.word is not None and cursor.upper not in _ENDS and cursor.word.text != ",":
        if cursor.word.text == "(":
            start = cursor.at
            cursor.group()
            found += cursor.words[start : cursor.at]
        else:
            found.append(cursor.word)
            cursor.at += 1
    text = re.sub(r"\s*([(),])\s*", r"\1", said(found))
    quoted = [word for word in found if word.is_quoted]
    plain = text if "'" in text else text.lower()
    return found[0].text[1:-1] if quoted and len(found) == 1 else _lower_head(plain)


def _lower_head(text: str) -> str:
    """`ENUM('A')` with its name in lower case and its values as they are."""
    head, paren, rest = text.partition("(")
    return head.lower() + paren + rest


def _attribute(cursor: Cursor, given: dict[str, object], attributes: list[str]) -> None:
    if cursor.take("NOT", "NULL"):
        given["not_null"] = True
    elif cursor.take("NULL"):
        given["null"] = True
    elif cursor.take("DEFAULT"):
        given["default"] = _default(cursor)
    elif cursor.take("PRIMARY", "KEY") or cursor.take("PRIMARY"):
        given["primary"] = True
    elif cursor.take("UNIQUE"):
        cursor.take("KEY")
        given["unique"] = True
    elif cursor.take_any("AUTO_INCREMENT", "AUTOINCREMENT"):
        given["identity"] = True
    elif cursor.take("REFERENCES"):
        given["references"] = reference(cursor)
    elif cursor.take("CHECK"):
        given["check"] = said(cursor.group())
    elif cursor.take("COLLATE"):
        cursor.take("=")
        given["collation"] = cursor.name().lower()
    elif cursor.upper in ("GENERATED", "AS"):
        _generated(cursor, given)
    else:
        _mysql(cursor, given, attributes)


def _mysql(cursor: Cursor, given: dict[str, object], attributes: list[str]) -> None:
    if cursor.take("COMMENT"):
        word = cursor.next()
        attributes.append(f"comment {word.text if word else ''}")
    elif cursor.take("ON", "UPDATE"):
        found = cursor.next()
        cursor.group()
        attributes.append(f"on update {found.text.lower() if found else ''}")
    elif cursor.take("CHARACTER", "SET") or cursor.take("CHARSET"):
        cursor.take("=")
        attributes.append(f"character set {cursor.name().lower()}")
    else:
        cursor.at += 1


def _default(cursor: Cursor) -> str:
    if cursor.word and cursor.word.text == "(":
        return f"({said(cursor.group())})"
    word = cursor.next()
    text = word.text if word else ""
    if text in ("-", "+"):
        sign = cursor.next()
        return text + (sign.text if sign else "")
    if cursor.word and cursor.word.text == "(":
        text += f"({said(cursor.group())})"
    return "" if text.upper() == "NULL" else text


def _calls(default: str) -> tuple[str, ...]:
    if default.startswith("'"):
        return ()
    bare = default.upper().strip("() ")
    if bare in _BARE:
        return (bare.lower(),)
    found = {name.lower() for name in _CALL.findall(default)}
    return tuple(sorted(found)) if found or not default.startswith("(") else ("expression",)


def _generated(cursor: Cursor, given: dict[str, object]) -> None:
    cursor.skip("GENERATED", "ALWAYS", "BY", "DEFAULT", "AS")
    if cursor.take("IDENTITY"):
        cursor.group()
        given["identity"] = True
        return
    cursor.group()
    given["generated"] = "stored" if cursor.take_any("STORED", "PERSISTENT") else "virtual"
    cursor.take("VIRTUAL")


def reference(cursor: Cursor) -> Reference:
    table = cursor.name()
    columns = names(cursor, cursor.group())
    action = ""
    while cursor.upper in ("ON", "MATCH"):
        kind = cursor.peek()
        cursor.at += 2
        did = cursor.take_any("CASCADE", "RESTRICT", "NO", "SET", "FULL", "SIMPLE")
        cursor.take_any("NULL", "DEFAULT", "ACTION")
        action = did.lower() if kind == "DELETE" else action
    return Reference(table, columns, action)


def names(cursor: Cursor, found: list[Word]) -> tuple[str, ...]:
    """The column names of an index or key, lengths and orders left out; expressions in parentheses."""
    result = []
    for part in parted(found):
        inner = cursor.inside(part)
        result.append(f"({said(part)})" if part[0].text == "(" else inner.name())
    return tuple(result)


def constraint(cursor: Cursor) -> Constraint | None:
    """A table constraint from CONSTRAINT, or its kind, on; None when it is none."""
    name = ""
    if cursor.take("CONSTRAINT"):
        kinds = ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "NOT")
        name = "" if cursor.upper in kinds else cursor.name()
    if cursor.take("PRIMARY", "KEY"):
        return _keyed(cursor, Holds.PRIMARY, name)
    if cursor.take("UNIQUE"):
        cursor.take_any("KEY", "INDEX")
        return _keyed(cursor, Holds.UNIQUE, name)
    if cursor.take("FOREIGN", "KEY"):
        name = name or ("" if cursor.word and cursor.word.text == "(" else cursor.name())
        columns = names(cursor, cursor.group())
        far = reference(cursor) if cursor.take("REFERENCES") else None
        return Constraint(Holds.FOREIGN, name, columns, far, not_valid=_ends_not_valid(cursor))
    if cursor.take("CHECK"):
        text = said(cursor.group())
        proved = _NOT_NULL.match(text)
        enforced = not cursor.take("NOT", "ENFORCED")
        proves = (proved[1],) if proved else ()
        return Constraint(Holds.CHECK, name, (), None, text, _ends_not_valid(cursor), "", enforced, proves)
    return Constraint(Holds.EXCLUDE, name) if cursor.take("EXCLUDE") else None


def _keyed(cursor: Cursor, holds: Holds, name: str) -> Constraint:
    cursor.take("NONCLUSTERED")
    if cursor.take("USING", "INDEX"):
        return Constraint(holds, name, using_index=cursor.name())
    if cursor.word and cursor.word.text != "(" and cursor.upper not in ("USING", "NULLS"):
        name = name or cursor.name()
    while cursor.word and cursor.word.text != "(":
        cursor.at += 1
    return Constraint(holds, name, names(cursor, cursor.group()))


def _ends_not_valid(cursor: Cursor) -> bool:
    rest = [word.upper for word in cursor.words[cursor.at :]]
    return rest[-2:] == ["NOT", "VALID"]


def index(cursor: Cursor, table: str) -> Index | None:
    """An index inside CREATE TABLE or behind ADD, from its kind on; None when it is none."""
    method = cursor.take_any("FULLTEXT", "SPATIAL").lower()
    unique = cursor.take("UNIQUE")
    if not cursor.take_any("KEY", "INDEX") and not method:
        return None
    cursor.take("IF", "NOT", "EXISTS")
    name = "" if cursor.word and cursor.word.text == "(" else cursor.name()
    while cursor.word and cursor.word.text != "(":
        cursor.at += 1
    return Index(name, table, names(cursor, cursor.group()), unique, method)
