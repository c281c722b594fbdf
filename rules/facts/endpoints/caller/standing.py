"""What a value is worth when the caller has no identity: whether it is there, who chose it, what it may equal."""

from __future__ import annotations

from enum import StrEnum

from rules.facts.endpoints.caller import libraries
from rules.facts.endpoints.machine.builder import constant_truth
from rules.facts.endpoints.machine.host import Basis, Truth
from rules.facts.endpoints.machine.values import (
    Attribute,
    Either,
    Extern,
    Given,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Mixed,
    Picked,
    Symbol,
    Unknown,
    Value,
    name_of,
    text_of,
)


class Standing(StrEnum):
    """The first four are objects that a framework hands in; the others say what a plain value is.

    ABSENT: only a known caller has it. ANONYMOUS: the object that stands for nobody. CREDENTIAL: sent as proof of an
    identity, here made up. CALLER: other data that the caller chose. CHECKED: what code outside made of a credential.
    """

    REQUEST = "request"
    RESPONSE = "response"
    CONTEXT = "context"
    NEXT = "next"
    HEADERS = "headers"
    COOKIES = "cookies"
    SESSION = "session"
    ABSENT = "absent"
    ANONYMOUS = "anonymous"
    CREDENTIAL = "credential"
    CHECKED = "checked"
    HINTED = "hinted"
    CALLER = "caller"
    SECRET = "secret"  # noqa: S105
    SERVER = "server"
    UNKNOWN = "unknown"


REQUEST_PARTS = {
    Standing.SESSION: ("session",),
    Standing.HEADERS: ("headers", "META", "raw_headers", "requestHeaders"),
    Standing.COOKIES: ("cookies", "COOKIES"),
    Standing.ABSENT: ("signedCookies", "auth", "oidc", "kauth"),
    Standing.CALLER: ("body", "query", "params", "files", "file", "form", "args", "json", "data", "GET", "POST",
                      "path_params", "query_params", "values", "rawBody", "searchParams", "nextUrl", "ip", "hostname",
                      "FILES", "view_args", "kwargs", "content_type", "host", "origin", "ips", "stream"),
    Standing.CONTEXT: ("state", "locals", "context", "ctx", "scope"),
    Standing.REQUEST: ("req", "request", "raw"),
    Standing.RESPONSE: ("res",),
}  # fmt: skip
PART_OF_REQUEST = {name: standing for standing, names in REQUEST_PARTS.items() for name in names}

IDENTITIES = frozenset(
    ("user", "currentuser", "userid", "account", "accountid", "identity", "principal", "viewer", "actor", "member",
     "claims", "jwt", "uid", "isauthenticated", "isadmin", "admin", "permissions", "roles", "role", "scopes", "auth",
     "session", "apikey", "decoded", "authenticated", "owner", "userinfo", "authuser", "loggedin", "isloggedin", "team",
     "organization", "organizationid", "auth0", "token", "decodedtoken", "profile", "login", "customer", "employee")
)  # fmt: skip
"""What an application calls the caller where a framework lets it keep things with a request."""

CREDENTIALS = ("auth", "token", "key", "secret", "signature", "sign", "cookie", "hmac", "session", "jwt", "credential")
"""Words in the names of headers that carry a proof of who is calling."""

ANYBODYS = (
    "csrf",
    "xsrf",
    "nonce",
    "captcha",
    "state",
    "flash",
    "cart",
    "locale",
    "lang",
    "otp",
    "challenge",
    "verifier",
)
"""Parts of a session that a visitor without an account has too."""

SECRETS = ("secret", "token", "key", "password", "passwd", "credential", "signature", "hash")

READS = frozenset((
    "split", "slice", "substring", "substr", "replace", "trim", "strip", "lower", "upper", "tolowercase",
    "touppercase", "startswith", "endswith", "encode", "decode", "partition", "rpartition", "removeprefix",
    "match", "exec", "search", "tostring", "get", "getall", "has", "includes", "join", "index", "find", "group",
    "groups", "pop", "at", "from", "b64decode", "atob", "log", "debug", "info", "warn", "error",
))  # fmt: skip
"""Methods of text and of containers: what they make of a credential is still only what the caller wrote."""


def plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def is_identity(name: str) -> bool:
    return plain(name) in IDENTITIES


def is_credential(header: str) -> bool:
    name = header.lower()
    return any(word in name for word in CREDENTIALS) and not any(word in name for word in ("csrf", "xsrf"))


def is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRETS)


def part(whole: Standing, name: str) -> Standing:
    """The standing of a named part of something."""
    if whole is Standing.REQUEST:
        return PART_OF_REQUEST.get(name) or (Standing.ABSENT if is_identity(name) else Standing.SERVER)
    if whole is Standing.CONTEXT:
        known = PART_OF_REQUEST.get(name)
        return Standing.ABSENT if is_identity(name) else known or Standing.SERVER
    if whole is Standing.RESPONSE:
        return Standing.CONTEXT if name == "locals" else Standing.RESPONSE
    if whole is Standing.HEADERS:
        return Standing.CREDENTIAL if is_credential(name) else Standing.CALLER
    if whole is Standing.COOKIES:
        return Standing.CALLER if any(word in name.lower() for word in ANYBODYS) else Standing.CREDENTIAL
    if whole is Standing.SESSION:
        return Standing.CALLER if any(word in name.lower() for word in ANYBODYS) else Standing.ABSENT
    if whole is Standing.ANONYMOUS:
        return Standing.ABSENT
    if whole is Standing.SERVER:
        return Standing.SECRET if is_secret(name) else Standing.SERVER
    return whole


