"""Which version of a package of npm a file is run with, as far as the repository says it."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rules.core.codebase import Codebase

SECTIONS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
EXACT = re.compile(r"v?(\d+\.\d+\.\d+)")


def version_of(code: Codebase, path: str, package: str) -> str:
    """The exact version of a package for a file: what the nearest `package-lock.json` installs, or what the nearest
    manifest pins. Empty where neither says one."""
    for folder in _folders(path):
        locked = _json(code, posixpath.join(folder, "package-lock.json")).get("packages")
        entry = locked.get(f"node_modules/{package}") if isinstance(locked, Mapping) else None
        if isinstance(entry, Mapping) and isinstance(entry.get("version"), str):
            return str(entry["version"])
    asked = asked_version(code, path, package)
    exact = EXACT.fullmatch(asked)
    return exact[1] if exact else ""


def asked_version(code: Codebase, path: str, package: str) -> str:
    """The range that the nearest manifest with the package asks for; empty where none does."""
    for folder in _folders(path):
        manifest = _json(code, posixpath.join(folder, "package.json"))
        for section in SECTIONS:
            named = manifest.get(section)
            if isinstance(named, Mapping) and isinstance(named.get(package), str):
                return str(named[package])
    return ""


def _folders(path: str) -> Iterator[str]:
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def _json(code: Codebase, path: str) -> Mapping[str, Any]:
    if path not in code.files:
        return {}
    try:
        found = json.loads(code.text(path) or b"")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}
