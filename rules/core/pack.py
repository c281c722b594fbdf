"""Packs: folders of rules, found by looking."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from rules.core.rule import Rule


@dataclass(frozen=True)
class Pack:
    """A folder of rules. Its module says `TITLE` and `CHECK`, the check run that it posts to."""

    name: str
    title: str
    check: str
    rules: tuple[Rule[Any], ...]


def modules_below(package: ModuleType) -> Iterator[ModuleType]:
    """Every module below a package, in the order of their names."""
    for info in sorted(pkgutil.walk_packages(package.__path__, package.__name__ + "."), key=lambda m: m.name):
        yield importlib.import_module(info.name)


def rules_below(package: ModuleType) -> tuple[Rule[Any], ...]:
    """One instance of every concrete rule that is defined below a package, by id."""
    found: dict[str, Rule[Any]] = {}
    for module in modules_below(package):
        for value in vars(module).values():
            if not (inspect.isclass(value) and issubclass(value, Rule)) or inspect.isabstract(value):
                continue
            if value.__module__ == module.__name__:
                if value.id in found:
                    raise ValueError(f"two rules are called {value.id}")
                found[value.id] = value()
    return tuple(found[name] for name in sorted(found))
