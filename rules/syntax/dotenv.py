"""dotenv files: keys with their lines. Line-based by nature, quoted values may run over several lines."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEY = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$")
_KEY_ALONE = re.compile(r"^\s*([A-Za-z_][A-Za-z0-9_]*)\s*$")


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared key; `line` counts from 1."""

    key: str
    value: str
    line: int


def parse_dotenv(content: bytes) -> tuple[Variable, ...]:
    """The variables of a dotenv file, the later of equal keys after the earlier. Undecodable bytes are replaced."""
    lines = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
    found: list[Variable] = []
    number = 0
    while number < len(lines):
        line = number + 1
        match = _KEY.match(lines[number]) or _KEY_ALONE.match(lines[number])
        if match:
            value = match[2].strip() if match.re is _KEY else ""
            quote = value[:1]
            if quote in ("'", '"', "`") and value.count(quote) == 1:
                number, value = _continued(lines, number, value, quote)
            found.append(Variable(match[1], value.strip("'\"`"), line))
        number += 1
    return tuple(found)


def _continued(lines: list[str], number: int, value: str, quote: str) -> tuple[int, str]:
    for end in range(number + 1, len(lines)):
        if quote in lines[end]:
            return end, "\n".join([value, *lines[number + 1 : end + 1]])
    return number, value
