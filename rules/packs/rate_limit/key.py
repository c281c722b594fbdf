from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Const, Expr, Function, Index, Member, Record, Return
from rules.syntax.walk import walk

FORWARDED = frozenset(("x-forwarded-for", "x-real-ip", "x-client-ip"))
OPTIONS = ("keyGenerator", "key_func", "keyFunc")

_APP = """const { rateLimit } = require("express-rate-limit");
module.exports = rateLimit({
  limit: 5,
  keyGenerator: (req) => req.headers["x-forwarded-for"],
});
"""
_API = """from slowapi import Limiter


def address(request):
    return request.headers.get("X-Forwarded-For")


limiter = Limiter(key_func=address)
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        for given in _keys(source, call):
            function = _function(source, given)
            for read in _forwarded(function) if function is not None else ():
                yield source.saw(read, "the caller chooses this header", f"key {source.around(call)}")
                break


def _keys(source: Source, call: Call) -> Iterator[Expr]:
    """What a limiter is told to know callers by."""
    name = source.name(call.callee).lower()
    if "limit" in name:
        for option in OPTIONS:
            options = source.value(argument(call, 0))
            given = entry(options, option) if isinstance(options, Record) else argument(call, None, option)
            if given is not None:
                yield given


def _function(source: Source, given: Expr) -> Function | None:
    value = source.value(given)
    return value if isinstance(value, Function) else None


def _forwarded(function: Function) -> Iterator[Expr]:
    """Where a function returns such a header as it came."""
    for part in walk(function.body.statements):
        if isinstance(part, Return) and part.value is not None and _is_header(part.value):
            yield part.value


def _is_header(part: Expr) -> bool:
    if isinstance(part, Index) and isinstance(part.key, Const) and isinstance(part.of, Member):
        return part.of.name == "headers" and str(part.key.value).lower() in FORWARDED
    if isinstance(part, Call) and isinstance(part.callee, Member) and part.callee.name in ("get", "header"):
        asked = argument(part, 0)
        return isinstance(asked, Const) and str(asked.value).lower() in FORWARDED
    return False


KEYS = sightings("limiter keys", tuple(option.encode() for option in OPTIONS), _look)


class Key(Rule[Sighting]):
    """The limiter knows callers by a header that they write themselves.

    `X-Forwarded-For` begins with whatever the caller sent. Whoever changes it with every request is a new caller
    each time, and no limit holds. Let the framework work the address out from the proxies that it trusts:
    `req.ip` in Express with `trust proxy` set, `get_remote_address` behind `ProxyHeadersMiddleware`; or count by
    the signed-in user.
    """

    id = "rate-limit/key"
    reference = "RL-05"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = KEYS
    examples = (
        Bad({"limiter.js": _APP}, line=4),
        Bad({"limiter.py": _API}, line=5),
        Good({"limiter.js": _APP.replace('headers["x-forwarded-for"]', "ip")}),
        Good({"limiter.js": _APP.replace('headers["x-forwarded-for"]', 'headers["x-api-key"]')}),
        Good({"limiter.py": _API.replace('headers.get("X-Forwarded-For")', "client.host")}),
        Good({"log.js": _APP.replace("rateLimit", "logger").replace("express-rate-limit", "./log")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"This limiter never holds: {subject.said}, and is a new one each time."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