def standing(value: Value | None, depth: int = 0) -> Standing:
    """What a value is worth for a caller without an identity."""
    if value is None or depth > 30:
        return Standing.UNKNOWN
    if isinstance(value, Given):
        return Standing.__members__.get(value.role.upper(), Standing.SERVER)
    if isinstance(value, Attribute):
        return part(standing(value.of, depth + 1), value.name) if not value.name.startswith("__") else Standing.SERVER
    if isinstance(value, Picked):
        name = text_of(value.key)
        whole = standing(value.of, depth + 1)
        return part(whole, name) if name is not None else _any_part(whole)
    if isinstance(value, Extern):
        return _ambient(value)
    if isinstance(value, Made):
        return _made(value, depth)
    if isinstance(value, Mixed):
        return strongest([standing(inner, depth + 1) for inner in value.parts])
    if isinstance(value, Either):
        return strongest([standing(option, depth + 1) for option in value.options])
    if isinstance(value, Instance):
        return Standing.SERVER
    return Standing.UNKNOWN if isinstance(value, Unknown) else contents(value, depth)


def contents(value: Value, depth: int) -> Standing:
    """The standing of a list or record as an argument: that of what it holds."""
    if isinstance(value, Listed):
        return strongest([standing(inner, depth + 1) for inner in value.values[:20]])
    if isinstance(value, Keyed):
        return strongest([standing(inner, depth + 1) for inner in list(value.entries.values())[:20]])
    return Standing.SERVER


def _any_part(whole: Standing) -> Standing:
    return {Standing.HEADERS: Standing.CREDENTIAL, Standing.COOKIES: Standing.CREDENTIAL,
            Standing.SESSION: Standing.ABSENT}.get(whole, whole)  # fmt: skip


def _ambient(value: Extern) -> Standing:
    known = libraries.AMBIENT.get(value.name)
    if known is not None:
        return Standing(known)
    return Standing.SECRET if is_secret(value.name.rpartition(".")[2]) and "." in value.name else Standing.SERVER


def _made(value: Made, depth: int) -> Standing:
    name = name_of(value.callee)
    given = libraries.GIVES.get(name)
    if given is not None:
        return Standing(given)
    receiver = standing(value.callee.of, depth + 1) if isinstance(value.callee, Attribute) else Standing.SERVER
    key = text_of(value.arguments.get(0))
    if receiver in CONTAINERS and plain(value.method) in (
        "get",
        "getall",
        "header",
        "pop",
        "getsignedcookie",
        "getheader",
    ):
        whole = Standing.HEADERS if receiver is Standing.REQUEST else receiver
        return part(whole, key) if key is not None else _any_part(whole)
    if receiver is Standing.REQUEST:
        return _asked(value.method)
    if receiver in (Standing.ABSENT, Standing.ANONYMOUS):
        return Standing.ABSENT
    if receiver is Standing.RESPONSE:
        return Standing.RESPONSE
    worth = strongest([receiver, *(standing(argument, depth + 1) for argument in value.arguments.all)])
    if plain(value.method) in READS and worth in (Standing.CREDENTIAL, Standing.CALLER):
        return worth
    if name in ("os.getenv", "os.environ.get") and key is not None and is_secret(key):
        return Standing.SECRET
    return RESULTS.get(worth, Standing.SERVER)


CONTAINERS = frozenset(
    (Standing.HEADERS, Standing.COOKIES, Standing.SESSION, Standing.CONTEXT, Standing.REQUEST, Standing.CALLER)
)
RESULTS = {
    Standing.CREDENTIAL: Standing.CHECKED,
    Standing.ABSENT: Standing.CHECKED,
    Standing.ANONYMOUS: Standing.CHECKED,
    Standing.CHECKED: Standing.CHECKED,
    Standing.HEADERS: Standing.CHECKED,
    Standing.COOKIES: Standing.CHECKED,
    Standing.SESSION: Standing.CHECKED,
    Standing.REQUEST: Standing.HINTED,
    Standing.CONTEXT: Standing.HINTED,
    Standing.HINTED: Standing.HINTED,
    Standing.UNKNOWN: Standing.UNKNOWN,
}
"""What code outside the repository gives for its most telling argument."""

ORDER = (
    Standing.ABSENT, Standing.ANONYMOUS, Standing.CREDENTIAL, Standing.CHECKED, Standing.SESSION, Standing.HEADERS,
    Standing.COOKIES, Standing.REQUEST, Standing.CONTEXT, Standing.HINTED, Standing.UNKNOWN, Standing.CALLER,
    Standing.SECRET, Standing.RESPONSE, Standing.NEXT, Standing.SERVER,
)  # fmt: skip


