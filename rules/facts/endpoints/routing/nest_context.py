"""What NestJS hands to guards and handlers, and what calls on it give: execution context, metadata, passport."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from rules.facts.endpoints.caller.libraries import LOGINS
from rules.facts.endpoints.caller.standing import Standing, part
from rules.facts.endpoints.caller.visitor import Visitor, effect_of, lets_in
from rules.facts.endpoints.machine.host import Basis, Manner
from rules.facts.endpoints.machine.values import (
    NOTHING,
    NOWHERE,
    Arguments,
    Attribute,
    ClassValue,
    Closure,
    Extern,
    Given,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Mixed,
    Value,
    foreign_base,
    join,
    lineage,
    name_of,
    text_of,
)
from rules.facts.endpoints.routing.decorators import Decorators, Mark, Marked

PASSPORT = "@nestjs/passport.AuthGuard()"
STRATEGY = "@nestjs/passport.PassportStrategy"
METADATA = "@nestjs/common.SetMetadata"
READERS = frozenset(("get", "getAllAndOverride", "getAllAndMerge", "getAll", "getMetadata", "getOwnMetadata"))
SWITCHES = frozenset(("switchToHttp", "switchToWs", "switchToRpc"))
CONTEXTS = ("GqlExecutionContext.create", "ExecutionContextHost")
GIVES = {
    "getRequest": Standing.REQUEST,
    "getResponse": Standing.RESPONSE,
    "getNext": Standing.NEXT,
    "getClient": Standing.REQUEST,
    "getData": Standing.CALLER,
    "getContext": Standing.CONTEXT,
    "getInfo": Standing.SERVER,
    "getRoot": Standing.SERVER,
}
"""What methods of the execution context give."""

CLOSES = frozenset(("disconnect", "close", "terminate"))
"""Methods of a socket that end the connection."""


@dataclass(frozen=True)
class Target:
    """The handler that guards are asked about. `kind` is what `getType` of the context gives.

    `strategies` are what packages call the strategies that the application has under names of its own.
    """

    decorators: Decorators
    cls: ClassValue
    method: Marked
    strategies: Mapping[str, str]
    kind: str = "http"

    def metadata(self, key: Value, of: Value) -> Value | None:
        """What the handler or its class was marked with under a key; of a class also what its bases were."""
        if isinstance(of, Given) and of.role == "handler":
            return _marked(self.method.marks, key)
        classes = [cls for cls in lineage(self.cls) if isinstance(cls, ClassValue)]
        found = (_marked(self.decorators.on_class(cls), key) for cls in classes)
        return next((value for value in found if value is not None), None)

    def answer(self, visitor: Visitor, made: Made) -> Value | None:
        """What a call on one of the framework's own objects gives; None for all other calls."""
        callee = made.callee
        if name_of(callee).endswith(CONTEXTS):
            return execution()
        if made.method in READERS and any(_is_target(argument) for argument in made.arguments.positional):
            visitor.used_facts = True
            return self._read(made)
        if not isinstance(callee, Attribute):
            return None
        if callee.name == "canActivate" and base_of(callee.of) is not None:
            return self.library(visitor, callee.of)
        if callee.name in ("verify", "verifyAsync") and _is_jwt(callee.of):
            return visitor.verify(made)
        if callee.name == "get" and _typed(callee.of, "nestjs-cls.ClsService"):
            return Given(part(Standing.CONTEXT, text_of(made.arguments.get(0)) or ""))
        if callee.name in CLOSES and visitor.worth.of(callee.of) is Standing.REQUEST:
            raise refused(visitor, made)
        return self._of_context(visitor, callee, made) if _is(callee.of, "execution") else None

    def _of_context(self, visitor: Visitor, callee: Attribute, made: Made) -> Value | None:
        if callee.name in SWITCHES:
            return callee.of
        if callee.name in ("getHandler", "getClass"):
            return Given("handler" if callee.name == "getHandler" else "class")
        if callee.name == "getType":
            visitor.used_facts = True
            return Known(self.kind)
        if callee.name in GIVES:
            return Given(GIVES[callee.name])
        listed = Listed([Given(Standing.REQUEST), Given(Standing.RESPONSE), Given(Standing.NEXT)])
        if callee.name == "getArgs":
            return listed if self.kind != "graphql" else Given(Standing.CALLER)
        if callee.name == "getArgByIndex":
            return visitor.machine.index(listed, made.arguments.get(0) or NOTHING)
        return None

    def _read(self, made: Made) -> Value:
        """What a `Reflector` finds: the first of several places that has it, or all of them together."""
        key, of = made.arguments.get(0), made.arguments.get(1)
        places = of.values if isinstance(of, Listed) else [of]
        found = [self.metadata(key, place) for place in places if key is not None and place is not None]
        held = [value for value in found if value is not None]
        if made.method == "getAll":
            return Listed([value if value is not None else NOTHING for value in found])
        if made.method == "getAllAndMerge":
            parts = [value.values if isinstance(value, Listed) else [value] for value in held]
            return Listed([inner for values in parts for inner in values])
        return held[0] if held else NOTHING

    def library(self, visitor: Visitor, guard: Value) -> Value:
        """What `canActivate` of a guard from outside gives; raises `Dead` where it turns the caller away."""
        base = base_of(guard) or NOTHING
        if isinstance(base, Made) and name_of(base) == PASSPORT:
            return self._passport(visitor, guard, base)
        effect = effect_of(base)
        visitor.note(base, effect)
        if effect in ("authn", "role", "scope"):
            raise visitor.machine.throw(base, guard.place if isinstance(guard, Instance | Made) else NOWHERE, True)
        if effect == "presence":
            visitor.presences.append(base)
        if effect == "unknown":
            visitor.doubt(base, Basis.UNKNOWN)
        return Known(True)

    def _passport(self, visitor: Visitor, guard: Value, base: Made) -> Value:
        """A strategy finds nobody: what comes of that is up to `handleRequest`, which throws unless it was replaced."""
        if lets_in(renamed(base, self.strategies).arguments.get(0)):
            return Known(True)
        machine = visitor.machine
        replaced = machine.class_member(guard.cls, "handleRequest", guard) if isinstance(guard, Instance) else None
        nobody = Given(Standing.ABSENT)
        if not isinstance(replaced, Closure):
            raise machine.throw(base, base.place, True)
        found = (NOTHING, nobody, Mixed("not", (nobody,)), execution(), NOTHING)
        machine.call(replaced, Arguments(found), base.place)
        return Known(True)


