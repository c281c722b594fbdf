from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Safety, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Bind, Const, Name

MOST = 5 * 1024 * 1024
UNITS = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
PARSERS = ("express.json", "express.urlencoded", "express.text", "body-parser.json", "body-parser.urlencoded",
           "koa-bodyparser", "@koa/bodyparser", "koa-body", "fastify")  # fmt: skip
DJANGO = "DATA_UPLOAD_MAX_MEMORY_SIZE"
KEYS = ("limit", "bodyLimit", "jsonLimit")

_APP = """const express = require("express");
const app = express();
app.use(express.json({ limit: "50mb" }));
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        limit = entry(source.value(argument(call, 0)), *KEYS) if source.name(call.callee) in PARSERS else None
        said = _too_much(source.constant(limit), source.name(limit) if limit is not None else "")
        if limit is not None and said:
            edits = [Edit(source.path, limit.at, b'"1mb"')] if isinstance(limit, Const) else []
            yield source.saw(call, said, f"{source.name(call.callee)} limit", edits=edits)
    for part in source.parts if source.is_python else ():
        if isinstance(part, Bind) and isinstance(part.target, Name) and part.target.id == DJANGO:
            yield from _of_django(source, part)


def _of_django(source: Source, part: Bind) -> Iterator[Sighting]:
    if isinstance(part.value, Const) and part.value.value is None:
        yield source.saw(part, "of any size", DJANGO)


def _too_much(limit: object, name: str) -> str:
    if name == "Infinity":
        return "of any size"
    if isinstance(limit, str) and (found := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)\s*", limit.lower())):
        return f"of {limit}" if float(found[1]) * UNITS[found[2]] >= MOST else ""
    is_number = isinstance(limit, int) and not isinstance(limit, bool)
    return f"of {limit} bytes" if is_number and isinstance(limit, int) and limit >= MOST else ""


LIMITS = sightings("body limits", (b"imit", b"DATA_UPLOAD"), _look)


class BodyLimit(Rule[Sighting]):
    """Request bodies of many megabytes are read into memory.

    A body is parsed before anybody asks who sent it, so a few callers with large bodies take the memory and
    the event loop from all others. Keep the limit small, and raise it on the one route that needs more.
    """

    id = "validation/body-limit"
    reference = "VAL-06"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = LIMITS
    examples = (
        Bad({"app.js": _APP}, line=3),
        Bad({"app.js": 'const app = require("fastify")({ bodyLimit: Infinity });\n'}, line=1),
        Bad({"shop/settings.py": "DATA_UPLOAD_MAX_MEMORY_SIZE = None\n"}, line=1),
        Good({"app.js": _APP.replace("50mb", "1mb")}),
        Good({"app.js": _APP.replace('{ limit: "50mb" }', "")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Take bodies of up to 1 MB", subject.edits, Safety.UNSAFE) if subject.edits else None
        yield self.finding((subject.key,), f"Bodies {subject.said} are read.", subject.where, fix=fix, file_local=True)
