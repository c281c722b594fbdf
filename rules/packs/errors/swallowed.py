from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, sightings
from rules.syntax.program import Attempt, Call, Do, Function, Member
from rules.syntax.walk import walk

WHOLE = ("Exception", "BaseException")
RESTS = re.compile(
    r"close|unlink|cleanup|dispose|destroy|release|disconnect|rollback|abort|cancel|clear|remove|rm|kill|end|quit|"
    r"stringify|parse|import|require|track|capture|analytics|telemetry|metric",
    re.IGNORECASE,
)
"""What is tried where a failure changes nothing, or is asked by trying."""

_PYTHON = """def save(order):
    try:
        database.write(order)
    except Exception:
        pass
"""
_SCRIPT = """export async function save(order) {
  try {
    await database.write(order);
  } catch {}
}
"""


def _look(source: Source) -> Iterable[Sighting]:
    for part in source.parts:
        if isinstance(part, Attempt) and _does(source, part.body):
            for handler in part.handlers:
                kinds = [source.name(kind) for kind in handler.kinds]
                silent = _is_nothing(source, handler.body) and (not kinds or set(kinds) <= set(WHOLE))
                if silent and not _says_why(source, part):
                    yield source.saw(part, "whatever fails here is forgotten", f"{source.around(part)} try")
        elif isinstance(part, Call) and isinstance(part.callee, Member) and part.callee.name == "catch":
            yield from _promise(source, part)


def _promise(source: Source, call: Call) -> Iterator[Sighting]:
    function, tried = argument(call, 0), call.callee.of if isinstance(call.callee, Member) else call.callee
    silent = isinstance(function, Function) and not function.params and not function.body.statements
    if silent and not RESTS.search(source.text(tried)[-200:]):
        yield source.saw(call, "whatever fails here is forgotten", f"{source.around(call)} catch")


def _is_nothing(source: Source, body: Iterable[object]) -> bool:
    """Whether a handler does nothing at all."""
    return all(isinstance(part, Do) and source.text(part).strip().rstrip(";") in ("pass", "...", "") for part in body)


def _does(source: Source, body: Iterable[object]) -> bool:
    """Whether what is tried calls something whose failure matters."""
    calls = [part for part in walk(body) if isinstance(part, Call)]
    return bool(calls) and not any(RESTS.search(source.name(call.callee) or source.text(call.callee)) for call in calls)


def _says_why(source: Source, part: Attempt) -> bool:
    """Whether a comment in the handler says why nothing is done."""
    end = max((at.end for inner in walk(part.body) if (at := getattr(inner, "at", None)) is not None), default=0)
    text = source.program.content[end : part.at.end].decode("utf-8", "replace")
    return "//" in text or "/*" in text or "#" in text


SWALLOWED = sightings("swallowed errors", (b"catch", b"except"), _look)


class Swallowed(Rule[Sighting]):
    """An error is caught and forgotten.

    Every failure of what is tried ends here without a trace: the caller is told that it worked, and nobody
    finds out why it did not. Log it and raise it again, or catch the one kind that is expected. Where nothing
    is to be done, a comment that says why is enough.
    """

    id = "errors/swallowed"
    reference = "ERR-05"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    looks_at = SWALLOWED
    examples = (
        Bad({"save.py": _PYTHON}, line=2),
        Bad({"save.ts": _SCRIPT}, line=2),
        Bad({"save.ts": "export const save = (order) => database.write(order).catch(() => {});\n"}, line=1),
        Good({"save.py": _PYTHON.replace("Exception", "AlreadyThere")}),
        Good({"save.py": _PYTHON.replace("pass", "pass  # the queue tries again")}),
        Good({"save.ts": _SCRIPT.replace("catch {}", "catch (error) {\n    log.error(error);\n    throw error;\n  }")}),
        Good({"save.ts": _SCRIPT.replace("database.write(order)", "connection.close()")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"{subject.sentence}: log it, or catch what is expected."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
