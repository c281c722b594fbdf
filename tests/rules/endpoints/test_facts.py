"""Executed facts: what each form of each framework really does to a caller is what the inventory says of it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

from rules.facts.endpoints.model import Verdict
from tests.rules.endpoints import cases
from tests.rules.endpoints.trees import Tree, endpoint

FACTS: dict[tuple[str, str], dict[str, Any]] = {
    (fact["framework"], fact["id"]): fact
    for file in sorted((Path(__file__).parent / "facts").glob("*.json"))
    for fact in json.loads(file.read_text())["checks"]
}
MODULES = [import_module(f"{cases.__name__}.{found.name}") for found in iter_modules(cases.__path__)]
TREES: dict[tuple[str, str], Tree] = {
    (framework, name): tree for module in MODULES for framework in module.FRAMEWORKS
    for name, tree in module.trees(framework).items()
}  # fmt: skip


def says_so(fact: dict[str, Any], tree: Tree) -> bool:
    """Whether the inventory says of a tree what was observed: open where 200 came, guarded where a refusal did."""
    found = endpoint(tree)
    if fact["guarded"]:
        return found.refuses_silence if tree.silent else found.verdict is Verdict.GUARDED
    if fact["status"] == 200:
        return found.verdict is Verdict.UNGUARDED
    return found.verdict is not Verdict.GUARDED


@pytest.mark.parametrize(("framework", "name"), sorted(TREES))
def test_the_inventory_says_what_the_framework_does(framework: str, name: str) -> None:
    fact, tree = FACTS[framework, name], TREES[framework, name]
    assert says_so(fact, tree), endpoint(tree)


def test_every_fact_has_its_tree() -> None:
    assert set(TREES) == set(FACTS)
    assert len(FACTS) == 154
