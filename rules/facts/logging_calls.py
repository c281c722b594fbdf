"""Where code writes to a log, and what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts.sightings import Source
from rules.syntax.program import Binary, Call, Expr, Items, Member, Record, Text

LEVELS = frozenset(
    ("trace", "debug", "verbose", "info", "log", "warn", "warning", "error", "exception", "critical", "fatal", "silly")
)
LOGGER = re.compile(
    r"(?:^|[._])(?:logger|log|logging|console|winston|pino|structlog|loguru|sentry|reqlog)(?:$|[._(])", re.I
)
MARKS = (b"log", b"Log", b"console")


@dataclass(frozen=True)
class LogCall:
    """A call of a logger: its level, and what it is given."""

    call: Call
    level: str
    given: tuple[Expr, ...]
    console: bool


def written(given: Expr) -> Iterator[Expr]:
    """What a log call writes out of an argument: itself, or what stands in a record, list or text."""
    if isinstance(given, Record):
        yield from (held.value for held in given.entries)
    elif isinstance(given, Text):
        yield from given.parts
    elif isinstance(given, Items):
        yield from given.values
    elif isinstance(given, Binary):
        yield from (*written(given.left), *written(given.right))
    else:
        yield given


def log_calls(source: Source) -> Iterator[LogCall]:
    for call in source.calls:
        if isinstance(call.callee, Member) and call.callee.name in LEVELS:
            owner = source.text(call.callee.of)
            named = source.name(call.callee.of)
            if LOGGER.search(owner[-60:]) or LOGGER.search(named):
                given = tuple(argument.value for argument in call.arguments)
                yield LogCall(call, call.callee.name, given, owner == "console")
