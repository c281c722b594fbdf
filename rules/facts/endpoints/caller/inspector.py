"""Turns what stands before an endpoint into guards, by following it as a caller without an identity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from rules.facts.endpoints.caller.outcome import ROLES, SCOPES, SIGNATURES, Outcome, Result, Through, assess, spoken
from rules.facts.endpoints.caller.visitor import STEPS, Visitor, effect_of, is_known
from rules.facts.endpoints.machine.host import Dead, Ending, Exhausted
from rules.facts.endpoints.machine.values import (
    ClassValue,
    Closure,
    Either,
    Given,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Place,
    Unknown,
    Value,
    name_of,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.model import Guard, Kind, Origin, Strength

Follow = Callable[[Visitor, Value], list[Ending]]
"""Sends a request through a piece of code on the visitor's machine and gives the ways in which it returned."""


@dataclass(frozen=True)
class Layer:
    """Something on the way to a handler, or the handler itself; `under` are conditions on its being there.

    `late` says why it does not stand before everything that it should, `name` how it is called if its own does not say.
    """

    value: Value
    origin: Origin
    place: Place
    follow: Follow
    through: Through
    under: tuple[Place, ...] = ()
    late: str = ""
    name: str = ""


@dataclass(frozen=True)
class Report:
    """What a layer turned out to be."""

    guard: Guard | None = None
    rate_limits: tuple[str, ...] = ()
    validators: tuple[str, ...] = ()


NOTHING_FOUND = Report()


@dataclass(frozen=True)
class Followed:
    outcome: Outcome
    rate_limits: tuple[str, ...]
    validators: tuple[str, ...]
    presence: bool


ALL_STEPS = 8_000_000
"""Evaluations that following the requests of all endpoints of a framework may take, some thirty seconds. Beyond that
nothing is known."""


