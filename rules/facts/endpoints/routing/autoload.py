"""Plugins that `@fastify/autoload` finds in a folder: the folders below it are prefixes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts.endpoints.machine.values import Keyed, Made, Mixed, Value, scalar_of, text_of
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.routing.paths import joined
from rules.syntax.paths import named_as_test

ENDINGS = (".ts", ".js", ".mjs", ".cjs", ".mts", ".cts")


@dataclass(frozen=True)
class Loaded:
    """A plugin with the prefix under which it is registered; a lifted one belongs to whoever registers it.

    `hooks` are plugins of the folders above it that stand before it.
    """

    plugin: Value
    prefix: str = ""
    lifted: bool = False
    hooks: tuple[Value, ...] = ()


def autoloaded(world: World, use: Made, options: Value | None, prefix: str) -> Iterator[Loaded]:
    """The plugins of a folder; none where it cannot be told which folder that is."""
    entries = options.entries if isinstance(options, Keyed) else {}
    folder = folder_of(entries.get("dir"), posixpath.dirname(use.place.path))
    if folder is None:
        return
    paths = [path for path in world.listing(use.place.path, folder) if _is_plugin(path)]
    hooked = scalar_of(entries.get("autoHooks")) is True
    cascading = scalar_of(entries.get("cascadeHooks")) is True
    hooks = {posixpath.dirname(path): path for path in paths if hooked and _stem(path) == "autohooks"}
    prefixed = scalar_of(entries.get("dirNameRoutePrefix")) is not False
    for path in paths:
        if _stem(path) == "autohooks" and hooked:
            continue
        plugin = world.exported(path, "default")
        place = posixpath.dirname(path)
        inner = posixpath.relpath(place, folder) if place != folder else ""
        below = inner if prefixed else ""
        own = text_of(world.exported(path, "autoPrefix")) or text_of(world.exported(path, "prefixOverride"))
        where = joined(prefix, own if own is not None else below) if own or below else prefix
        above = [place] if not cascading else [folder, *_folders(folder, inner)]
        standing = tuple(world.exported(hooks[one], "default") for one in above if one in hooks)
        yield Loaded(plugin, where.replace("/_", "/:"), hooks=standing)


def folder_of(value: Value | None, home: str) -> str | None:
    """A folder of the repository that an expression such as `path.join(__dirname, "routes")` names."""
    texts = list(_texts(value)) if value is not None else []
    if not texts:
        return None
    place = posixpath.normpath(posixpath.join(home, *(text.lstrip("/") for text in texts)))
    return None if place.startswith("..") else place.removeprefix("./")


def _texts(value: Value) -> Iterator[str]:
    if (text := text_of(value)) is not None:
        yield text.removeprefix("file://")
    elif isinstance(value, Made):
        for argument in value.arguments.positional:
            yield from _texts(argument)
    elif isinstance(value, Mixed):
        for part in value.parts:
            yield from _texts(part)


def _folders(folder: str, inner: str) -> list[str]:
    parts = inner.split("/") if inner else []
    return ["/".join((folder, *parts[: n + 1])) for n in range(len(parts))]


def _stem(path: str) -> str:
    return posixpath.basename(path).partition(".")[0]


def _is_plugin(path: str) -> bool:
    return path.endswith(ENDINGS) and not path.endswith(".d.ts") and not named_as_test(path)
