"""The files of a Next.js application that serve something, and under which paths."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts.endpoints.machine.values import Keyed, text_of
from rules.facts.endpoints.machine.world import World
from rules.syntax.paths import named_as_test

ENDINGS = (".ts", ".tsx", ".js", ".jsx", ".mjs")
_CONFIG = re.compile(r"^next\.config\.(?:js|mjs|cjs|ts|mts)$")
_GROUP = re.compile(r"^\(.*\)$|^@")
_PARAMETER = re.compile(r"\[+\.*([^\]]*)\]+")
_INTERCEPTS = re.compile(r"^\(\.{1,3}\)")


@dataclass(frozen=True)
class Project:
    """An application: its folder, the base path of its configuration, and the file of its middleware."""

    folder: str
    base: str = ""
    middleware: str = ""


@dataclass(frozen=True)
class Served:
    """A file that serves a path: a route handler, a page, or an API route. `sample` is a request for it, `dotted` one
    with a dot in each parameter."""

    path: str
    kind: str
    url: str
    prefix: str

    @property
    def sample(self) -> str:
        return _PARAMETER.sub(lambda found: found[1] or "x", self.url)

    @property
    def dotted(self) -> str:
        return _PARAMETER.sub("x.y", self.url)


def projects(world: World) -> Iterator[Project]:
    """Every folder with a configuration of Next.js, or with a manifest that asks for it."""
    folders = set()
    for path in world.code.files:
        folder, _, name = path.rpartition("/")
        configured = _CONFIG.match(name)
        if configured or (name == "package.json" and world.version(f"{folder}/x" if folder else "x", "next")):
            folders.add(folder)
    for folder in sorted(folders):
        below = (posixpath.join(folder, place, name) for place in ("", "src") for name in ("proxy", "middleware"))
        found = (place + ending for place in below for ending in ENDINGS if place + ending in world.code.files)
        yield Project(folder, _base(world, folder), next(found, ""))


def _base(world: World, folder: str) -> str:
    config = next(
        (p for p in world.code.files if posixpath.dirname(p) == folder and _CONFIG.match(posixpath.basename(p))), ""
    )
    held = world.exported(config, "default") if config else None
    return text_of(held.entries.get("basePath")) or "" if isinstance(held, Keyed) else ""


def served(world: World, project: Project) -> Iterator[Served]:
    """The files of an application that serve something."""
    for path in world.listing(project.middleware or _any_file(world, project), project.folder):
        if path not in world.candidates or not path.endswith(ENDINGS) or named_as_test(path):
            continue
        inner = path.removeprefix(f"{project.folder}/" if project.folder else "").removeprefix("src/")
        top, _, rest = inner.partition("/")
        folder, _, name = rest.rpartition("/")
        stem = name.partition(".")[0]
        if top == "app" and stem in ("route", "page"):
            yield Served(path, stem, _url(project.base, folder), project.base)
        elif top == "pages" and rest.startswith("api/"):
            place = folder if stem == "index" else f"{folder}/{stem}"
            yield Served(path, "api", _url(project.base, place), project.base)


def _any_file(world: World, project: Project) -> str:
    below = f"{project.folder}/" if project.folder else ""
    return next((path for path in sorted(world.candidates) if path.startswith(below)), "")


def _url(base: str, folder: str) -> str:
    parts = [part for part in folder.split("/") if part and not _GROUP.match(_INTERCEPTS.sub("", part))]
    return base + "/" + "/".join(_INTERCEPTS.sub("", part) for part in parts)


def exports(world: World, path: str) -> set[str]:
    """The names that a file exports, those that it passes on too."""
    found: set[str] = set()
    pending, seen = [path], set[str]()
    while pending:
        current = pending.pop()
        module = world.module(current) if current not in seen else None
        seen.add(current)
        if module is not None:
            world.run(current)
            found |= set(module.exports)
            pending += [star for star in module.stars if not star.startswith("outside:")]
    return found
