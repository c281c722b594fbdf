"""What is known of an endpoint: who can call it, and what says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rules.core.finding import Confidence, Edit
from rules.core.source import Location


class Verdict(StrEnum):
    """GUARDED: no caller without an identity or a valid signature gets through. UNKNOWN never blocks."""

    GUARDED = "guarded"
    UNGUARDED = "unguarded"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a guard asks of the caller.

    OPTIONAL reads an identity and lets everybody pass. PRESENCE asks for a credential and takes any.
    """

    AUTHENTICATED = "authn"
    ROLE = "role"
    SCOPE = "scope"
    SIGNATURE = "signature"
    PRESENCE = "presence"
    OPTIONAL = "optional"
    UNKNOWN = "unknown"


class Origin(StrEnum):
    """Where a guard was attached, seen from the handler."""

    FUNCTION = "function"
    DECORATOR = "decorator"
    IN_HANDLER = "in-handler"
    CLASS = "class"
    BASE_CLASS = "base-class"
    ROUTER = "router"
    PARENT_ROUTER = "parent-router"
    APP = "app"
    SETTINGS = "settings"
    MATCHER = "middleware-matcher"
    WRAPPER = "wrapper"
    PROCEDURE = "procedure"
    CLIENT_CHAIN = "client-chain"
    DIRECTORY = "directory-hook"
    EARLIER_USE = "earlier-use"
    EARLIER_ROUTE = "earlier-route"
    URLCONF = "urlconf"


class Strength(StrEnum):
    """Whether a guard holds for every request, or only where a condition or a path pattern lets it run."""

    STRONG = "strong"
    MIDDLEWARE = "middleware-only"
    CONDITIONAL = "conditional"


@dataclass(frozen=True, slots=True)
class Guard:
    """Something that stands before a handler. `chain` are the functions followed until one proved to reject."""

    name: str
    kind: Kind
    origin: Origin
    where: Location
    roles: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    strength: Strength = Strength.STRONG
    reason: str = ""

    @property
    def holds(self) -> bool:
        asks = self.kind in (Kind.AUTHENTICATED, Kind.ROLE, Kind.SCOPE, Kind.SIGNATURE)
        return asks and self.strength is not Strength.CONDITIONAL

    @property
    def doubtful(self) -> bool:
        return self.kind is Kind.UNKNOWN or self.strength is Strength.CONDITIONAL


@dataclass(frozen=True, slots=True)
class Mount:
    """One way in which a router hangs in an application: what leads there, and conditions on it. `found` is False
    when no application was seen that serves it."""

    prefix: str = ""
    places: tuple[Location, ...] = ()
    conditions: tuple[Location, ...] = ()
    found: bool = True


@dataclass(frozen=True, slots=True)
class Protection:
    """The edits that put before an endpoint the one guard that its siblings have."""

    guard: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """Something that a request passes before the handler, guard or not, in the order in which it does. `name` is what
    it is called or, for what a library made, the call: `cors`, `express.json`."""

    name: str
    origin: Origin
    where: Location


class Trap(StrEnum):
    """How something that reads like a guard fails to be one."""

    ABOVE_ROUTE = "decorator above the route"
    METADATA = "metadata that no guard reads"
    ANY_BEARER = "any bearer token will do"
    REJECTS_NOBODY = "authentication that rejects nobody"
    NOT_ASKED = "permissions that nothing asks for"
    TOO_LATE = "it stands after the route"
    OTHER_MOUNT = "it stands on another mount only"
    RIGHT_OF_VIEW = "a mixin right of the view"
    OTHER_PATH = "its path does not cover the route"
    CALLER_CHOOSES = "the caller decides whether it runs"


@dataclass(frozen=True, slots=True)
class Miss:
    """Something that reads like a guard of an endpoint and is none."""

    trap: Trap
    name: str
    where: Location


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method and path on one mount. `method` is ANY where every method is served.

    `stages` are what stands before the handler, `catchers` what hears of its errors, `misses` what only looks like a
    guard of it.
    """

    framework: str
    method: str
    path: str
    declared: Location
    handler: Location
    mount: Mount = Mount()
    guards: tuple[Guard, ...] = ()
    rate_limits: tuple[str, ...] = ()
    validators: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    catchers: tuple[Stage, ...] = ()
    misses: tuple[Miss, ...] = ()
    doubt: str = ""
    public_reason: str = ""
    protection: Protection | None = field(default=None, compare=False)

    @property
    def address(self) -> str:
        """Method and path, by which people know it: `GET /orders`."""
        return f"{self.method} {self.path}"

    @property
    def verdict(self) -> Verdict:
        if any(guard.holds for guard in self.guards):
            return Verdict.GUARDED
        doubtful = self.doubt or not self.mount.found or any(guard.doubtful for guard in self.guards)
        return Verdict.UNKNOWN if doubtful else Verdict.UNGUARDED

    @property
    def refuses_silence(self) -> bool:
        """Whether a caller who sends no credential at all is turned away; one who makes one up may still pass."""
        return self.verdict is Verdict.GUARDED or any(guard.kind is Kind.PRESENCE for guard in self.guards)

    @property
    def reason(self) -> str:
        """Why the verdict is what it is, in a few words."""
        if self.doubt:
            return self.doubt
        if not self.mount.found and self.verdict is Verdict.UNKNOWN:
            return "no application was found that serves it"
        told = [guard for guard in self.guards if guard.holds or guard.doubtful]
        return "; ".join(guard.reason or f"{guard.name} ({guard.kind}, {guard.origin})" for guard in told)

    @property
    def confidence(self) -> Confidence:
        return Confidence.LOW if self.verdict is Verdict.UNKNOWN else Confidence.HIGH
