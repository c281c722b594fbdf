from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Safety, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.requests import parameter
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Expr, Function, Member, Name, Record

PARSERS = frozenset(("multer", "@koa/multer", "express-fileupload"))
RANGE = b"content-length-range"
LIMIT = b"limits: { fileSize: 10 * 1024 * 1024 }"

_MULTER = """const multer = require("multer");
const upload = multer({ dest: "uploads/" });
app.post("/avatar", upload.single("avatar"), save);
"""
_BOTO = """def link(s3, key):
    return s3.generate_presigned_post("avatars", key, ExpiresIn=60)
"""
_S3 = """import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
export const link = (s3, Key) =>
  createPresignedPost(s3, { Bucket: "avatars", Key, Conditions: [["eq", "$x", "y"]] });
"""
_FASTAPI = """from fastapi import UploadFile


async def avatar(file: UploadFile):
    return store(await file.read())
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        name = source.name(call.callee)
        if name in PARSERS and not _takes_no_file(source):
            yield from _parser(source, call, name)
        elif name.endswith("createPresignedPost") and RANGE not in source.program.content:
            options = source.value(argument(call, 1))
            if isinstance(options, Record) and _whole(options) and _lists(source, entry(options, "Conditions")):
                yield source.saw(call, "This link takes a file of any size", "presigned post")
        elif name.endswith(".generate_presigned_post") and RANGE not in source.program.content:
            spread = any(given.spread for given in call.arguments)
            if not spread and _lists(source, argument(call, 3, "Conditions")):
                yield source.saw(call, "This link takes a file of any size", "presigned post")
        elif name.endswith(".read") and not call.arguments and source.is_python:
            yield from _read_whole(source, call)


def _parser(source: Source, call: Call, name: str) -> Iterator[Sighting]:
    said, key = f"{name} takes files of any size", f"{source.around(call)} {name}"
    given = argument(call, 0)
    if given is None and not call.arguments:
        inside = Span(call.callee.at.end + 1, call.at.end - 1)
        yield source.saw(call, said, key, edits=[Edit(source.path, inside, b"{ %s }" % LIMIT)])
        return
    options = source.value(given)
    if not isinstance(options, Record) or not _whole(options):
        return
    limits = source.value(entry(options, "limits"))
    if limits is None:
        start = options.at.start + 1
        text = b" %s" % LIMIT + (b"," if options.entries else b" ")
        yield source.saw(call, said, key, edits=[Edit(source.path, Span(start, start), text)])
    elif isinstance(limits, Record) and _whole(limits):
        size = entry(limits, "fileSize")
        if size is None or source.name(size) in ("Infinity", "Number.POSITIVE_INFINITY"):
            yield source.saw(call, said, key)


def _whole(record: Record) -> bool:
    return all(held.key is not None for held in record.entries)


def _lists(source: Source, given: Expr | None) -> bool:
    """Whether conditions are absent or written out here."""
    return given is None or not isinstance(source.value(given), Name | Member | Call)


def _takes_no_file(source: Source) -> bool:
    """Whether the file's parser is asked for forms without files only."""
    asked = {call.callee.name for call in source.calls if isinstance(call.callee, Member)}
    return "none" in asked and not asked & {"single", "array", "fields", "any"}


def _read_whole(source: Source, call: Call) -> Iterator[Sighting]:
    owner = call.callee.of if isinstance(call.callee, Member) else None
    around = source.functions_around(call)
    written = parameter(source, owner.id, around) if isinstance(owner, Name) else ""
    if isinstance(owner, Name) and "UploadFile" in (written or "") and not _measured(source, around[0]):
        yield source.saw(call, f"{owner.id} is read into memory, however large", f"{around[0].name} read", "whole")


def _measured(source: Source, function: Function) -> bool:
    text = source.text(function).lower()
    return "size" in text or "length" in text or "len(" in text


UPLOADS = sightings("uploads", (b"multer", b"express-fileupload", b"resigned", b"UploadFile"), _look)


class UploadLimit(Rule[Sighting]):
    """Files are taken, whatever their size.

    One caller fills the disk or the memory of the server with one request. multer and express-fileupload have no
    limit until they are given one; a presigned POST has none without the condition `content-length-range`;
    `await file.read()` holds the whole upload in memory. The fix sets 10 MB: choose what your users need.
    """

    id = "validation/upload-limit"
    reference = "VAL-07"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = UPLOADS
    examples = (
        Bad(
            {"app.js": _MULTER},
            line=2,
            fixed={"app.js": _MULTER.replace("{ dest", "{ limits: { fileSize: 10 * 1024 * 1024 }, dest")},
        ),
        Bad(
            {"app.js": _MULTER.replace('{ dest: "uploads/" }', "")},
            line=2,
            fixed={"app.js": _MULTER.replace('dest: "uploads/"', "limits: { fileSize: 10 * 1024 * 1024 }")},
        ),
        Bad({"app.js": _MULTER.replace("{ dest", "{ limits: { files: 1 }, dest")}, line=2),
        Bad({"links.py": _BOTO}, line=2),
        Bad({"links.ts": _S3}, line=3),
        Bad({"avatars.py": _FASTAPI}, line=5),
        Good({"app.js": _MULTER.replace("{ dest", "{ limits: { fileSize: 1e6 }, dest")}),
        Good({"app.js": _MULTER.replace('single("avatar")', "none()")}),
        Good({"app.js": _MULTER.replace('{ dest: "uploads/" }', "options")}),
        Good({"links.py": _BOTO.replace("ExpiresIn", 'Conditions=[["content-length-range", 1, 1000]], ExpiresIn')}),
        Good({"links.ts": _S3.replace('["eq", "$x", "y"]', '["content-length-range", 1, 1000]')}),
        Good({"avatars.py": _FASTAPI.replace("    return", "    check(file.size)\n    return")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Set a limit of 10 MB", subject.edits, Safety.UNSAFE) if subject.edits else None
        severity = Severity.WARNING if subject.kind == "whole" else None
        message = f"{subject.said}: set a limit."
        yield self.finding((subject.key,), message, subject.where, fix=fix, severity=severity, file_local=True)
