from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.answers import Answer, Caught, answers, caught
from rules.facts.sightings import Sighting, Source, argument, sightings
from rules.syntax.program import Call, Member, Name
from rules.syntax.walk import walk

_APP = """const express = require("express");
const app = express();
app.get("/orders", async (req, res) => {
  try {
    res.json(await orders());
  } catch (error) {
    res.status(500).json({ error: error.stack });
  }
});
"""
_HANDLER = """const errorHandler = (err, req, res, next) => {
  res.status(500).json({ message: err.message });
};
module.exports = errorHandler;
"""
_API = """from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/orders")
def orders():
    try:
        return load()
    except Exception as error:
        raise HTTPException(status_code=500, detail=str(error))
"""
TRACES = ("traceback.format_exc()", "traceback.format_exception()", "traceback.print_exc()")


def _look(source: Source) -> Iterable[Sighting]:
    for place in caught(source):
        for answer in answers(source, place.body):
            said = _leaks(source, answer, place)
            if said:
                yield source.saw(answer.call, said, f"{source.around(answer.call)} {said}")
    for call in source.calls:
        debug = argument(call, None, "debug")
        if source.constant(debug) is True and source.name(call.callee) in ("flask.Flask().run", "fastapi.FastAPI"):
            yield source.saw(call, "debug mode shows tracebacks to callers", "debug")


def _leaks(source: Source, answer: Answer, place: Caught) -> str:
    """What an answer tells of an error that nobody outside should know."""
    for part in walk(answer.content):
        if isinstance(part, Member) and part.name == "stack" and isinstance(part.of, Name) and part.of.id == place.name:
            return f"{place.name}.stack shows the code's paths and versions to callers"
        if isinstance(part, Call) and source.name(part) in TRACES:
            return "the traceback shows the code to callers"
        if _is_text_of(part, place.name) and place.whole and answer.status is not None and answer.status >= 500:
            return "the text of an error that nobody expected is sent to callers"
    return ""


def _is_text_of(part: object, name: str) -> bool:
    """Whether a part is the text of an error: `error.message`, `str(error)`."""
    if isinstance(part, Member):
        return part.name == "message" and isinstance(part.of, Name) and part.of.id == name != ""
    if isinstance(part, Call) and isinstance(part.callee, Name) and part.callee.id in ("str", "repr", "String"):
        given = argument(part, 0)
        return isinstance(given, Name) and given.id == name != ""
    return False


LEAKS = sightings("leaks", (b"stack", b"message", b"str(", b"repr(", b"traceback", b"debug"), _look)


class Leak(Rule[Sighting]):
    """Callers are shown the inside of a failure.

    The text of an unexpected error names tables, hosts, files and versions; a stack trace shows the code's
    paths. Somebody who looks for a way in reads them first. Log the error, and answer with a sentence of
    your own and an id by which the log entry is found. The text of an error that you raised for the caller,
    with a status below 500, is fine.
    """

    id = "errors/leak"
    reference = "ERR-02"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = LEAKS
    examples = (
        Bad({"app.js": _APP}, line=7),
        Bad({"handler.js": _HANDLER}, line=2),
        Bad({"main.py": _API}, line=11),
        Bad({"app.py": "from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)\n"}, line=4),
        Good({"app.js": _APP.replace("error.stack", '"orders are not available"')}),
        Good({"handler.js": _HANDLER.replace("500", "400")}),
        Good({"main.py": _API.replace("Exception as", "UnknownOrder as")}),
        Good({"tests/app.js": _APP}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"{subject.sentence}."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
