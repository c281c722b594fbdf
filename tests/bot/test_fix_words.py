"""What a `/fix` takes and tries: by its words, the safety of each fix, and where we may commit."""

from __future__ import annotations

import pytest

from bot.flows.repair import Push, Wanted
from rules.core.finding import Confidence, Edit, Finding, Fix, Safety, Severity
from rules.core.source import Span, locate

RULE = "ci/unpinned-action"
WORKFLOW = ".github/workflows/build.yml"


def finding(safety: Safety | None = Safety.SAFE, path: str = WORKFLOW, edited: str = WORKFLOW) -> Finding:
    edits = (Edit(edited, Span(0, 1), b"y"),)
    fix = Fix("Mend it", edits, safety) if safety else None
    where = locate(path, b"x\n", 0, 1)
    return Finding(RULE, ("x",), "It is wrong.", where, Severity.ERROR, Confidence.HIGH, fix)


@pytest.mark.parametrize("words", ["", RULE, "ci", WORKFLOW])
def test_words_take_new_findings_and_only_all_takes_old_ones(words: str) -> None:
    assert Wanted(words).takes(finding(), new=True)
    assert not Wanted(words).takes(finding(), new=False)
    assert Wanted("all").takes(finding(), new=False)


@pytest.mark.parametrize("words", ["env", "ci/unpinned", "build.yml", ".github"])
def test_other_words_take_nothing(words: str) -> None:
    assert not Wanted(words).takes(finding(), new=True)


@pytest.mark.parametrize("words", ["", "all", "ci", WORKFLOW])
def test_a_fix_that_may_change_behaviour_is_tried_only_when_its_rule_is_named(words: str) -> None:
    assert Wanted(words).allows(finding(Safety.SAFE), unsafe=False)
    assert not Wanted(words).allows(finding(Safety.UNSAFE), unsafe=False)
    assert Wanted(RULE).allows(finding(Safety.UNSAFE), unsafe=False)
    assert Wanted(words).allows(finding(Safety.UNSAFE), unsafe=True), "the policy allows it"


@pytest.mark.parametrize("safety", [Safety.MANUAL, None])
def test_advice_is_never_tried(safety: Safety | None) -> None:
    assert not Wanted(RULE).allows(finding(safety), unsafe=True)


def test_the_edit_of_a_workflow_is_kept_out_where_that_is_not_permitted_and_no_other() -> None:
    without = Push(True, "", ".github/workflows/", "I lack the permission to edit workflows.")
    assert without.withholds(finding())
    assert without.withholds(finding(path="app.py")), "it is the edit that counts"
    assert not without.withholds(finding(edited=".env.example"))
    assert not Push(True, "", "", "").withholds(finding())