def _asked(method: str) -> Standing:
    """What a method of a request gives."""
    word = plain(method)
    if word in ("isauthenticated", "getuser", "userprincipal"):
        return Standing.ABSENT
    return (
        Standing.CALLER
        if word in ("json", "text", "formdata", "getjson", "body", "param", "query")
        else Standing.SERVER
    )


def strongest(standings: list[Standing]) -> Standing:
    """Of several standings the one that says most about the caller."""
    return min(standings, key=ORDER.index, default=Standing.SERVER)


BASIS = {
    Standing.CHECKED: Basis.CHECK,
    Standing.HINTED: Basis.HINT,
    Standing.UNKNOWN: Basis.UNKNOWN,
    Standing.CREDENTIAL: Basis.CALLER,
    Standing.CALLER: Basis.CALLER,
    Standing.SESSION: Basis.CALLER,
    Standing.COOKIES: Basis.CALLER,
    Standing.HEADERS: Basis.CALLER,
}


def truth(value: Value) -> Truth:
    """Whether a value counts as true for a caller without an identity."""
    if isinstance(value, Mixed):
        return _mixed(value)
    if isinstance(value, Either):
        return together([truth(option) for option in value.options])
    if not isinstance(value, Symbol):
        return Truth(constant_truth(value))
    worth = standing(value)
    if worth is Standing.ABSENT:
        return Truth(False, Basis.IDENTITY)
    if worth is Standing.ANONYMOUS or isinstance(value, Instance):
        return Truth(True)
    return Truth(None, BASIS.get(worth, Basis.SERVER))


def together(truths: list[Truth]) -> Truth:
    """The truth of something that may be any of these."""
    answers = {one.answer for one in truths}
    bases = [one.basis for one in truths]
    basis = next((b for b in (Basis.CHECK, Basis.HINT, Basis.UNKNOWN, Basis.CALLER) if b in bases), Basis.SERVER)
    if len(answers) == 1 and None not in answers:
        return Truth(answers.pop(), Basis.IDENTITY if Basis.IDENTITY in bases else Basis.SERVER)
    return Truth(None, basis)


def _mixed(value: Mixed) -> Truth:
    if value.op == "not":
        inner = truth(value.parts[0])
        return Truth(None if inner.answer is None else not inner.answer, inner.basis, inner.identity)
    if value.op in ("and", "or"):
        decisive = value.op == "or"
        truths = [truth(inner) for inner in value.parts]
        deciding = next((one for one in truths if one.answer is decisive), None)
        undecided = [one for one in truths if one.answer is None]
        if deciding is not None or not undecided:
            return deciding or truths[-1]
        return Truth(None, together(undecided).basis, any(one.basis is Basis.IDENTITY for one in truths))
    if value.op == "==":
        return equal(*value.parts)
    if value.op == "!=":
        same = equal(*value.parts)
        return Truth(None if same.answer is None else not same.answer, same.basis)
    worth = [standing(inner) for inner in value.parts]
    if value.op in ("in", "<", ">", "<=", ">=", "is-a") and Standing.ABSENT in worth:
        return Truth(False, Basis.IDENTITY)
    if value.op == "in" and worth[0] is Standing.CREDENTIAL:
        return Truth(False, Basis.IDENTITY)
    if value.op == "in" and worth[-1] is Standing.SESSION:
        held = part(Standing.SESSION, text_of(value.parts[0]) or "")
        return Truth(None, Basis.CALLER) if held is Standing.CALLER else Truth(False, Basis.IDENTITY)
    if len(value.parts) == 1 and value.op not in ("typeof",):
        return truth(value.parts[0]) if value.op == "!" else Truth(None, BASIS.get(worth[0], Basis.SERVER))
    return Truth(None, BASIS.get(strongest(worth), Basis.SERVER)) if worth else Truth(None)


EMPTY = (None, False, "", 0, "undefined", "anonymous")


def equal(one: Value, other: Value) -> Truth:
    """Whether two values are the same for such a caller: nobody guesses a secret, nothing equals what is not there."""
    if isinstance(one, Known) and isinstance(other, Known):
        return Truth(constant_truth(Mixed("==", (one, other))))
    if isinstance(one, Known):
        one, other = other, one
    worth = {standing(one), standing(other)}
    if isinstance(other, Known) and not other.is_default:
        if Standing.ABSENT in worth:
            return Truth(other.value in EMPTY, Basis.IDENTITY)
        return Truth(None, BASIS.get(standing(one), Basis.SERVER))
    if Standing.ABSENT in worth or worth == {Standing.CALLER, Standing.SECRET}:
        return Truth(False, Basis.IDENTITY)
    if Standing.CREDENTIAL in worth and worth & {Standing.SECRET, Standing.SERVER, Standing.CHECKED}:
        return Truth(False, Basis.IDENTITY)
    return Truth(None, BASIS.get(strongest(list(worth)), Basis.SERVER))
