from __future__ import annotations

import re
from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.logging_calls import log_calls
from rules.facts.packages import asked_version
from rules.facts.sightings import Sighting, Source, sightings
from rules.syntax.program import Name

LOGGERS = ("pino", "winston", "bunyan", "tslog", "loglevel", "consola")
LOGGER_FILE = re.compile(r"log(?:ger|ging)?s?\.[cm]?[jt]s$", re.IGNORECASE)

_MANIFEST = '{"dependencies": {"pino": "^9.0.0"}}'
_SCRIPT = """export function save(order) {
  console.log("saving", order.id);
}
"""
_PYTHON = """import logging

logger = logging.getLogger(__name__)


def save(order):
    print("saving", order.id)
"""


def _look(source: Source) -> Iterable[Sighting]:
    if source.is_python:
        has_logger = bool(list(log_calls(source))) or "logging.getLogger()" in map(source.name, source.calls)
        for call in source.calls if has_logger else ():
            if isinstance(call.callee, Name) and call.callee.id == "print" and source.around(call) not in ("", "main"):
                yield source.saw(call, "print", f"{source.around(call)} print")
    elif not source.is_of_browser and not LOGGER_FILE.search(source.path):
        for log in log_calls(source):
            if log.console and log.level in ("log", "debug", "info") and source.around(log.call):
                yield source.saw(log.call, f"console.{log.level}", f"{source.around(log.call)} console.{log.level}")


PRINTED = sightings("printed lines", (b"console.", b"print("), _look)


class Console(Rule[Sighting]):
    """A line is printed past the logger.

    The service has a logger, which gives lines a level, a time and a request. What is printed beside it has
    none of them, cannot be switched off, and is not found again. Use the logger.
    """

    id = "errors/console"
    reference = "LOG-01"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = PRINTED
    examples = (
        Bad({"package.json": _MANIFEST, "save.ts": _SCRIPT}, line=2),
        Bad({"save.py": _PYTHON}, line=7),
        Good({"save.ts": _SCRIPT}),
        Good({"package.json": _MANIFEST, "save.tsx": _SCRIPT}),
        Good({"package.json": _MANIFEST, "scripts/save.ts": _SCRIPT}),
        Good({"save.py": _PYTHON.replace("import logging\n\nlogger = logging.getLogger(__name__)\n\n\n", "")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        path = subject.where.path
        if path.endswith(".py") or any(asked_version(code, path, logger) for logger in LOGGERS):
            message = f"{subject.said} goes past the logger."
            yield self.finding((subject.key,), message, subject.where, file_local=True)
