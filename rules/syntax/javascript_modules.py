"""Which file an import in JavaScript means: a relative one, one by tsconfig paths, or a package of this repository."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

from rules.core.codebase import Unreadable
from rules.syntax.javascript_program import javascript_program
from rules.syntax.program import Const, Do, Expr, Items, Record

SUFFIXES = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
WRITTEN_FOR = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
"""TypeScript imports name the file that the compiler will write."""

CONFIGS = ("tsconfig.json", "jsconfig.json")
CONDITIONS = ("source", "development", "import", "node", "require", "default", "types")
BUILT = ("dist", "build", "lib", "out")
MAX_EXTENDS = 8


@dataclass(frozen=True)
class Paths:
    """The aliases of one tsconfig: a pattern with at most one star, and the places that it stands for."""

    aliases: Mapping[str, tuple[str, ...]]
    base: str | None


@dataclass(frozen=True)
class Package:
    folder: str
    manifest: Mapping[str, Any]


class JavaScriptModules:
    """Resolves specifiers among the files of one tree. `read` gives a file's content or None."""

    def __init__(self, files: Collection[str], read: Callable[[str], bytes | None]) -> None:
        self._files = files
        self._read = read
        self._configs: dict[str, Paths | None] = {}
        self._known: dict[tuple[str, str], str | None] = {}

    def find(self, importer: str, specifier: str) -> str | None:
        """The file that is meant, or None when it is none of these files."""
        folder = str(PurePosixPath(importer).parent)
        key = (folder, specifier)
        if key not in self._known:
            places = self._places(folder, specifier)
            self._known[key] = next((file for place in places if (file := self._file(place))), None)
        return self._known[key]

    def version(self, importer: str, package: str) -> str:
        """The version range that the nearest manifest asks of a package; empty when none does."""
        for folder in PurePosixPath(importer).parents:
            manifest = self._manifest(_join(str(folder), "package.json"))
            for section in ("dependencies", "devDependencies", "peerDependencies"):
                wanted = _mapping(manifest.get(section)).get(package)
                if isinstance(wanted, str):
                    return wanted
        return ""

    def _places(self, folder: str, specifier: str) -> Iterator[str]:
        if specifier.startswith("."):
            yield _join(folder, specifier)
            return
        for paths in self._config_chain(folder):
            yield from _aliased(paths, specifier)
        yield from self._in_packages(folder, specifier)

    def _file(self, place: str) -> str | None:
        """The file at a place: itself, with a suffix, as written for the compiler, or the index of a folder."""
        if place.startswith("../") or place == "..":
            return None
        known = PurePosixPath(place).suffix
        if place in self._files and known in SUFFIXES:
            return place
        stem = place.removesuffix(known) if known else place
        candidates = [stem + suffix for suffix in WRITTEN_FOR.get(known, ())]
        candidates += [place + suffix for suffix in SUFFIXES]
        candidates += [_join(place, "index" + suffix) for suffix in SUFFIXES]
        return next((candidate for candidate in candidates if candidate in self._files), None)

    def _config_chain(self, folder: str) -> Iterator[Paths]:
        here = PurePosixPath(folder)
        for place in (here, *here.parents):
            for name in CONFIGS:
                paths = self._config(_join(str(place), name), MAX_EXTENDS)
                if paths is not None:
                    yield paths

    def _config(self, path: str, steps: int) -> Paths | None:
        if path not in self._files or steps <= 0:
            return None
        if path not in self._configs:
            self._configs[path] = None
            self._configs[path] = self._load_config(path, steps)
        return self._configs[path]

    def _load_config(self, path: str, steps: int) -> Paths:
        folder = str(PurePosixPath(path).parent)
        written = loose_json(self._read(path) or b"")
        extends = written.get("extends")
        inherited = Paths({}, None)
        for parent in extends if isinstance(extends, list) else [extends]:
            found = self._config(self._parent(folder, parent), steps - 1) if isinstance(parent, str) else None
            inherited = found or inherited
        options = _mapping(written.get("compilerOptions"))
        base = options.get("baseUrl")
        place = _join(folder, base) if isinstance(base, str) else inherited.base
        paths = _mapping(options.get("paths"))
        root = _join(folder, base) if isinstance(base, str) else folder
        own = {
            alias: tuple(_join(root, target) for target in targets if isinstance(target, str))
            for alias, targets in paths.items()
            if isinstance(targets, list)
        }
        return Paths(own or inherited.aliases, place)

    def _parent(self, folder: str, name: str) -> str:
        candidates: list[str]
        if name.startswith("."):
            candidates = [_join(folder, name), _join(folder, f"{name}.json"), _join(folder, f"{name}/tsconfig.json")]
        else:
            candidates = [
                _join(package.folder, rest or "tsconfig.json") + end
                for package, rest in self._packages_named(name)
                for end in ("", ".json")
            ]
        return next((candidate for candidate in candidates if candidate in self._files), "")

    @cached_property
    def _packages(self) -> dict[str, Package]:
        found: dict[str, Package] = {}
        for path in self._files:
            if PurePosixPath(path).name == "package.json" and "node_modules/" not in path:
                manifest = self._manifest(path)
                name = manifest.get("name")
                if isinstance(name, str) and name:
                    found.setdefault(name, Package(str(PurePosixPath(path).parent), manifest))
        return found

    def _manifest(self, path: str) -> Mapping[str, Any]:
        if path not in self._files:
            return {}
        try:
            return _mapping(json.loads(self._read(path) or b"{}"))
        except (ValueError, RecursionError):
            return {}

    def _packages_named(self, specifier: str) -> Iterator[tuple[Package, str]]:
        parts = specifier.split("/")
        length = 2 if specifier.startswith("@") else 1
        package = self._packages.get("/".join(parts[:length]))
        if package is not None:
            yield package, "/".join(parts[length:])

    def _in_packages(self, folder: str, specifier: str) -> Iterator[str]:
        if specifier.startswith("#"):
            for place in PurePosixPath(folder, "x").parents:
                own = _mapping(self._manifest(_join(str(place), "package.json")).get("imports"))
                yield from (_join(str(place), target) for target in _exported(own, specifier))
        for package, rest in self._packages_named(specifier):
            exports = package.manifest.get("exports")
            mapped = _mapping(exports)
            listed = mapped if any(key.startswith(".") for key in mapped) else {".": exports}
            targets = list(_exported(listed, f"./{rest}" if rest else "."))
            entries = [package.manifest.get(key) for key in ("source", "module", "main") if not rest]
            targets += [entry for entry in entries if isinstance(entry, str)]
            targets += [rest or "index", f"src/{rest or 'index'}"]
            for target in targets:
                yield _join(package.folder, target)
                yield _join(package.folder, _source_of(target))


