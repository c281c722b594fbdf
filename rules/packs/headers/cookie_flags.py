from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Bind, Call, Const, Expr, Member, Name, Record

SECRET = re.compile(r"sess|token|auth|jwt|refresh|sid$|^sid|remember|credential", re.IGNORECASE)
HARMLESS = re.compile(r"csrf|xsrf|consent|theme|locale|lang", re.IGNORECASE)
STORES = frozenset(("express-session", "cookie-session", "@fastify/session", "@fastify/cookie", "koa-session"))
DJANGO = frozenset(("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY"))

_APP = """const app = require("express")();
app.post("/login", (req, res) => {
  res.cookie("session", issue(req), { httpOnly: false, secure: true });
  res.sendStatus(204);
});
"""
_BARE = _APP.replace(", { httpOnly: false, secure: true }", "")
_FLASK = """from flask import make_response


def login():
    answer = make_response("")
    answer.set_cookie("session_token", issue())
    return answer
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        yield from _set_in_javascript(source, call) if not source.is_python else _set_in_python(source, call)
        if source.name(call.callee) in STORES:
            yield from _of_store(source, call)
    for part in source.parts if source.is_python and "settings" in source.path else ():
        named = part.target.id if isinstance(part, Bind) and isinstance(part.target, Name) else ""
        if named in DJANGO and isinstance(part, Bind) and source.constant(part.value) is False:
            yield source.saw(part, f"{named} is off", named)


def _set_in_javascript(source: Source, call: Call) -> Iterator[Sighting]:
    if not (
        isinstance(call.callee, Member) and call.callee.name in ("cookie", "setCookie") and len(call.arguments) >= 2
    ):
        return
    name = source.constant(argument(call, 0))
    options = source.value(argument(call, 2))
    if not isinstance(name, str) or not _is_secret(name):
        return
    if options is None:
        end = call.arguments[1].value.at.end
        added = Edit(source.path, Span(end, end), b', { httpOnly: true, secure: true, sameSite: "lax" }')
        yield source.saw(call, f"the cookie {name} has no flags", f"{name} flags", edits=[added])
    elif isinstance(options, Record) and all(held.key is not None for held in options.entries):
        yield from _off(source, options, name)


def _off(source: Source, options: Record, name: str) -> Iterator[Sighting]:
    only = entry(options, "httpOnly")
    if isinstance(only, Const) and only.value is False:
        yield source.saw(only, f"scripts may read the cookie {name}", f"{name} httpOnly", edits=_true(source, only))
    elif only is None:
        yield source.saw(options, f"scripts may read the cookie {name}: httpOnly is not set", f"{name} httpOnly")
    secure = entry(options, "secure")
    if isinstance(secure, Const) and secure.value is False:
        edits = _true(source, secure)
        yield source.saw(secure, f"the cookie {name} is sent without TLS", f"{name} secure", edits=edits)


def _of_store(source: Source, call: Call) -> Iterator[Sighting]:
    options = source.value(argument(call, 0))
    cookie = source.value(entry(options, "cookie")) if isinstance(options, Record) else None
    if isinstance(cookie, Record):
        for flag, what in (("httpOnly", "scripts may read the session cookie"), ("secure", "it is sent without TLS")):
            off = entry(cookie, flag)
            if isinstance(off, Const) and off.value is False:
                yield source.saw(off, what, f"session {flag}", edits=_true(source, off))


def _set_in_python(source: Source, call: Call) -> Iterator[Sighting]:
    if not (isinstance(call.callee, Member) and call.callee.name == "set_cookie"):
        return
    name = source.constant(argument(call, 0, "key"))
    if not isinstance(name, str) or not _is_secret(name) or any(given.spread for given in call.arguments):
        return
    only = argument(call, None, "httponly")
    if only is None or (isinstance(only, Const) and only.value is False):
        edits = _true(source, only, b"True") if only is not None else _flags(source, call)
        yield source.saw(
            call, f"scripts may read the cookie {name}: httponly is not set", f"{name} httponly", edits=edits
        )


def _flags(source: Source, call: Call) -> Iterator[Edit]:
    text = source.text(call)
    if text.endswith(")") and not text[:-1].rstrip().endswith(","):
        end = call.at.end - 1
        yield Edit(source.path, Span(end, end), b', httponly=True, secure=True, samesite="Lax"')


def _true(source: Source, value: Expr, word: bytes = b"true") -> list[Edit]:
    return [Edit(source.path, value.at, word)]


def _is_secret(name: str) -> bool:
    return bool(SECRET.search(name)) and not HARMLESS.search(name)


COOKIES = sightings("cookies", (b"cookie", b"Cookie", b"session", b"SESSION_COOKIE"), _look)


class CookieFlags(Rule[Sighting]):
    """A cookie that carries a session or a token lacks a flag that protects it.

    Without `httpOnly` any script on the page reads it, and one injected line takes the session away. Without
    `secure` it travels in the clear. `sameSite` keeps other sites from having it sent along. The fix sets them.
    """

    id = "headers/cookie-flags"
    reference = "HDR-06"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = COOKIES
    examples = (
        Bad({"app.js": _APP}, line=3, fixed={"app.js": _APP.replace("httpOnly: false", "httpOnly: true")}),
        Bad(
            {"app.js": _BARE},
            line=3,
            fixed={
                "app.js": _BARE.replace("issue(req))", 'issue(req), { httpOnly: true, secure: true, sameSite: "lax" })')
            },
        ),
        Bad(
            {"app.py": _FLASK},
            line=6,
            fixed={"app.py": _FLASK.replace("issue())", 'issue(), httponly=True, secure=True, samesite="Lax")')},
        ),
        Bad({"app/settings.py": "SESSION_COOKIE_SECURE = False\n"}, line=1),
        Good({"app.js": _APP.replace("httpOnly: false", "httpOnly: true")}),
        Good({"app.js": _BARE.replace('"session"', '"theme"')}),
        Good({"app.js": _BARE.replace('"session", issue(req)', '"session", issue(req), options')}),
        Good({"app.py": _FLASK.replace("session_token", "csrf_token")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        fix = Fix("Set the flags", subject.edits) if subject.edits else None
        message = f"{subject.sentence}."
        yield self.finding((subject.key,), message, subject.where, fix=fix, file_local=True)
