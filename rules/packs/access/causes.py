"""Why an endpoint is open: the one thing that is said of it, and how it could be closed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Fix, Related, Severity
from rules.core.rule import Rule
from rules.facts.endpoints import BY_HANDLER, ENDPOINTS
from rules.facts.endpoints.model import Endpoint, Guard, Kind, Miss, Origin, Trap, Verdict

MUTATING = frozenset(("POST", "PUT", "PATCH", "DELETE", "ANY"))


class Cause(StrEnum):
    """The causes in the order in which they are said; a `Trap` of the endpoint comes before all of them."""

    ANY_CREDENTIAL = "any credential will do"
    OPTIONAL = "the guard lets strangers pass"
    OTHER_MOUNT = "guarded on another mount"
    WEBHOOK = "a webhook without a signature"
    NOTHING = "nothing stands before it"


def is_open(endpoint: Endpoint) -> bool:
    """Whether strangers get through, and nobody would call that right."""
    return endpoint.verdict is Verdict.UNGUARDED and not endpoint.public_reason


def cause_of(endpoint: Endpoint, code: Codebase) -> Trap | Cause:
    """Why an open endpoint is open."""
    if endpoint.misses:
        return endpoint.misses[0].trap
    if guard_of(endpoint, Kind.PRESENCE) is not None:
        return Cause.ANY_CREDENTIAL
    if guard_of(endpoint, Kind.OPTIONAL) is not None:
        return Cause.OPTIONAL
    if guarded_twin(endpoint, code) is not None:
        return Cause.OTHER_MOUNT
    return Cause.WEBHOOK if is_webhook(endpoint) else Cause.NOTHING


def guard_of(endpoint: Endpoint, kind: Kind) -> Guard | None:
    """A guard of a kind that was attached to an endpoint, not one that its handler holds."""
    return next((g for g in endpoint.guards if g.kind is kind and g.origin is not Origin.IN_HANDLER), None)


def guarded_twin(endpoint: Endpoint, code: Codebase) -> Endpoint | None:
    """The same handler for the same method on another mount, where it is guarded."""
    for other in code.get(BY_HANDLER).get((endpoint.handler.path, endpoint.handler.span.start, endpoint.method), ()):
        if other.verdict is Verdict.GUARDED and other.path != endpoint.path:
            return other
    return None


def is_webhook(endpoint: Endpoint) -> bool:
    parts = endpoint.path.lower().replace("_", "-").split("/")
    sent = endpoint.method in ("POST", "PUT", "ANY") and not endpoint.path.startswith("action:")
    return sent and any(part.startswith(("webhook", "web-hook")) or part.endswith("webhook") for part in parts)


def like_its_siblings(endpoint: Endpoint) -> Fix | None:
    """The fix that guards an endpoint as those beside it are."""
    protection = endpoint.protection
    return Fix(f"Guard it with {protection.guard}, like its siblings", protection.edits) if protection else None


class OpenEndpoint(Rule[Endpoint]):
    """A rule that says why an endpoint is open, in place of saying only that it is."""

    looks_at = ENDPOINTS
    severity = Severity.ERROR
    supersedes = frozenset({"access/unguarded-endpoint"})
    cause: ClassVar[Trap | Cause]

    def check(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        if not is_open(subject) or cause_of(subject, code) is not self.cause:
            return
        name = subject.address
        message = f"Anybody can call {name}: {self.because(subject, code)}."
        related = tuple(self.elsewhere(subject, code))
        yield self.finding((name,), message, subject.declared, fix=like_its_siblings(subject), related=related)

    @abstractmethod
    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        """Why it is open, in half a sentence."""

    def elsewhere(self, endpoint: Endpoint, code: Codebase) -> Iterable[Related]:
        """The place of what looks like a guard."""
        for miss in endpoint.misses[:1]:
            yield Related(miss.where, f"{spoken(miss)} stands here")


def spoken(named: Miss | Guard) -> str:
    """A guard's name as a reader would say it."""
    return named.name.removesuffix("()").rpartition(".")[2] or named.name


def may_ask_itself(endpoint: Endpoint, code: Codebase) -> bool:
    """Whether the handler, which is not followed where something before it holds, may ask for a role."""
    if any(guard.kind in (Kind.ROLE, Kind.SCOPE) for guard in endpoint.guards):
        return True
    content = code.text(endpoint.handler.path) or b""
    body = content[endpoint.handler.span.start : endpoint.handler.span.end].lower()
    return any(word in body for word in (b"role", b"admin", b"permission", b"scope", b"staff", b"forbid", b"403"))
