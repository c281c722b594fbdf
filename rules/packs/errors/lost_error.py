from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.answers import caught
from rules.facts.logging_calls import log_calls
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Binary, Call, Expr, Member, Name, Raise, Record, Text

_WINSTON = """const winston = require("winston");
const logger = winston.createLogger({
  format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
});
"""
_SCRIPT = """export async function save(order) {
  try {
    await database.write(order);
  } catch (error) {
    logger.error("could not save: " + error);
  }
}
"""
_PYTHON = """import logging

logger = logging.getLogger(__name__)


def save(order):
    try:
        database.write(order)
    except Exception:
        logger.error("could not save %s", order)
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        if source.name(call.callee) == "winston.createLogger":
            yield from _of_winston(source, call)
    logs = {log.call: log for log in log_calls(source)}
    for place in caught(source):
        for part in place.body:
            log = logs.get(part) if isinstance(part, Call) else None
            if log is None or log.level not in ("error", "critical", "fatal"):
                continue
            if source.is_python:
                yield from _without_trace(source, log.call, place.name, place.body)
            elif not source.is_of_browser and len(log.given) == 1 and _is_text_with(log.given[0], place.name):
                said = "only the text of the error is logged, not where it came from"
                yield source.saw(log.call, said, _key(source, part))


def _of_winston(source: Source, call: Call) -> Iterator[Sighting]:
    """A logger whose JSON holds `{}` where an error was: `format.errors` is what writes it out."""
    options = source.value(argument(call, 0))
    written = source.value(entry(options, "format")) if isinstance(options, Record) else None
    if not isinstance(written, Call):
        return
    parts = [written, *(source.value(given.value) for given in written.arguments)]
    names = [source.name(part.callee).rpartition(".")[2] for part in parts if isinstance(part, Call)]
    if "json" in names and "errors" not in names:
        said = "errors are written as {}: the format lacks errors({ stack: true })"
        at = written.at.start + len(source.text(written.callee).encode()) + 1
        combined = source.name(written.callee).endswith("combine")
        prefix = source.text(written.callee).removesuffix("combine")
        edits = [Edit(source.path, Span(at, at), f"{prefix}errors({{ stack: true }}), ".encode())] if combined else []
        yield source.saw(call, said, "winston format", edits=edits)


def _without_trace(source: Source, call: Call, name: str, body: tuple[object, ...]) -> Iterator[Sighting]:
    if argument(call, None, "exc_info", "error", "exception") is not None or any(isinstance(p, Raise) for p in body):
        return
    if name and any(isinstance(given.value, Name) and given.value.id == name for given in call.arguments):
        return
    if isinstance(call.callee, Member) and call.callee.name == "error":
        end = call.callee.at.end
        edits = [Edit(source.path, Span(end - len("error"), end), b"exception")]
        yield source.saw(call, "the log leaves out where it came from", _key(source, call), edits=edits)


def _is_text_with(given: Expr, name: str) -> bool:
    """Whether an argument is a text into which the error was written."""
    if isinstance(given, Binary):
        sides = (given.left, given.right)
        return any(_is_text_with(side, name) or (isinstance(side, Name) and side.id == name != "") for side in sides)
    return isinstance(given, Text) and any(isinstance(part, Name) and part.id == name != "" for part in given.parts)


def _key(source: Source, part: object) -> str:
    return f"{source.around(part)} lost"


LOST = sightings("lost errors", (b"catch", b"except", b"winston"), _look)


class LostError(Rule[Sighting]):
    """The log does not say why something failed.

    An error that is glued to a text leaves only its message, winston's JSON writes an error as `{}` unless
    `format.errors` is there, and `logging.error` in an `except` leaves the traceback out. Whoever is called at
    night needs the stack. Hand the error to the logger as a value, and use `logger.exception` in Python.
    """

    id = "errors/lost-error"
    reference = "LOG-06"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = LOST
    examples = (
        Bad(
            {"log.js": _WINSTON},
            line=2,
            fixed={"log.js": _WINSTON.replace("combine(", "combine(winston.format.errors({ stack: true }), ")},
        ),
        Bad({"save.ts": _SCRIPT}, line=5),
        Bad(
            {"save.py": _PYTHON},
            line=10,
            fixed={"save.py": _PYTHON.replace("logger.error", "logger.exception")},
        ),
        Good({"log.js": _WINSTON.replace("combine(", "combine(winston.format.errors({ stack: true }), ")}),
        Good({"save.ts": _SCRIPT.replace('"could not save: " + error', '"could not save", error')}),
        Good({"save.py": _PYTHON + "        raise\n"}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Log the error with its stack", subject.edits) if subject.edits else None
        message = f"{subject.sentence}."
        yield self.finding((subject.key,), message, subject.where, fix=fix, file_local=True)
