from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Member, Record

_INIT = """import * as Sentry from "@sentry/node";

Sentry.init({ dsn: process.env.SENTRY_DSN, environment: process.env.STAGE });
"""
_APP = """const Sentry = require("@sentry/node");
const express = require("express");
const app = express();
app.get("/orders", (req, res) => res.json(orders()));
Sentry.setupExpressErrorHandler(app);
"""
ROUTES = frozenset(("get", "post", "put", "patch", "delete"))


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        name = source.name(call.callee)
        if name.endswith(("sentry_sdk.init", ".init")) and "sentry" in name.lower():
            yield from _settings(source, call)
        elif name.endswith("setupExpressErrorHandler"):
            later = [other for other in source.calls if other.at.start > call.at.end and _is_route(source, other)]
            if later:
                yield source.saw(call, "routes that are mounted later are not reported", "order")


def _settings(source: Source, call: Call) -> Iterator[Sighting]:
    options = source.value(argument(call, 0))
    dsn = argument(call, None, "dsn") or (entry(options, "dsn") if isinstance(options, Record) else None)
    if isinstance(text := source.constant(dsn), str) and text.startswith("http"):
        yield source.saw(dsn, "the address of the tracker is fixed, so every environment reports as one", "dsn")


def _is_route(source: Source, call: Call) -> bool:
    return isinstance(call.callee, Member) and call.callee.name in ROUTES and source.name(call.callee.of) == "express()"


TRACKERS = sightings("error trackers", (b"entry",), _look)


class Tracker(Rule[Sighting]):
    """The error tracker does not hear of everything, or cannot tell where it comes from.

    Sentry's handler for Express reports the errors of routes that stand before it. An address that is written
    into the code sends what a laptop does into the production project. Take it from the environment, name the
    environment, and set the handler up after the routes.
    """

    id = "errors/tracker"
    reference = "ERR-07"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = TRACKERS
    examples = (
        Bad({"app.js": _APP + 'app.get("/users", (req, res) => res.json(users()));\n'}, line=5),
        Bad({"sentry.ts": _INIT.replace("process.env.SENTRY_DSN", '"https://key@sentry.example/1"')}, line=3),
        Good({"app.js": _APP}),
        Good({"sentry.ts": _INIT}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"{subject.sentence}."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