def execution() -> Given:
    """The execution context, or what stands for it towards a transport."""
    return Given("execution")


def refused(visitor: Visitor, made: Made) -> Exception:
    """Ends a connection, as an error that nobody catches; the caller raises what this returns."""
    visitor.machine.endings.append(visitor.machine.end(Manner.THROW, NOTHING, made.place, 401))
    return visitor.machine.throw(made, made.place, visitor.machine.consulted)


def base_of(guard: Value) -> Value | None:
    """The guard from outside that an object is, or that its class extends."""
    if isinstance(guard, Instance):
        return foreign_base(guard.cls)
    return guard.callee if isinstance(guard, Made) else None


def renamed(guard: Made, strategies: Mapping[str, str]) -> Made:
    """A guard of passport with its strategies under the names that their packages give them."""
    given = guard.arguments.get(0)
    names = given.values if isinstance(given, Listed) else [given] if given is not None else []
    known = (strategies.get(text_of(name) or "") for name in names)
    found: list[Value] = [Known(text) if text else name for text, name in zip(known, names, strict=True)]
    return replace(guard, arguments=Arguments((Listed(found),))) if found else guard


def strategies_in(classes: Iterable[ClassValue]) -> Mapping[str, str]:
    """What packages call the strategies that these classes offer under names of their own."""
    found: dict[str, str] = {}
    for cls in classes:
        base = foreign_base(cls)
        name = text_of(base.arguments.get(1)) if isinstance(base, Made) else None
        if isinstance(base, Made) and name is not None and name_of(base.callee) == STRATEGY:
            package = name_of(base.arguments.get(0)).partition(".")[0].removeprefix("passport-")
            found[name] = next((login for login in sorted(LOGINS) if package.startswith(login)), package)
    return found


def _is(value: Value, role: str) -> bool:
    return isinstance(value, Given) and value.role == role


def _is_target(value: Value) -> bool:
    if isinstance(value, Listed):
        return any(_is_target(inner) for inner in value.values)
    return _is(value, "handler") or _is(value, "class")


def _is_jwt(value: Value) -> bool:
    """Whether something is the service that checks tokens, by its type or by the name that an object gave it."""
    return _typed(value, "@nestjs/jwt.JwtService") or (isinstance(value, Attribute) and "jwt" in value.name.lower())


def _typed(value: Value, name: str) -> bool:
    return isinstance(value, Given) and name_of(value.annotation) == name


def _marked(marks: tuple[Mark, ...], key: Value) -> Value | None:
    """The value under a key: of the uppermost decorator that sets it, or of one that is there under a condition."""
    found: list[Value] = []
    for mark in marks:
        own, value = entry_of(mark)
        if own is not None and _same_key(own, key):
            found.append(value)
            if mark.certain:
                return join(found)
    return join([*found, NOTHING]) if found else None


def entry_of(mark: Mark) -> tuple[Value | None, Value]:
    """The key and value that a decorator sets."""
    if isinstance(mark.value, Made) and mark.name == METADATA:
        return mark.arguments.get(0), mark.arguments.get(1) or NOTHING
    if isinstance(mark.value, Made) and mark.name.endswith("Reflector.createDecorator()"):
        return mark.value.callee, mark.arguments.get(0) or NOTHING
    return None, NOTHING


def _same_key(one: Value, other: Value) -> bool:
    if isinstance(one, Extern) and isinstance(other, Extern):
        return one.name == other.name
    text = text_of(one)
    if isinstance(one, Made) and one.method == "createDecorator" and isinstance(options := one.arguments.get(0), Keyed):
        text = text_of(options.entries.get("key"))
    return one is other or (text is not None and text == text_of(other))
