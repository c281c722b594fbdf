"""Paths in NestJS: prefix, version, module, controller and method, in this order, and which patterns mean which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.facts.endpoints.machine.values import Keyed, Known, Listed, Made, Mixed, Value, name_of, scalar_of, text_of
from rules.facts.endpoints.routing.paths import covers, joined, paths_of, written_path

NEUTRAL = "@nestjs/common.VERSION_NEUTRAL"


@dataclass(frozen=True)
class Pattern:
    """A path that a prefix leaves out or that a middleware is for: a whole one, or all that begin with it."""

    path: str
    method: str = ""
    whole: bool = True

    def meets(self, method: str, path: str) -> bool | None:
        if self.method not in ("", "ANY", method):
            return None if method == "ANY" else False
        return covers(self.path.replace("{/", "/").replace("}", ""), path, whole=self.whole)


@dataclass(frozen=True)
class Served:
    """A path as it is served, and without the prefix of its application."""

    full: str
    bare: str


@dataclass(frozen=True)
class Scheme:
    """How an application puts its paths together. Without `version_prefix` a version is no part of the path."""

    prefix: str = ""
    excluded: tuple[Pattern, ...] = ()
    version_prefix: str | None = None
    default_versions: tuple[str, ...] = ()

    def served(self, method: str, versions: tuple[str, ...], parts: tuple[list[str], ...]) -> Iterator[Served]:
        """Every path of a method, of each controller path and version."""
        paths = [""]
        for choices in parts:
            paths = [joined(path, choice).rstrip("/") for path in paths for choice in choices or [""]]
        wanted = versions or self.default_versions
        for version in (wanted or ("",)) if self.version_prefix is not None else ("",):
            for path in paths:
                above = f"/{self.version_prefix}{version}" if version else ""
                bare = above + path or "/"
                left_out = any(pattern.meets(method, path or "/") for pattern in self.excluded)
                yield Served(bare if left_out or not self.prefix else joined(self.prefix, bare).rstrip("/"), bare)


PLAIN = Scheme()


def scheme(app: Made) -> Scheme:
    """What was said of paths on an application."""
    made = Scheme()
    for use in app.uses:
        if use.method == "setGlobalPrefix":
            options = use.arguments.get(1)
            excluded = options.entries.get("exclude") if isinstance(options, Keyed) else None
            prefix = "/" + _written(use.arguments.get(0)).strip("/")
            patterns = tuple(patterns_of(excluded, whole=True))
            made = Scheme(prefix.rstrip("/"), patterns, made.version_prefix, made.default_versions)
        elif use.method == "enableVersioning":
            options = use.arguments.get(0)
            entries = options.entries if isinstance(options, Keyed) else {}
            if not name_of(entries.get("type")) or name_of(entries.get("type")).endswith(".URI"):
                made = Scheme(
                    made.prefix, made.excluded, _version_prefix(entries.get("prefix")),
                    versions_of(entries.get("defaultVersion")),
                )  # fmt: skip
    return made


def _written(value: Value | None) -> str:
    """A path as text, also where it comes from configuration."""
    return written_path(Mixed("text", (value,))) or "" if value is not None else ""


def _version_prefix(value: Value | None) -> str:
    return "" if isinstance(value, Known) and value.value is False else text_of(value) or "v"


def versions_of(value: Value | None) -> tuple[str, ...]:
    """The versions that are named; the neutral one is an empty text."""
    values = value.values if isinstance(value, Listed) else [value] if value is not None else []
    named = (("", True) if name_of(inner) == NEUTRAL else (str(scalar_of(inner) or ""), False) for inner in values)
    return tuple(text for text, neutral in named if text or neutral)


def patterns_of(value: Value | None, *, whole: bool) -> Iterator[Pattern]:
    """The patterns in a list of texts and `{path, method}`; a text is `whole` or a prefix."""
    for inner in value.values if isinstance(value, Listed) else [value]:
        if isinstance(inner, Keyed):
            method = name_of(inner.entries.get("method")).rpartition(".")[2]
            for path in paths_of(inner.entries.get("path")):
                yield Pattern(joined("/", path), "" if method == "ALL" else method)
        else:
            for path in paths_of(inner):
                yield Pattern(joined("/", path), whole=whole)
