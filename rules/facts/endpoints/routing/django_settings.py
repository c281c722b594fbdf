"""What the settings of Django say of every view: the middlewares, and the defaults of REST framework."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts.endpoints.machine.values import ClassValue, Extern, Keyed, Listed, Unknown, Value, lineage, text_of
from rules.facts.endpoints.machine.world import World


@dataclass(frozen=True)
class Settings:
    """`permissions` are the classes that REST framework asks where a view names none; None where nothing is said."""

    middleware: tuple[Value, ...] = ()
    permissions: Value | None = None
    throttles: Value | None = None


def settings_of(world: World) -> Iterator[tuple[str, Settings]]:
    """The root URL configurations, each with the settings that name it."""
    for path in sorted(world.candidates):
        module = world.module(path) if path.endswith(".py") and "settings" in path else None
        if module is None or b"ROOT_URLCONF" not in module.program.content:
            continue
        name = text_of(world.exported(path, "ROOT_URLCONF"))
        root = world.find(path, name) if name is not None else None
        if root is not None:
            yield root, _read(world, path)


def _read(world: World, path: str) -> Settings:
    listed = world.exported(path, "MIDDLEWARE")
    names = [text_of(value) for value in listed.values] if isinstance(listed, Listed) else []
    rest = world.exported(path, "REST_FRAMEWORK")
    entries = rest.entries if isinstance(rest, Keyed) else {}
    every = [dotted(world, path, name) for name in names if name is not None]
    found = tuple(one for one in every if not isinstance(one, ClassValue) or _decides(one))
    return Settings(
        found,
        _classes(world, path, entries.get("DEFAULT_PERMISSION_CLASSES")),
        _classes(world, path, entries.get("DEFAULT_THROTTLE_CLASSES")),
    )


def _decides(middleware: ClassValue) -> bool:
    """Whether a class of the repository itself handles requests; what it only inherits is the library's."""
    methods = {m.name for base in lineage(middleware) if isinstance(base, ClassValue) for m in base.definition.methods}
    return bool(methods & {"__call__", "process_request"})


def _classes(world: World, path: str, value: Value | None) -> Value | None:
    if not isinstance(value, Listed):
        return value
    return Listed([dotted(world, path, text) if (text := text_of(one)) else one for one in value.values], value.is_open)


def dotted(world: World, path: str, name: str) -> Value:
    """What a dotted name in settings stands for: something of the repository, or of a package."""
    module, _, last = name.rpartition(".")
    target = world.find(path, module) if module else None
    found = world.exported(target, last) if target is not None else Extern(name)
    return Extern(name) if isinstance(found, Unknown) else found
