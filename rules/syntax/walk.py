"""Every part of a lowered program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache

from rules.syntax.program import Body, Function


@lru_cache(maxsize=64)
def _slots(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.name != "at")


def walk(parts: Iterable[object], *, into_functions: bool = True) -> Iterator[object]:
    """All statements and expressions below, in no particular order; inner functions are entered if wanted."""
    pending: list[object] = list(parts)
    while pending:
        part = pending.pop()
        if isinstance(part, tuple):
            pending.extend(part)
        elif isinstance(part, Body):
            pending.append(part.statements)
        elif is_dataclass(part) and not isinstance(part, type):
            yield part
            if into_functions or not isinstance(part, Function):
                pending.extend(getattr(part, name) for name in _slots(type(part)))
