from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Record

LIMIT = b"limits: { fileSize: 5 * 1024 * 1024 }"

_APP = """const multer = require("multer");
const upload = multer({ dest: "uploads/" });
"""
_LIMITED = """const multer = require("multer");
const upload = multer({ limits: { fileSize: 5 * 1024 * 1024 }, dest: "uploads/" });
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        if source.name(call.callee) not in ("multer", "@koa/multer", "koa-multer"):
            continue
        options = source.value(argument(call, 0))
        if options is None:
            yield source.saw(call, "multer", edits=[_inside(source, call, b"{ " + LIMIT + b" }")])
        elif isinstance(options, Record) and all(held.key is not None for held in options.entries):
            limits = entry(options, "limits")
            if limits is None:
                at = options.at.start + 1
                yield source.saw(call, "multer", edits=[Edit(source.path, Span(at, at), b" " + LIMIT + b",")])
            elif isinstance(limits, Record) and entry(limits, "fileSize") is None:
                yield source.saw(call, "multer")


def _inside(source: Source, call: Call, text: bytes) -> Edit:
    return Edit(source.path, Span(call.at.end - 1, call.at.end - 1), text)


UPLOADS = sightings("uploads", (b"multer",), _look)


class UploadLimit(Rule[Sighting]):
    """An upload may be of any size.

    multer takes files without a limit unless one is set (documentation of multer: `fileSize` is Infinity), so
    one request fills the memory or the disk. The fix sets five megabytes; choose what your users need.
    """

    id = "validation/upload-limit"
    reference = "VAL-07"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = UPLOADS
    examples = (
        Bad({"upload.js": _APP}, line=2, fixed={"upload.js": _LIMITED}),
        Good({"upload.js": _LIMITED}),
        Good({"upload.js": _APP.replace('{ dest: "uploads/" }', "options")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Take files of up to 5 MB", subject.edits) if subject.edits else None
        message = "Files of any size are taken: set limits.fileSize."
        yield self.finding(("upload limit",), message, subject.where, fix=fix, file_local=True)
