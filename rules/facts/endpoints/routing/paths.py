"""Paths of routes, and which patterns cover them."""

from __future__ import annotations

import re

from rules.facts.endpoints.machine.values import Known, Listed, Mixed, Regex, Value, name_of

_PARAMETER = re.compile(r"^(?::.+|\{[^}]*\}|<[^>]*>|\[[^\]]*\])$")
_REST = re.compile(r"^(?:\*.*|\{\*.*|\(\.\*\).*|\{.*:path\}|<path:.*>|\[\[?\.\.\..*)$")


def written_path(value: Value | None) -> str | None:
    """A path as text; what is computed in it appears as `${name}`. None where it is no text at all."""
    if isinstance(value, Known):
        return value.value if isinstance(value.value, str) else None
    if isinstance(value, Regex):
        return f"/{value.source}/"
    if isinstance(value, Mixed) and value.op == "text":
        return "".join(_piece(inner) for inner in value.parts)
    return None


def _piece(value: Value) -> str:
    if isinstance(value, Known):
        return "" if value.value is None else str(value.value)
    if isinstance(value, Mixed) and value.op == "text":
        return "".join(_piece(inner) for inner in value.parts)
    return "${" + (name_of(value).rpartition(".")[2] or "…") + "}"


def paths_of(value: Value | None) -> list[str]:
    """The paths that an argument names; none when it is no path."""
    if isinstance(value, Listed):
        return [path for inner in value.values if (path := written_path(inner)) is not None]
    path = written_path(value)
    return [path] if path is not None else []


def joined(prefix: str, path: str) -> str:
    """A path below a prefix, with one slash between them."""
    if path in ("", "/"):
        return prefix.rstrip("/") + path if prefix.rstrip("/") else path or "/"
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}"


def below(prefix: str, path: str) -> str:
    """A path below a prefix, as frameworks have it for which `/` below a prefix is the prefix itself."""
    return prefix if path in ("", "/") and prefix not in ("", "/") else joined(prefix, path)


def segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def covers(pattern: str, path: str, *, whole: bool, ignore_case: bool = False) -> bool | None:
    """Whether every request for a path matches a pattern, segment by segment; `whole` also to its end.

    None where that cannot be told: a regular expression, a computed part, a parameter against a literal.
    """
    if is_pattern(pattern) or "${" in pattern:
        return None
    wanted, given = segments(pattern), segments(path)
    for position, part in enumerate(wanted):
        if _REST.match(part):
            return True
        if position >= len(given):
            return False
        if _PARAMETER.match(part):
            continue
        here = given[position]
        same = part.lower() == here.lower() if ignore_case else part == here
        if not same:
            return None if _PARAMETER.match(here) or _REST.match(here) or "${" in here else False
    return not whole or len(wanted) == len(given)


def is_pattern(path: str) -> bool:
    """Whether a path was written as a regular expression."""
    return len(path) > 1 and path.startswith("/") and path.endswith("/") and bool(re.search(r"[\\^$()|]", path))
