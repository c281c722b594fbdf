"""Histories that branch: which migration comes after which."""

from __future__ import annotations

from collections.abc import Mapping


def ranks(parents: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """How many migrations come before each by the longest way. Those of a circle have no rank."""
    found: dict[str, int] = {}
    children: dict[str, list[str]] = {}
    missing = {name: 0 for name in parents}
    for name, before in parents.items():
        for parent in {one for one in before if one in parents}:
            children.setdefault(parent, []).append(name)
            missing[name] += 1
    ready = [name for name, count in missing.items() if not count]
    for name in ready:
        found.setdefault(name, 0)
    while ready:
        name = ready.pop()
        for child in children.get(name, ()):
            found[child] = max(found.get(child, 0), found[name] + 1)
            missing[child] -= 1
            if not missing[child]:
                ready.append(child)
    return found