def _join(folder: str, name: str) -> str:
    return normpath(f"{folder}/{name}") if folder not in ("", ".") else normpath(name)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _aliased(paths: Paths, specifier: str) -> Iterator[str]:
    for alias, targets in sorted(paths.aliases.items(), key=lambda item: -len(item[0])):
        before, star, after = alias.partition("*")
        if star and specifier.startswith(before) and specifier.endswith(after):
            middle = specifier[len(before) : len(specifier) - len(after)]
            yield from (target.replace("*", middle, 1) for target in targets)
        elif specifier == alias:
            yield from targets
    if paths.base is not None:
        yield _join(paths.base, specifier)


def _exported(exports: Mapping[str, Any], wanted: str) -> Iterator[str]:
    for pattern, target in exports.items():
        before, star, after = pattern.partition("*")
        if pattern == wanted:
            yield from _conditions(target)
        elif star and wanted.startswith(before) and wanted.endswith(after):
            middle = wanted[len(before) : len(wanted) - len(after)]
            yield from (place.replace("*", middle) for place in _conditions(target))


def _conditions(target: object) -> Iterator[str]:
    """The places that an entry of `exports` names, the most likely source first."""
    pending, seen = [target], 0
    while pending and seen < 50:
        value, seen = pending.pop(), seen + 1
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            pending += reversed(value)
        elif isinstance(value, dict):
            pending += [value[name] for name in reversed(CONDITIONS) if name in value]


def _source_of(target: str) -> str:
    """Where the source of a built file lies by custom: `dist/x.js` comes from `src/x`."""
    parts = PurePosixPath(target.removesuffix(".d.ts")).parts
    inner = [part for part in parts if part not in (*BUILT, "esm", "cjs", "types")]
    path = PurePosixPath("src", *inner) if len(inner) != len(parts) else PurePosixPath(*parts)
    return str(path.with_suffix("")) if path.suffix in WRITTEN_FOR else str(path)


def loose_json(content: bytes) -> Mapping[str, Any]:
    """A JSON object that may hold comments and trailing commas; empty when it is none."""
    try:
        statements = javascript_program("config.js", b"(" + content.lstrip(b"\xef\xbb\xbf") + b"\n)").statements
    except Unreadable:
        return {}
    value = statements[0].value if statements and isinstance(statements[0], Do) else None
    return _mapping(_plain(value))


def _plain(value: Expr | None) -> object:
    if isinstance(value, Record):
        keyed = ((entry.key.value, entry.value) for entry in value.entries if isinstance(entry.key, Const))
        return {key: _plain(inner) for key, inner in keyed if isinstance(key, str)}
    if isinstance(value, Items):
        return [_plain(inner) for inner in value.values]
    return value.value if isinstance(value, Const) else None
