"""The review: what blocks and why, what was repaired, what was not looked at, what is suppressed."""

from __future__ import annotations

import re

import pytest

from bot.report.check_run import gate
from bot.report.markdown import render_markdown
from bot.report.model import Repair
from bot.report.summary import review, title
from rules.core.finding import Edit, Fix, Safety, Severity
from rules.policy import Blind
from tests.report.made import GITHUB, HEAD, context, finding, new, old, verdict

SAFE = Fix("Declare MAIL_KEY in .env.example", (Edit(".env.example", None, b"MAIL_KEY=\n"),))
WARNING = Severity.WARNING


def sections(text: str) -> dict[str, list[str]]:
    """The lines of each section by its heading."""
    found: dict[str, list[str]] = {}
    for part in text.split("\n\n"):
        heading = re.fullmatch(r"\*\*(.+)\*\* \((\d+)\)", part)
        if heading:
            name, count = heading.groups()
            found[name] = []
        elif part.startswith("- ") and found:
            found[name] = [line.removeprefix("- ") for line in part.splitlines()]
            assert len(found[name]) == int(count)
    return found


def test_what_blocks_comes_first_one_line_each_with_a_link_to_its_line() -> None:
    told = verdict(
        [
            new(finding("The runbook is a stub.", "docs/RUNBOOK.md", 1, severity=WARNING, rule="docs/stub")),
            new(finding("It is read here.", "a b/mail (1).py", 3, end_line=5, fix=SAFE)),
        ]
    )
    found = sections(gate(told, context()).summary)
    assert list(found) == ["Blocks the merge", "Worth a look"]
    assert found["Blocks the merge"] == [
        f"[`a b/mail (1).py:3`]({GITHUB}/acme/shop/blob/{HEAD}/a%20b/mail%20%281%29.py#L3-L5) It is read here. "
        "(`env/undeclared-read`) — fixable: Declare MAIL\\_KEY in .env.example"
    ]
    assert f"/blob/{HEAD}/docs/RUNBOOK.md#L1)" in found["Worth a look"][0]


def test_what_was_fixed_automatically_is_named_with_its_commit() -> None:
    text = gate(verdict(), context(repairs=(Repair("f" * 40, (finding("It was read.", fix=SAFE),)),))).summary
    (line,) = sections(text)["Fixed automatically"]
    assert line == (
        f"`api/mail.py` It was read. (`env/undeclared-read`) in [{'f' * 12}]({GITHUB}/acme/shop/commit/{'f' * 40})"
    )


def test_what_could_not_be_looked_at_is_said_once_a_place_with_the_rules_it_concerns() -> None:
    blind = [Blind("env/a", "it is too large", "db/huge.sql"), Blind("env/b", "it is too large", "db/huge.sql")]
    blind += [Blind("env/a", "it crashed"), Blind("env/a", "not UTF-8", "old.py", fatal=False)]
    found = sections(gate(verdict(blind=blind), context()).summary)
    assert found["Could not look"] == ["`db/huge.sql`: it is too large (`env/a`, `env/b`)", "it crashed (`env/a`)"]
    assert found["Not looked at, which does not block"] == ["`old.py`: not UTF-8 (`env/a`)"]


def test_what_the_change_suppresses_is_listed_with_the_reason_and_does_not_block() -> None:
    found = sections(gate(verdict([new(finding(), suppressed_by="set by the platform")]), context()).summary)
    assert list(found) == ["Suppressed by this change"]
    assert found["Suppressed by this change"][0].endswith("— reason given: set by the platform")


def test_what_can_be_fixed_is_offered_and_what_is_old_never_blocks() -> None:
    unsafe = Fix("Drop it", SAFE.edits, Safety.UNSAFE)
    told = verdict([new(finding(fix=SAFE)), new(finding("x", fix=unsafe)), new(finding("y")), old(finding("z"))])
    run = gate(told, context())
    assert "Comment `/fix` to have 1 of 3 fixed in one commit." in run.summary
    assert "1 older finding was here before this change; they never block." in run.summary
    assert [action.label for action in run.actions] == ["Fix", "Re-run"]
    without = gate(verdict([new(finding("x", fix=unsafe)), old(finding(fix=SAFE))]), context())
    assert "/fix" not in without.summary
    assert [action.label for action in without.actions] == ["Re-run"]


@pytest.mark.parametrize(
    ("judged", "blind", "says"),
    [
        ([], [], "All good"),
        ([new(finding())], [], "1 to fix before merging"),
        ([new(finding(severity=WARNING))], [], "1 worth a look"),
        ([new(finding()), new(finding(severity=WARNING))], [], "1 to fix before merging, 1 worth a look"),
        ([], [Blind("env/a", "it crashed")], "Could not look"),
        ([new(finding())], [Blind("env/a", "it crashed")], "1 to fix before merging, could not look everywhere"),
        ([], [Blind("env/a", "not UTF-8", "old.py", fatal=False)], "All good"),
        ([old(finding())], [], "All good"),
    ],
)
def test_the_title_is_the_decision(judged: list, blind: list, says: str) -> None:  # type: ignore[type-arg]
    assert title(judged, blind) == says


def test_nothing_to_say_is_said() -> None:
    assert gate(verdict(), context()).summary == "Nothing to say about this change."
    assert render_markdown(verdict()) == "## prodgate: All good\n\nNothing to say about this change.\n"


def test_without_a_repository_places_are_named_and_not_linked() -> None:
    text = "\n\n".join(review([new(finding())], (), (), None))
    assert "- `api/mail.py:3` MAIL\\_KEY is read here" in text
    assert "](" not in text


def test_a_long_message_is_cut_in_its_line_and_takes_no_other_line_with_it() -> None:
    found = sections(gate(verdict([new(finding("x" * 70_000)), new(finding("short"))]), context()).summary)
    first, second = sorted(found["Blocks the merge"], key=len, reverse=True)
    assert len(first) < 1_000 and "…" in first
    assert "short" in second
