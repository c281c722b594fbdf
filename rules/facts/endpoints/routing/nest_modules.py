"""The modules of NestJS: what an application is made of, from its root module along all imports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from rules.facts.endpoints.machine.values import (
    NOWHERE,
    Arguments,
    Attribute,
    ClassValue,
    Closure,
    Either,
    Given,
    Instance,
    Keyed,
    Listed,
    Made,
    Place,
    Symbol,
    Value,
    name_of,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.routing.decorators import Decorators

MODULE = "@nestjs/common.Module"
APP_GUARD = "@nestjs/core.APP_GUARD"
MAX_MODULES = 5_000


@dataclass(frozen=True)
class Entry:
    """Something in a list of a module. `under` says that it stands there only under a condition."""

    value: Value
    place: Place
    under: bool = False


@dataclass
class Modules:
    """What all modules that were reached hold. Each module stands once, with the controllers that it lists."""

    controllers: dict[ClassValue, list[ClassValue]] = field(default_factory=dict)
    providers: list[Entry] = field(default_factory=list)

    @property
    def classes(self) -> Iterator[ClassValue]:
        """Everything that is made an object of: gateways and resolvers are providers."""
        for entry in self.providers:
            if isinstance(entry.value, ClassValue):
                yield entry.value
            elif isinstance(entry.value, Keyed) and isinstance(made := entry.value.entries.get("useClass"), ClassValue):
                yield made


class Graph:
    """Follows imports from module to module."""

    def __init__(self, world: World, decorators: Decorators) -> None:
        self._world = world
        self._decorators = decorators

    def reached(self, roots: list[Value]) -> Modules:
        """Everything that an application of these root modules is made of."""
        found = Modules()
        pending = [Entry(root, _place(root)) for root in roots]
        seen: set[int] = set()
        while pending and len(seen) < MAX_MODULES:
            entry = pending.pop(0)
            if id(entry.value) in seen:
                continue
            seen.add(id(entry.value))
            for cls, options, place in self._described(entry.value):
                controllers = found.controllers.setdefault(cls, []) if cls is not None else []
                for inner in self._listed(options, "controllers", place):
                    if isinstance(inner.value, ClassValue) and inner.value not in controllers:
                        controllers.append(inner.value)
                found.providers += [replaced(entry, inner) for inner in self._listed(options, "providers", place)]
                pending += [replaced(entry, inner) for inner in self._listed(options, "imports", place)]
        return found

    def _described(self, value: Value) -> Iterator[tuple[ClassValue | None, Keyed, Place]]:
        """The module that an import names, with what its decorator and a dynamic module say of it."""
        if isinstance(value, Keyed):
            named = value.entries.get("module")
            yield named if isinstance(named, ClassValue) else None, value, _place(named)
            value = named if named is not None else value
        elif isinstance(value, Made) and isinstance(value.callee, Attribute):
            value = value.callee.of
        if isinstance(value, ClassValue):
            for mark in self._decorators.on_class(value):
                options = mark.arguments.get(0)
                if mark.name == MODULE and isinstance(options, Keyed):
                    yield value, options, value.place

    def _listed(self, options: Keyed, name: str, place: Place) -> Iterator[Entry]:
        """The elements of a list, with references forward and conditions taken apart."""
        held = options.entries.get(name)
        pending = [Entry(held, place)] if held is not None else []
        steps = 0
        while pending and steps < MAX_MODULES:
            entry, steps = pending.pop(0), steps + 1
            value = entry.value
            if isinstance(value, Listed):
                pending[:0] = [replaced(entry, Entry(inner, place)) for inner in value.values]
            elif isinstance(value, Either):
                pending[:0] = [Entry(option, place, True) for option in value.options]
            elif isinstance(value, Made) and name_of(value.callee).endswith(".forwardRef"):
                target = self.result(value.arguments.get(0))
                pending[:0] = [Entry(target, place, entry.under)] if target is not None else []
            else:
                yield entry

    def result(self, function: Value | None) -> Value | None:
        """What a function of the repository gives when nothing is known of its arguments."""
        if not isinstance(function, Closure):
            return None
        return self._world.from_top(function.place.path, partial(self._world.call_blindly, function))

    def app_guards(self, modules: Modules) -> Iterator[Entry]:
        """The guards that modules put before every handler of their application."""
        for entry in modules.providers:
            value = entry.value
            if not isinstance(value, Keyed) or name_of(value.entries.get("provide")) != APP_GUARD:
                continue
            guard = value.entries.get("useClass") or value.entries.get("useExisting") or value.entries.get("useValue")
            guard = guard or self.result(value.entries.get("useFactory"))
            if guard is not None:
                yield Entry(guard, entry.place, entry.under)

    def prefixes(self) -> dict[ClassValue, str]:
        """The paths under which `RouterModule` puts modules."""
        found: dict[ClassValue, str] = {}
        for made in self._world.calls.get("@nestjs/core.RouterModule.register", []):
            pending = [(made.arguments.get(0), "")]
            while pending:
                value, above = pending.pop()
                if isinstance(value, Listed):
                    pending += [(inner, above) for inner in value.values]
                elif isinstance(value, ClassValue):
                    found.setdefault(value, above)
                elif isinstance(value, Keyed):
                    path = f"{above}/{(text_of(value.entries.get('path')) or '').strip('/')}".rstrip("/")
                    pending += [(value.entries.get("module"), path), (value.entries.get("children"), path)]
        return found

    def consumer(self, module: ClassValue) -> Symbol | None:
        """What a module's `configure` was given, with the calls on it."""
        machine = self._world.machine
        consumer = Given("consumer")

        def configure() -> Value | None:
            method = machine.class_member(module, "configure", machine.provided(module))
            return machine.call(method, Arguments((consumer,)), module.place) if isinstance(method, Closure) else None

        self._world.from_top(module.env.path, configure)
        return consumer if consumer.uses else None


def replaced(outer: Entry, inner: Entry) -> Entry:
    return Entry(inner.value, inner.place, outer.under or inner.under)


def _place(value: Value | None) -> Place:
    if isinstance(value, ClassValue | Closure | Made | Instance):
        return value.place
    return NOWHERE
