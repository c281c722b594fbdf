"""Which changes MySQL and MariaDB make in place, and which copy the table.

Measured on MariaDB 10.11 by asking for each ALGORITHM in turn; the tables of the documentation of MySQL 8.4, Online DDL
Operations, say the same of InnoDB.
"""

from __future__ import annotations

import re
from enum import StrEnum

from migration_guards.definitions import Column

MAX_BYTES_A_CHARACTER = 4
"""utf8mb4, the default since MySQL 8.0."""

_SIZED = re.compile(r"(varchar|varbinary)\((\d+)\)")
_ENUM = re.compile(r"(?:enum|set)\s*\((.*)\)", re.S | re.I)
_VALUE = re.compile(r"'((?:[^'\\]|''|\\.)*)'")
_SYNONYMS = {"integer": "int", "int4": "int", "bool": "tinyint(1)", "boolean": "tinyint(1)", "dec": "decimal"}
_WIDTHS = ("tinyint", "smallint", "mediumint", "int", "bigint")
_TEXTS = ("tinytext", "text", "mediumtext", "longtext")
_DISPLAY = re.compile(r"\b(tinyint|smallint|mediumint|int|bigint)\(\d+\)")


class Change(StrEnum):
    """What a change of type costs."""

    FREE = "free"
    COPY = "copy"
    UNKNOWN = "unknown"


def normal(type_: str) -> str:
    """A type without what changes nothing: display widths, blanks, synonyms. `tinyint(1)` is kept."""
    plain = " ".join(type_.lower().split()).replace(" (", "(").replace("( ", "(").replace(", ", ",")
    plain = plain if plain.startswith("tinyint(1)") else _DISPLAY.sub(r"\1", plain)
    head, _, rest = plain.partition(" ")
    return f"{_SYNONYMS.get(head, head)} {rest}".strip()


def values(type_: str) -> tuple[str, ...]:
    """The values of an ENUM or SET; empty for other types."""
    match = _ENUM.match(type_.strip())
    return tuple(_VALUE.findall(match[1])) if match else ()


def change(old: str, new: str) -> Change:
    """What it costs to change a column from one type to another."""
    if not old:
        return Change.UNKNOWN
    was, name = normal(old), normal(new)
    if was == name:
        return Change.FREE
    if values(was) and values(name):
        appended = values(name)[: len(values(was))] == values(was)
        return Change.FREE if appended and _storage(was) == _storage(name) else Change.COPY
    one, two = _SIZED.fullmatch(was), _SIZED.fullmatch(name)
    if one and two and one[1] == two[1]:
        sizes = [int(match[2]) * (MAX_BYTES_A_CHARACTER if match[1] == "varchar" else 1) for match in (one, two)]
        same_prefix = (sizes[0] > 255) == (sizes[1] > 255)
        return Change.FREE if sizes[1] >= sizes[0] and same_prefix else Change.COPY
    return Change.COPY


def _storage(type_: str) -> int:
    """How many bytes one value of an ENUM or SET takes."""
    count = len(values(type_))
    if type_.lstrip().lower().startswith("set"):
        return (count + 7) // 8
    return 1 if count < 256 else 2


def narrows(old: str, new: str) -> bool:
    """Whether values that fit the old type may not fit the new one."""
    was, name = normal(old), normal(new)
    one, two = _SIZED.fullmatch(was), _SIZED.fullmatch(name)
    if one and two:
        return int(two[2]) < int(one[2])
    if was in _TEXTS:
        return two is not None or (name in _TEXTS and _TEXTS.index(name) < _TEXTS.index(was))
    heads = [one_.split("(")[0].split(" ")[0] for one_ in (was, name)]
    if heads[0] in _WIDTHS and heads[1] in _WIDTHS:
        return _WIDTHS.index(heads[1]) < _WIDTHS.index(heads[0])
    return False


def lost_attributes(old: Column, new: Column) -> list[str]:
    """What MODIFY takes away because it does not say it again."""
    lost = []
    if old.not_null and not new.not_null and not new.primary and not old.primary:
        lost.append("NOT NULL")
    if old.default and not new.default and not new.identity:
        lost.append(f"DEFAULT {old.default}")
    if old.identity and not new.identity:
        lost.append("AUTO_INCREMENT")
    if old.collation and not new.collation:
        lost.append(f"COLLATE {old.collation}")
    kept = {_first(attribute) for attribute in new.attributes}
    lost += [
        attribute.upper() if "'" not in attribute else attribute
        for attribute in old.attributes
        if _first(attribute) not in kept
    ]
    return lost


def _first(attribute: str) -> str:
    return attribute.partition(" ")[0].lower()
