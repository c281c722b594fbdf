from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Const, Expr, Member, Record

YEAR = 31_536_000
SETTERS = frozenset(("setHeader", "set", "header", "append", "appendHeader"))

_NEXT = """module.exports = {
  async headers() {
    return [{ source: "/(.*)", headers: [{ key: "X-XSS-Protection", value: "1; mode=block" }] }];
  },
};
"""
_APP = """const app = require("express")();
app.use((req, res, next) => {
  res.setHeader("Strict-Transport-Security", "max-age=300");
  next();
});
"""


def _look(source: Source) -> Iterable[Sighting]:
    for part in source.parts:
        for name, value in _headers(part):
            said = _wrong(str(name.value).lower(), str(value.value).lower())
            if said:
                edits = [Edit(source.path, value.at, b'"0"')] if "xss" in str(name.value).lower() else []
                yield source.saw(value, said, str(name.value).lower(), edits=edits)
    for call in source.calls:
        if source.name(call.callee) in ("helmet", "koa-helmet", "helmet.hsts"):
            yield from _of_helmet(source, call)


def _headers(part: object) -> Iterable[tuple[Const, Const]]:
    """A header's name and value where both are constants: of a call that sets it, or of a record of both."""
    name: Expr | None = None
    value: Expr | None = None
    if isinstance(part, Call) and isinstance(part.callee, Member) and part.callee.name in SETTERS:
        name, value = argument(part, 0), argument(part, 1)
    elif isinstance(part, Record):
        name, value = entry(part, "key"), entry(part, "value")
    if isinstance(name, Const) and isinstance(value, Const):
        yield name, value


def _of_helmet(source: Source, call: Call) -> Iterable[Sighting]:
    options = source.value(argument(call, 0))
    strict = options if source.name(call.callee).endswith("hsts") else entry(options, "hsts", "strictTransportSecurity")
    if isinstance(strict, Const) and strict.value is False:
        yield source.saw(strict, "Strict-Transport-Security is switched off", "hsts")
    age = source.constant(entry(source.value(strict), "maxAge"))
    if isinstance(age, int) and age < YEAR:
        yield source.saw(call, f"Strict-Transport-Security holds for {age} seconds, less than a year", "hsts")
    for names, what in ((("frameguard", "xFrameOptions"), "X-Frame-Options"), (("noSniff",), "nosniff")):
        off = entry(options, *names)
        if isinstance(off, Const) and off.value is False:
            yield source.saw(off, f"{what} is switched off", what)


def _wrong(name: str, value: str) -> str:
    if name == "x-xss-protection" and value.startswith("1"):
        return "X-XSS-Protection is abandoned by browsers, and its filter could be made to leak; send 0"
    if name == "strict-transport-security":
        age = value.partition("max-age=")[2].partition(";")[0].strip()
        if age.isdigit() and int(age) < YEAR:
            return f"Strict-Transport-Security holds for {age} seconds, less than a year"
    if name == "x-frame-options" and value.startswith("allow"):
        return "X-Frame-Options knows DENY and SAMEORIGIN only, so this lets every site frame the page"
    return ""


VALUES = sightings("header values", (b"X-XSS-Protection", b"x-xss-protection", b"ransport", b"helmet", b"rame"), _look)


class WeakHeaderValue(Rule[Sighting]):
    """A security header is sent with a value that protects little or nothing.

    Strict-Transport-Security counts from a year upwards, `X-Frame-Options` knows two values, and
    `X-XSS-Protection: 1` switches on a filter that browsers have removed, since it could be used to read
    pages; helmet sends `0` for it. The fix writes `0`.
    """

    id = "headers/weak-header-value"
    reference = "HDR-06"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = VALUES
    examples = (
        Bad({"next.config.js": _NEXT}, line=3, fixed={"next.config.js": _NEXT.replace("1; mode=block", "0")}),
        Bad({"app.js": _APP}, line=3),
        Bad({"app.js": 'const helmet = require("helmet");\nconst headers = helmet({ hsts: false });\n'}, line=2),
        Good({"app.js": _APP.replace("max-age=300", "max-age=63072000; includeSubDomains")}),
        Good(
            {"app.js": 'const helmet = require("helmet");\nconst headers = helmet({ hsts: { maxAge: 63072000 } });\n'}
        ),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Send 0", subject.edits) if subject.edits else None
        yield self.finding((subject.key,), f"{subject.said}.", subject.where, fix=fix, file_local=True)
