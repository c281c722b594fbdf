from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Safety, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Binary, Bind, Const, Expr, Name, Record

LARGE = 5_000_000
SIZE = re.compile(r"\s*([0-9.]+)\s*(b|kb|mb|gb|tb|k|m|g)?\s*", re.IGNORECASE)
UNITS = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
OPTIONS = {
    "express.json": "limit", "express.urlencoded": "limit", "express.text": "limit", "body-parser.json": "limit",
    "body-parser.urlencoded": "limit", "body-parser.text": "limit", "koa-bodyparser": "jsonLimit",
    "@koa/bodyparser.bodyParser": "jsonLimit", "koa-body.koaBody": "jsonLimit", "koa-body": "jsonLimit",
    "fastify": "bodyLimit", "fastify.fastify": "bodyLimit",
}  # fmt: skip
NEXT = frozenset(("sizeLimit", "bodySizeLimit"))

_APP = 'const express = require("express");\nconst app = express();\napp.use(express.json({ limit: "50mb" }));\n'
_FASTIFY = 'import Fastify from "fastify";\nconst app = Fastify({ bodyLimit: Infinity });\n'
_NEXT = 'export const config = { api: { bodyParser: { sizeLimit: "50mb" } } };\n'


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        option = OPTIONS.get(source.name(call.callee))
        if option is not None:
            name = source.text(call.callee)
            yield from _limit(source, entry(source.value(argument(call, 0)), option), name)
    for part in source.parts:
        if isinstance(part, Record) and not source.is_python:
            for held in part.entries:
                if isinstance(held.key, Const) and held.key.value in NEXT:
                    yield from _limit(source, held.value, str(held.key.value))
        elif isinstance(part, Bind) and isinstance(part.target, Name) and source.is_python:
            off = isinstance(part.value, Const) and part.value.value is None
            if part.target.id == "DATA_UPLOAD_MAX_MEMORY_SIZE" and off:
                edits = [Edit(source.path, part.value.at, b"2621440")]
                yield source.saw(part, "Django reads bodies of any size into memory", part.target.id, edits=edits)


def _limit(source: Source, given: Expr | None, name: str) -> Iterator[Sighting]:
    """What is said of a limit that is none, or a large one."""
    size = _bytes(source, given)
    if given is not None and size is not None and size >= LARGE:
        told = "of any size" if size == float("inf") else f"of {source.text(source.value(given))}"
        edits = [Edit(source.path, given.at, b"1024 * 1024")]
        yield source.saw(given, f"{name} reads bodies {told} into memory", name, edits=edits)


def _bytes(source: Source, given: Expr | None) -> float | None:
    value = source.value(given)
    if isinstance(value, Name) and value.id == "Infinity":
        return float("inf")
    if isinstance(value, Binary) and value.op == "*":
        left, right = _bytes(source, value.left), _bytes(source, value.right)
        return left * right if left is not None and right is not None else None
    constant = source.constant(value)
    if isinstance(constant, str) and (match := SIZE.fullmatch(constant)):
        return float(match[1]) * UNITS[(match[2] or "b")[0].lower()]
    return float(constant) if isinstance(constant, int | float) and not isinstance(constant, bool) else None


LIMITS = sightings("body limits", (b"imit", b"DATA_UPLOAD_MAX_MEMORY_SIZE"), _look)


class BodyLimit(Rule[Sighting]):
    """Bodies of 5 MB and more are read into memory before anybody looked at them.

    A parser for all routes takes as much from a stranger as from a customer: a few hundred requests at once hold
    gigabytes, and parsing blocks the process. Keep the general limit near 1 MB, and give a larger one to the
    single route that needs it, behind its guard; files belong into an upload that streams.
    """

    id = "validation/body-limit"
    reference = "VAL-06"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = LIMITS
    examples = (
        Bad({"app.js": _APP}, line=3, fixed={"app.js": _APP.replace('"50mb"', "1024 * 1024")}),
        Bad({"app.ts": _FASTIFY}, line=2, fixed={"app.ts": _FASTIFY.replace("Infinity", "1024 * 1024")}),
        Bad({"pages/api/upload.ts": _NEXT}, line=1),
        Bad(
            {"settings.py": "DATA_UPLOAD_MAX_MEMORY_SIZE = None\n"},
            line=1,
            fixed={"settings.py": "DATA_UPLOAD_MAX_MEMORY_SIZE = 2621440\n"},
        ),
        Good({"app.js": _APP.replace("50mb", "1mb")}),
        Good({"app.js": _APP.replace('"50mb"', "process.env.LIMIT")}),
        Good({"app.ts": _FASTIFY.replace("Infinity", "2 * 1024 * 1024")}),
        Good({"query.js": _APP.replace("express.json", "orders.list")}),
        Good({"settings.py": "DATA_UPLOAD_MAX_MEMORY_SIZE = 1000000\n"}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Set the usual limit", subject.edits, Safety.UNSAFE)
        yield self.finding((subject.key,), f"{subject.said}.", subject.where, fix=fix, file_local=True)