class Inspector:
    """Looks at layers. What does not depend on the request's path or method is followed once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._seen: dict[object, Followed] = {}
        self._left = ALL_STEPS

    def look(self, layer: Layer, facts: Mapping[str, str]) -> Report:
        value = layer.value
        if isinstance(value, Either):
            return self._either(layer, value, facts)
        if isinstance(value, Closure | Instance | ClassValue) or _wraps(value):
            followed = self._follow(layer, facts)
            guard = self._from_outcome(layer, followed.outcome)
            if guard is None and followed.presence:
                guard = self._guard(layer, Kind.PRESENCE)
            return Report(guard, followed.rate_limits, followed.validators)
        return NOTHING_FOUND if isinstance(value, Known | Listed | Keyed) else self._outside(layer)

    def _either(self, layer: Layer, value: Either, facts: Mapping[str, str]) -> Report:
        reports = [self.look(replace(layer, value=option), facts) for option in value.options]
        guards = [report.guard for report in reports if report.guard is not None]
        if guards and len(guards) < len(reports):
            weaker = replace(guards[0], strength=Strength.CONDITIONAL, reason="it stands there only under a condition")
            return replace(reports[0], guard=weaker)
        return replace(reports[0], guard=guards[0]) if guards else reports[0]

    def _follow(self, layer: Layer, facts: Mapping[str, str]) -> Followed:
        key = (_identity(layer.value), layer.through)
        if key in self._seen:
            return self._seen[key]
        allowed = min(STEPS, self._left)
        visitor = Visitor(self.world, facts, allowed)
        try:
            endings = layer.follow(visitor, layer.value)
            outcome = assess([*visitor.machine.endings, *endings], layer.through)
        except Dead:
            outcome = assess(visitor.machine.endings, layer.through)
        except Exhausted:
            outcome = Outcome(Result.UNKNOWN, None, "it is too long to follow")
        self._left -= allowed - max(visitor.machine.steps, 0)
        limits, validators = (tuple(map(name_of, kept)) for kept in (visitor.throttles, visitor.validators))
        followed = Followed(outcome, limits, validators, bool(visitor.presences))
        if not visitor.used_facts:
            self._seen[key] = followed
        return followed

    def _from_outcome(self, layer: Layer, outcome: Outcome) -> Guard | None:
        if outcome.result is Result.OPEN:
            return None
        kind = self._kind(layer.value, outcome)
        if outcome.result is Result.UNKNOWN:
            return self._guard(layer, Kind.UNKNOWN, outcome, reason=outcome.reason)
        if outcome.result is Result.OPTIONAL:
            return self._guard(layer, Kind.OPTIONAL, outcome)
        conditional = outcome.result is Result.CONDITIONAL
        strength = Strength.CONDITIONAL if conditional else Strength.STRONG
        return self._guard(layer, kind, outcome, strength=strength, reason=outcome.reason if conditional else "")

    def _kind(self, value: Value, outcome: Outcome) -> Kind:
        """What a guard asks for, by the words in it and in the function that turned the caller away."""
        stack = outcome.rejection.stack if outcome.rejection is not None else ()
        closures = [*stack[-1:], *([value] if isinstance(value, Closure) else [])]
        source = b"".join(self.world.source(closure.place) for closure in closures)
        if SIGNATURES.search(source):
            return Kind.SIGNATURE
        if SCOPES.search(source):
            return Kind.SCOPE
        return Kind.ROLE if ROLES.search(source) else Kind.AUTHENTICATED

    def _guard(
        self,
        layer: Layer,
        kind: Kind,
        outcome: Outcome | None = None,
        *,
        strength: Strength = Strength.STRONG,
        reason: str = "",
    ) -> Guard:
        chain = outcome.chain if outcome is not None else ()
        place = layer.place
        name = layer.name or called(layer.value)
        origin = layer.origin
        if origin is Origin.IN_HANDLER and chain and outcome is not None and outcome.rejection is not None:
            outer = outcome.rejection.stack[0]
            if isinstance(layer.value, Closure) and _innermost(layer.value).function is not outer.function:
                name, origin = spoken(outer), Origin.DECORATOR
            place = outcome.rejection.place
            name = chain[-1] if origin is Origin.IN_HANDLER else name
        return Guard(name, kind, origin, self.world.locate(place), _roles(layer.value), chain, strength, reason)

    def _outside(self, layer: Layer) -> Report:
        name = called(layer.value)
        if isinstance(layer.value, Unknown):
            return Report(self._guard(layer, Kind.UNKNOWN, reason=layer.value.reason))
        effect = effect_of(layer.value) if not isinstance(layer.value, Given) else ""
        if effect == "throttle":
            return Report(rate_limits=(name,))
        if effect == "validator":
            return Report(validators=(name,))
        if not effect:
            return NOTHING_FOUND
        reason = f"{name} is defined outside this repository" if effect == "unknown" else ""
        return Report(self._guard(layer, Kind(effect), reason=reason))


def _identity(value: Value) -> object:
    """What makes two values the same piece of code with the same names around it."""
    if isinstance(value, Closure):
        return (value.function, id(value.env), id(value.this))
    return id(value)


def _wraps(value: Value) -> bool:
    """Whether a call made a function out of another one, and is none of those whose effect is known."""
    if is_known(value):
        return False
    return isinstance(value, Made) and any(isinstance(a, Closure | Made) for a in value.arguments.positional)


def _innermost(value: Closure) -> Closure:
    held = value.attributes.get("__wrapped__")
    return held if isinstance(held, Closure) else value


def called(value: Value) -> str:
    """The name by which a reader knows a guard."""
    if isinstance(value, Closure):
        return spoken(value)
    if isinstance(value, ClassValue):
        return value.definition.name
    if isinstance(value, Instance):
        return value.cls.definition.name if isinstance(value.cls, ClassValue) else value.cls.function.name
    if isinstance(value, Made) and (inner := [a for a in value.arguments.positional if isinstance(a, Closure)]):
        return name_of(value.callee) or spoken(inner[0])
    return name_of(value) or (f"{value.reason}" if isinstance(value, Unknown) else type(value).__name__.lower())


def _roles(value: Value) -> tuple[str, ...]:
    """The words with which a guard was made, by a call or by the function around it: what it asks for."""
    held: Iterable[Value] = value.arguments.all if isinstance(value, Made | Instance) else ()
    if isinstance(value, Closure) and value.function.within:
        held = value.env.names.values()
    listed = [inner for a in held for inner in (a.values if isinstance(a, Listed) else [a])]
    return tuple(text for inner in listed if (text := text_of(inner)) and not any(map(str.isspace, text)))
