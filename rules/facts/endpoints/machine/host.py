"""What a machine leaves to whoever runs it: what is true, and what happens outside the repository."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rules.facts.endpoints.machine.values import Arguments, Closure, Made, Place, Symbol, Value


class Basis(StrEnum):
    """What a condition depends on.

    IDENTITY: whether the caller is known. CHECK: what code outside the repository makes of a credential.
    HINT: what such code makes of the request as a whole, or of nothing that can be seen.
    CALLER: what the caller sends. SERVER: configuration, stored data. UNKNOWN: nobody can tell.
    """

    IDENTITY = "identity"
    CHECK = "check"
    HINT = "hint"
    CALLER = "caller"
    SERVER = "server"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Truth:
    """Whether a value counts as true, or None for both, and what that depends on.

    `identity` says that an undecided answer depends on whether the caller is known, too.
    """

    answer: bool | None
    basis: Basis = Basis.SERVER
    identity: bool = False


@dataclass(eq=False, slots=True)
class Condition:
    """One side of an undecided condition, in force. `turned_away` says that callers on its other side were rejected.

    `opposite` is that other side where the function went on there alone: they may still be rejected further down.
    """

    place: Place
    basis: Basis
    turned_away: bool = False
    opposite: Condition | None = None


class Manner(StrEnum):
    """How a piece of code ended: ANSWER sends a response, ONWARD hands the request to what comes next.

    After YIELD it goes on once its value was used.
    """

    RETURN = "return"
    THROW = "throw"
    ANSWER = "answer"
    ONWARD = "onward"
    YIELD = "yield"


@dataclass(frozen=True, slots=True, eq=False)
class Ending:
    """One way in which code came to an end, under which conditions, in which functions.

    `consulted` says that on this way a condition was decided by the absence of an identity.
    `status` is the HTTP status where one is known, 0 elsewhere. `handled`: an error was being handled.
    """

    manner: Manner
    value: Value
    place: Place
    under: tuple[Condition, ...] = ()
    consulted: bool = False
    stack: tuple[Closure, ...] = ()
    status: int = 0
    handled: bool = False


class Exhausted(Exception):
    """Following the program took more steps than it may."""


class Dead(Exception):
    """Control never comes back to this place: an error was thrown, and is recorded."""


class Host(Protocol):
    """Answers for what lies outside. `hops` is how many calls deep a function is followed."""

    hops: int

    def truth(self, value: Value) -> Truth: ...

    def rejects(self, ending: Ending, basis: Basis) -> bool:
        """Whether this ending turns away a caller for whom a condition of this basis did not hold."""

    def attribute(self, of: Symbol, name: str) -> Value | None:
        """The value of an attribute that this host knows better."""

    def assigned(self, of: Symbol, name: str, value: Value) -> None:
        """Told of an attribute that was set; may raise `Dead` after recording an answer."""

    def outside(self, made: Made) -> Value:
        """The result of a call that leaves the repository; may raise `Dead` after recording the error."""

    def stopped(self, closure: Closure) -> Value:
        """The result of a function that never returns; may raise `Dead`."""

    def unfollowed(self, closure: Closure, arguments: Arguments, made: Made) -> Value:
        """The result of a call that is too deep to follow."""
