"""Every pack and rule that is installed, found by looking."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

import rules.packs
from rules.core.pack import Pack, rules_below
from rules.core.rule import Rule
from rules.policy_file import Names


@lru_cache(maxsize=1)
def packs() -> tuple[Pack, ...]:
    """The built-in packs and those of the entry-point group `prodgate.packs`, by name."""
    modules: dict[str, ModuleType] = {
        info.name.replace("_", "-"): importlib.import_module(f"rules.packs.{info.name}")
        for info in pkgutil.iter_modules(rules.packs.__path__)
    }
    for point in entry_points(group="prodgate.packs"):
        modules[point.name] = point.load()
    return tuple(_pack(name, module) for name, module in sorted(modules.items()))


def _pack(name: str, module: ModuleType) -> Pack:
    found = rules_below(module)
    strangers = [rule.id for rule in found if rule.pack != name]
    if strangers:
        raise ValueError(f"the pack {name} holds rules of another pack: {', '.join(strangers)}")
    return Pack(name, module.TITLE, module.CHECK, found)


@lru_cache(maxsize=1)
def all_rules() -> dict[str, Rule[Any]]:
    """Every rule by its id."""
    return {rule.id: rule for pack in packs() for rule in pack.rules}


def names() -> Names:
    """What a policy may speak of."""
    return Names({rule.id: rule.options for rule in all_rules().values()}, {pack.name for pack in packs()})
