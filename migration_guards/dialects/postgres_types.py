"""Which changes of a column's type PostgreSQL makes without touching the rows.

From the documentation of PostgreSQL 17, ALTER TABLE (Notes), and binary coercibility in pg_cast; the cases below were
measured on PostgreSQL 15.
"""

from __future__ import annotations

import re
from enum import StrEnum

_PARTS = re.compile(r"([a-z_\". ]+?)\s*(?:\(([\d,\s-]+)\))?( with(?:out)? time zone)?((?:\[\])*)$")
_TEXTS = frozenset({"text", "character varying", "varchar"})
_ALIASES = {
    "varchar": "character varying", "int": "integer", "int4": "integer", "int8": "bigint", "int2": "smallint",
    "bool": "boolean", "float8": "double precision", "float4": "real", "decimal": "numeric",
    "timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone", "char": "character",
}  # fmt: skip
_WIDTH = {"smallint": 1, "integer": 2, "bigint": 3}


class Conversion(StrEnum):
    """What a change of type costs: nothing, a rewrite, or nobody can say because the old type is not known."""

    FREE = "free"
    REWRITE = "rewrite"
    UNKNOWN = "unknown"


def parts(type_: str) -> tuple[str, tuple[int, ...], str]:
    """A type as its name, its numbers, and its array brackets."""
    match = _PARTS.match(type_.strip().lower())
    if match is None:
        return type_, (), ""
    name = _ALIASES.get(match[1].strip() + (match[3] or ""), match[1].strip() + (match[3] or ""))
    numbers = tuple(int(number) for number in (match[2] or "").split(",") if number.strip())
    return name, numbers, match[4]


def conversion(old: str, new: str, using: str = "") -> Conversion:
    """What it costs to change a column from one type to another."""
    if not old:
        return Conversion.UNKNOWN
    (was, had, arrays), (name, has, brackets) = parts(old), parts(new)
    if using and not _plain_cast(using):
        return Conversion.REWRITE
    if (was, had, arrays) == (name, has, brackets):
        return Conversion.FREE
    if arrays != brackets:
        return Conversion.REWRITE
    return Conversion.FREE if _coercible(was, had, name, has) else Conversion.REWRITE


def _plain_cast(using: str) -> bool:
    return (
        re.fullmatch(r'"?\w+"?(?:::[\w\s()\[\],"]+)?|CAST\("?\w+"? AS [\w\s()\[\],"]+\)', using.strip(), re.I)
        is not None
    )


def _coercible(was: str, had: tuple[int, ...], name: str, has: tuple[int, ...]) -> bool:
    if was in _TEXTS and name in _TEXTS:
        return not has or (bool(had) and had[0] <= has[0])
    if was != name:
        return (was, name) in {("cidr", "inet"), ("citext", "text"), ("text", "citext"), ("xml", "text")}
    if name == "numeric":
        return not has or (len(had) > 0 and _scale(had) == _scale(has) and had[0] <= has[0])
    if name.startswith(("timestamp", "time ", "interval", "bit varying")):
        return not has or (len(had) > 0 and had[0] <= has[0])
    return False


def _scale(numbers: tuple[int, ...]) -> int:
    return numbers[1] if len(numbers) > 1 else 0


def narrows(old: str, new: str) -> bool:
    """Whether values that fit the old type may not fit the new one, or lose digits or their time zone."""
    (was, had, _), (name, has, _) = parts(old), parts(new)
    if was in _WIDTH and name in _WIDTH:
        return _WIDTH[name] < _WIDTH[was]
    if was in _TEXTS | {"character"} and name in _TEXTS | {"character"}:
        return bool(has) and (not had or has[0] < had[0])
    if was == name == "numeric" and has:
        return not had or has[0] - _scale(has) < had[0] - _scale(had) or _scale(has) < _scale(had)
    if was == "timestamp with time zone":
        return name in ("timestamp without time zone", "date", "time without time zone")
    exact = {"numeric", "double precision", "real"}
    if was in exact and name in _WIDTH:
        return True
    return was in ("double precision", "numeric") and name == "real"
