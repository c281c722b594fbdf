"""Patterns of paths as Next.js and Clerk write them (path-to-regexp 6), and whether a path matches them.

The patterns come from the code under check: what might take a regular expression for ever is refused, and then nothing
is known.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_LENGTH = 400
_REPEATED = re.compile(r"\((?:\?[:=!<]+)?(?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)[+*{]")
"""A group that repeats something and is repeated itself: such expressions may take for ever."""

_NAME = re.compile(r":(\w+)")
_SEGMENT = r"[^/#?]+?"


def safe(expression: str) -> re.Pattern[str] | None:
    """A regular expression of JavaScript, ready to search; None where it cannot be or should not be tried."""
    if len(expression) > MAX_LENGTH or _REPEATED.search(expression):
        return None
    try:
        return re.compile(expression.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!"))
    except (re.error, OverflowError, RecursionError):
        return None


@lru_cache(maxsize=512)
def compiled(pattern: str, *, data: bool, ignore_case: bool) -> re.Pattern[str] | None:
    """The expression of a path pattern. `data`: the requests for the data of a page match with it, as in Next.js."""
    body = _body(pattern)
    if body is None or safe(body) is None:
        return None
    before, after = (r"(?:/_next/data/[^/]+)?", r"(?:\.json)?") if data else ("", "")
    return re.compile(f"^{before}{body}{after}[/#?]?$", re.IGNORECASE if ignore_case else 0)


def matches(pattern: str, path: str, *, data: bool = False, ignore_case: bool = False) -> bool | None:
    """Whether a path matches a pattern; None where that cannot be told."""
    expression = compiled(pattern, data=data, ignore_case=ignore_case)
    return None if expression is None else bool(expression.match(path[:MAX_LENGTH]))


def _body(pattern: str) -> str | None:
    found: list[str] = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            found.append(re.escape(pattern[position + 1 : position + 2]))
            position += 2
        elif character in "{}":
            return None
        elif (name := _NAME.match(pattern, position)) is not None:
            position = _parameter(pattern, name.end(), _SEGMENT, found)
        elif character == "(":
            end = _closing(pattern, position)
            if end < 0:
                return None
            position = _modified(pattern, end + 1, pattern[position + 1 : end], found)
        else:
            found.append(re.escape(character))
            position += 1
    return "".join(found)


def _parameter(pattern: str, position: int, inner: str, found: list[str]) -> int:
    if pattern[position : position + 1] == "(":
        end = _closing(pattern, position)
        if end > 0:
            return _modified(pattern, end + 1, pattern[position + 1 : end], found)
    return _modified(pattern, position, inner, found)


def _modified(pattern: str, position: int, inner: str, found: list[str]) -> int:
    """Adds a group with its modifier, which belongs to the slash before it too."""
    modifier = pattern[position : position + 1]
    prefix = found.pop() if modifier in ("*", "+", "?") and modifier and found and found[-1] == "/" else ""
    if modifier in ("*", "+") and modifier:
        repeated = f"{prefix}(?:{inner})(?:{prefix}(?:{inner}))*"
        found.append(f"(?:{repeated})?" if modifier == "*" else f"(?:{repeated})")
    else:
        found.append(f"(?:{prefix}(?:{inner}))?" if modifier == "?" else f"(?:{inner})")
    return position + (modifier in ("*", "+", "?") and bool(modifier))


def _closing(pattern: str, start: int) -> int:
    depth, position = 0, start
    while position < len(pattern):
        if pattern[position] == "\\":
            position += 1
        elif pattern[position] == "(":
            depth += 1
        elif pattern[position] == ")":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return -1
