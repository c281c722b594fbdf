"""The HTTP status of what code throws, returns or sends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.facts.endpoints.caller.libraries import STOPS
from rules.facts.endpoints.machine.errors import kinds_of
from rules.facts.endpoints.machine.values import (
    Attribute,
    Either,
    Extern,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Mixed,
    Value,
    name_of,
    scalar_of,
)

STATUS_NAMES = ("status_code", "status", "statusCode", "code", "httpStatus", "http_status", "httpCode")
WORDS = {
    401: (
        r"unauthori[sz]ed|unauthenticated|not.?authenticated|not.?logged.?in|login.?required|no.?token|notauth|autherror"
        r"|authentication.?(required|error|failed|exception)|invalid.?(token|credentials|session|signature|api.?key)"
        r"|missing.?(token|authorization)|must.?be.?(logged|signed)|credentials.?exception"
    ),
    403: (
        r"forbidden|(permission|access).?denied|authori[sz]ation.?error|not.?allowed|insufficient|not.?authori[sz]ed"
        r"|permissionerror|nopermission|unprivileged"
    ),
    404: r"not.?found",
    400: r"validation|bad.?request|invalid.?(input|argument|params)|valueerror|typeerror",
    429: r"too.?many.?requests|rate.?limit",
}
"""What errors are called and say when they give no status."""

LOGIN = re.compile(r"log-?_?in|sign-?_?in|/auth\b|unauthori[sz]ed|forbidden|403|401", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\d)([1-5]\d\d)(?!\d)")

MAX_LOOKED_AT = 200

NOT_ABOUT_CALLERS = frozenset(
    (400, 402, 405, 406, 408, 409, 410, 411, 413, 414, 415, 416, 417, 422, 423, 425, 426, 428, 429)
)
"""Statuses of requests that are turned away whoever sends them."""


def status_of(value: Value, depth: int = 0) -> int:
    """The status that a value means as an error or a response; 0 where none is known."""
    if depth > 6:
        return 0
    if isinstance(value, Either):
        found = {status_of(option, depth + 1) for option in value.options}
        return found.pop() if len(found) == 1 else 0
    if isinstance(value, Listed):
        return next((code for inner in value.values[1:3] if (code := _code(inner))), 0)
    if isinstance(value, Keyed):
        return _named(value.entries, depth)
    if isinstance(value, Extern | Attribute):
        return _words(name_of(value))
    return _made(value, depth) if isinstance(value, Made | Instance) else 0


def _code(value: Value | None) -> int:
    """A status written as a number, or as a constant whose name holds or means one."""
    scalar = scalar_of(value)
    if isinstance(scalar, int) and 100 <= scalar <= 599:
        return scalar
    name = scalar if isinstance(scalar, str) and scalar.isidentifier() else name_of(value).rpartition(".")[2]
    found = _NUMBER.search(name)
    return int(found[1]) if found else _words(name)


def _words(text: str) -> int:
    return next((status for status, words in WORDS.items() if re.search(words, text, re.IGNORECASE)), 0)


def _named(entries: dict[str, Value], depth: int) -> int:
    for name in STATUS_NAMES:
        if name in entries and (code := _code(entries[name])):
            return code
    return next((code for key in ("error", "response", "init") if key in entries
                 and (code := status_of(entries[key], depth + 1))), 0)  # fmt: skip


def _made(value: Made | Instance, depth: int) -> int:
    arguments = value.arguments
    own = {**value.attributes, **arguments.named}
    if isinstance(value, Made):
        stop = STOPS.get(name_of(value.callee), 0)
        if stop > 0 and stop != 302:
            return stop
        if is_redirect(value):
            return 302
    code = _named(own, depth)
    for argument in arguments.positional:
        code = code or (
            _code(argument) if isinstance(argument, Known | Extern | Attribute) else status_of(argument, depth + 1)
        )
    return code or _said(value)


def _said(value: Made | Instance) -> int:
    """What the class of an error and the texts in it say."""
    for kind in sorted(kinds_of(value)):
        if code := _words(kind):
            return code
    texts = [text for argument in value.arguments.all for text in _texts(argument)]
    return next((code for text in texts if (code := _words(text))), 0)


def _texts(value: Value, *, calls: bool = False) -> Iterator[str]:
    """The texts in a value, those of calls and their names included if wanted; no part is looked at twice."""
    pending, seen = [value], set[int]()
    while pending and len(seen) < MAX_LOOKED_AT:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Known) and isinstance(part.value, str):
            yield part.value
        elif isinstance(part, Mixed):
            pending.extend(part.parts)
        elif isinstance(part, Keyed):
            pending.extend(part.entries.values())
        elif isinstance(part, Made) and calls:
            yield name_of(part.callee)
            pending.extend(part.arguments.all)


def is_redirect(value: Made) -> bool:
    word = value.method.lower() or name_of(value.callee).rpartition(".")[2].lower()
    return "redirect" in word


def to_login(value: Value) -> bool:
    """Whether a redirect leads to where people sign in."""
    if isinstance(value, Either):
        return any(to_login(option) for option in value.options)
    if not isinstance(value, Made):
        return False
    texts = [text for argument in value.arguments.all for text in _texts(argument, calls=True)]
    return any(LOGIN.search(text) for text in texts) or "login" in name_of(value.callee).lower()
