from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.answers import answers, caught
from rules.facts.sightings import Sighting, Source, sightings
from rules.syntax.program import Function, Member

_HANDLER = """const errorHandler = (err, req, res, next) => {
  res.status(500).json({ message: "Something failed" });
};
module.exports = errorHandler;
"""
_GUARDED = _HANDLER.replace("=> {\n", "=> {\n  if (res.headersSent) return next(err);\n")


def _look(source: Source) -> Iterable[Sighting]:
    for place in caught(source):
        function = place.function
        if function is None or not list(answers(source, place.body)):
            continue
        if not any(isinstance(part, Member) and part.name == "headersSent" for part in place.body):
            said = f"{function.name or 'this handler'} answers although an answer may have begun"
            yield source.saw(function, said, function.name or "handler", edits=_guard(source, function))


def _guard(source: Source, function: Function) -> Iterable[Edit]:
    """Puts the check before everything else that a function with a body in braces does."""
    error, _, response, onward = (param.name for param in function.params)
    text = source.text(function)
    brace = text.find("{", text.find("=>") if function.is_arrow else text.find(")"))
    first = function.body.statements[:1]
    if brace < 0 or not first or not onward or onward.startswith("_"):
        return
    start = function.at.start + len(text[: brace + 1].encode())
    line = source.program.content[start : first[0].at.start]
    if line.strip():
        return
    indent = line.decode() if b"\n" in line else " "
    added = f"{indent}if ({response}.headersSent) return {onward}({error});"
    yield Edit(source.path, Span(start, start), added.encode())


HANDLERS = sightings("error handlers", (b"err",), _look)


class HandlerContract(Rule[Sighting]):
    """An error handler of Express answers without asking whether an answer has begun.

    An error in the middle of a stream arrives when the headers are sent. Answering then throws in the error
    handler itself, and the connection hangs. Express closes the connection where such an error is handed on:
    `if (res.headersSent) return next(err)` (documentation of Express, Error handling). The fix adds it.
    """

    id = "errors/handler-contract"
    reference = "ERR-03"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = HANDLERS
    examples = (
        Bad({"handler.js": _HANDLER}, line=1, fixed={"handler.js": _GUARDED}),
        Good({"handler.js": _GUARDED}),
        Good({"handler.js": _HANDLER.replace("(err, req, res, next)", "(req, res, next)")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Hand the error on where an answer has begun", subject.edits) if subject.edits else None
        message = f"{subject.sentence}."
        yield self.finding((subject.key,), message, subject.where, fix=fix, file_local=True)
