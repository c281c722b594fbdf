from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.logging_calls import MARKS, log_calls, written
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Expr, Member, Name

REQUESTS = frozenset(("req", "request"))
PARTS = frozenset(("headers", "body", "cookies", "rawHeaders"))
WHOLE = ("process.env", "os.environ")

_APP = """const winston = require("winston");
const logger = winston.createLogger({});
const errorHandler = (err, req, res, next) => {
  logger.error({ err, req });
  return res.headersSent ? next(err) : res.sendStatus(500);
};
module.exports = errorHandler;
"""
_API = """import logging

logger = logging.getLogger(__name__)


def orders(request):
    logger.info(f"asked with {request.headers}")
"""
_PINO = 'module.exports = require("pino")({ redact: ["req.headers.authorization"] });\n'


def _look(source: Source) -> Iterable[Sighting]:
    for log in log_calls(source):
        for part in (inner for given in log.given for inner in written(given)):
            said = _whole(source, part)
            if said:
                yield source.saw(part, said, f"{source.around(log.call)} {said}")


def _whole(source: Source, part: Expr) -> str:
    if isinstance(part, Name) and part.id in REQUESTS:
        return f"{part.id} holds the caller's headers and cookies"
    if isinstance(part, Member) and isinstance(part.of, Name) and part.of.id in REQUESTS and part.name in PARTS:
        return f"{part.of.id}.{part.name} holds what callers keep secret"
    if source.name(part) in WHOLE:
        return f"{source.name(part)} holds the service's secrets"
    return ""


def _redacts(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        options = source.value(argument(call, 0))
        if source.name(call.callee).startswith("pino") and entry(options, "redact", "serializers") is not None:
            yield source.saw(call, "redacts")


REDACTED = sightings("redacting loggers", (b"redact", b"serializers"), _redacts, everywhere=True)
LOGGED = sightings("whole requests logged", MARKS, _look)


class RequestLogged(Rule[Sighting]):
    """A whole request, its headers or its body is written to the log.

    The log then holds bearer tokens, session cookies and passwords in the clear, for everybody who reads logs
    and for as long as they are kept. Log the method, the path, the id and the status. A `redact` list of pino
    that covers the headers is enough.
    """

    id = "errors/request-logged"
    reference = "LOG-03"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = LOGGED
    examples = (
        Bad({"handler.js": _APP}, line=4),
        Bad({"orders.py": _API}, line=7),
        Bad({"start.js": "console.log(process.env);\n"}, line=1),
        Good({"handler.js": _APP.replace("{ err, req }", "{ err, path: req.path }")}),
        Good({"orders.py": _API.replace("request.headers", "request.method")}),
        Good({"handler.js": _APP, "log.js": _PINO}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        if code.get(REDACTED):
            return
        yield self.finding((subject.key,), f"{subject.said}: keep it out of the log.", subject.where, file_local=True)
