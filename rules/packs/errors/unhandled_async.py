from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import TOGETHER
from rules.facts.endpoints.model import Endpoint
from rules.facts.packages import asked_version
from rules.facts.sightings import Source, source_of
from rules.syntax.program import Attempt, Call, Function, Member, Opaque
from rules.syntax.walk import walk

HELPERS = ("express-async-errors", "express-async-handler", "express-promise-router")

_APP = """const express = require("express");
const app = express();
app.get("/orders", async (req, res) => {
  res.json(await database.orders());
});
"""
_HELPED = '{"dependencies": {"express": "^4.18.0", "express-async-errors": "^3.1.0"}}'


def _with(version: str, text: str = _APP) -> dict[str, str]:
    return {"package.json": f'{{"dependencies": {{"express": "{version}"}}}}', "app.js": text}


class UnhandledAsync(Rule[Sequence[Endpoint]]):
    """Express 4 does not hear of an error in an async handler.

    Nothing awaits the handler, so an error that it throws reaches no error handler: the request hangs until
    the caller gives up, and since Node.js 15 the process ends (seen by running Express 4.22). Express 5 hands
    such errors on. Upgrade, wrap the handler, or catch in it and call `next(error)`.
    """

    id = "errors/unhandled-async"
    reference = "ERR-04"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = TOGETHER
    examples = (
        Bad(_with("^4.18.0"), line=3),
        Good(_with("^5.0.0")),
        Good(
            {
                **_with("^4.18.0"),
                "package.json": '{"dependencies": {"express": "^4.18.0", "express-async-errors": "3"}}',
            }
        ),
        Good(
            _with(
                "^4.18.0",
                _APP.replace("  res.json(await", "  try {\n    res.json(await").replace(
                    "());\n});", "());\n  } catch (error) {\n    res.sendStatus(500);\n  }\n});"
                ),
            )
        ),
        Good(_with("^4.18.0", _APP.replace("async ", "").replace("await ", ""))),
    )

    def check(self, subject: Sequence[Endpoint], code: Codebase) -> Iterable[Finding]:
        by_handler = {endpoint.handler: endpoint for endpoint in subject}
        for endpoint in by_handler.values():
            yield from self._of(endpoint, code)

    def _of(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        path = subject.handler.path
        if subject.framework != "express" or not re.match(r"[\^~v=]*4\b", asked_version(code, path, "express")):
            return
        if any(asked_version(code, path, helper) for helper in HELPERS) or not _is_exposed(subject, code):
            return
        message = f"An error in the handler of {subject.address} reaches no error handler of Express 4."
        yield self.finding((subject.address,), message, subject.handler)


def _is_exposed(endpoint: Endpoint, code: Codebase) -> bool:
    """Whether the handler is an async function that awaits something outside of a try statement."""
    source = source_of(code, endpoint.handler.path)
    if source is None:
        return False
    function = next((f for f in source.functions if f.at == endpoint.handler.span), None)
    if function is None or not function.is_async or not _is_handed_over(source, function):
        return False
    guarded = [part for part in function.body.statements if isinstance(part, Attempt)]
    loose = [part for part in function.body.statements if part not in guarded]
    return any(_calls_out(source, part) for part in loose)


def _is_handed_over(source: Source, function: Function) -> bool:
    """Whether a function is given to the router as it is, not to something that wraps it."""
    around = [call for call in source.calls if any(given.value is function for given in call.arguments)]
    return not around or all(isinstance(call.callee, Member) for call in around)


def _calls_out(source: Source, part: object) -> bool:
    for found in walk([part], into_functions=False):
        at = getattr(found, "at", None)
        before = source.program.content[max(at.start - 7, 0) : at.start] if at is not None else b""
        if isinstance(found, Call | Opaque) and before.rstrip().endswith(b"await"):
            return True
    return False
