from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Items

_LOGGER = """const winston = require("winston");
const logger = winston.createLogger({
  transports: [new winston.transports.File({ filename: "error.log" })],
});
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        if source.name(call.callee) == "winston.createLogger":
            listed = source.value(entry(source.value(argument(call, 0)), "transports"))
            if isinstance(listed, Items) and listed.values:
                names = [source.name(value.callee) for value in listed.values if isinstance(value, Call)]
                added = any(source.name(other.callee).endswith(".add") for other in source.calls)
                if len(names) == len(listed.values) and all(n.endswith("transports.File") for n in names) and not added:
                    yield source.saw(call, "winston")


SINKS = sightings("log sinks", (b"winston",), _look)


class LogSink(Rule[Sighting]):
    """The logger writes to files only.

    A container's file system goes away with it, and nothing collects those files: after a crash the log is
    gone. Write JSON to standard output, and let the platform keep it.
    """

    id = "errors/log-sink"
    reference = "LOG-02"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = SINKS
    examples = (
        Bad({"log.js": _LOGGER}, line=2),
        Good({"log.js": _LOGGER.replace("[new", "[new winston.transports.Console(), new")}),
        Good({"log.js": _LOGGER + "logger.add(new winston.transports.Console());\n"}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = "This logger writes to files only, which go away with the container."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
