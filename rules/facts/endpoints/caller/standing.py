"""The words for what a value is worth when the caller has no identity, and what the parts of a request are worth."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from rules.facts.endpoints.machine.host import Basis


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
    Standing.CONTEXT: ("state", "locals", "context", "ctx", "scope", "var"),
    Standing.REQUEST: ("req", "request", "raw", "handshake"),
    Standing.RESPONSE: ("res",),
}  # fmt: skip
PART_OF_REQUEST = {name: standing for standing, names in REQUEST_PARTS.items() for name in names}

IDENTITIES = frozenset(
    ("user", "currentuser", "userid", "account", "accountid", "identity", "principal", "viewer", "actor", "member",
     "claims", "jwt", "uid", "isauthenticated", "isadmin", "admin", "permissions", "roles", "role", "scopes", "auth",
     "session", "apikey", "decoded", "authenticated", "owner", "userinfo", "authuser", "loggedin", "isloggedin", "team",
     "organization", "organizationid", "workspace", "workspaceid", "membership", "auth0", "token", "decodedtoken",
     "profile", "login", "customer", "employee")
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

LOOKUPS = frozenset(("find", "get", "has", "includes", "index", "pop"))
"""Those with which something else than the text is asked whether it knows it."""


def plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def is_identity(name: str) -> bool:
    word = plain(name)
    return word in IDENTITIES or word.endswith(("user", "userid", "session"))


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


def any_part(whole: Standing) -> Standing:
    """The standing of a part whose name is not known."""
    parts = {Standing.HEADERS: Standing.CREDENTIAL, Standing.COOKIES: Standing.CREDENTIAL}
    return Standing.ABSENT if whole is Standing.SESSION else parts.get(whole, whole)


def asked_of_request(method: str) -> Standing:
    """What a method of a request gives."""
    word = plain(method)
    if word in ("isauthenticated", "getuser", "userprincipal"):
        return Standing.ABSENT
    sent = ("json", "text", "formdata", "getjson", "body", "param", "query", "queries", "valid", "parsebody", "blob")
    return Standing.CALLER if word in sent else Standing.SERVER


def strongest(standings: Iterable[Standing]) -> Standing:
    """Of several standings the one that says most about the caller."""
    return min(standings, key=ORDER.index, default=Standing.SERVER)


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
"""What a condition on a value of a standing depends on; on the server where nothing is said."""

TAKES = frozenset(("get", "getall", "header", "pop", "getsignedcookie", "getheader"))
"""Methods that take a part out of a container."""
