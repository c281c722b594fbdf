"""The examples of every rule are its tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from migration_guards.proofs import REHEARSAL
from rules.catalog import all_rules, names
from rules.core.codebase import Codebase
from rules.core.evaluate import State, evaluate
from rules.core.repair import plan
from rules.core.rule import Bad, Good, Rule
from rules.core.source import MemorySnapshot
from rules.facts.host import MERGE, RIVALS, TODAY
from rules.policy_file import NAMES

CASES = [
    pytest.param(rule, example, id=f"{rule.id}-{number}-{type(example).__name__.lower()}")
    for rule in all_rules().values()
    for number, example in enumerate(rule.examples)
]


def snapshot(files: Mapping[str, str]) -> MemorySnapshot:
    return MemorySnapshot({path: text.encode() for path, text in files.items()})


def codebase(example: Bad | Good) -> Codebase:
    host = {
        "settings": {},
        MERGE.name: None,
        RIVALS.name: (),
        REHEARSAL.name: (),
        NAMES.name: names(),
        TODAY.name: "2026-06-01",
    }
    supplied = {**host, **example.reports}
    base = Codebase(snapshot(example.base or {}), supplied=supplied)
    return Codebase(snapshot(example.files), base, supplied)


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_example_gives_what_it_promises(rule: Rule[Any], example: Bad | Good) -> None:
    code = codebase(example)
    run = evaluate(code, [rule])
    assert run.outcomes[0].state in (State.RAN, State.NOTHING), run.outcomes[0].reason
    if isinstance(example, Good):
        assert run.findings == ()
        return
    assert len(run.findings) == example.findings, run.findings
    if example.line is not None:
        assert run.findings[0].where.line == example.line
    if example.fixed is not None:
        patch = plan(code, list(all_rules().values()), run.findings)
        assert {path: text.decode() for path, text in patch.files.items()} == dict(example.fixed)


def test_every_rule_has_both_kinds_of_example_and_a_page() -> None:
    for rule in all_rules().values():
        assert any(isinstance(e, Bad) for e in rule.examples), rule.id
        assert any(isinstance(e, Good) for e in rule.examples), rule.id
        assert len((type(rule).__doc__ or "").split()) > 15, f"{rule.id} says too little of itself"
