"""GitHub's limits on a check run, whatever a verdict holds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.report.annotations import annotated, batches
from bot.report.check_run import gate, pack_run
from bot.report.model import CheckRun
from rules.core.finding import Confidence, Edit, Fix, Related, Safety, Severity
from rules.core.source import Location, Span
from rules.policy import Blind, CheckVerdict, Conclusion
from tests.report.made import PAGE, context, finding, hostile, new, old, replacing, verdict


def within_limits(run: CheckRun) -> None:
    assert 0 < len(run.title) <= 255
    assert 0 < len(run.summary.encode()) <= 65_535
    assert len(run.text.encode()) <= 65_535
    assert len(run.actions) <= 3
    for action in run.actions:
        assert len(action.label) <= 20 and len(action.description) <= 40 and len(action.identifier) <= 20
    for note in run.annotations:
        assert 1 <= note.start_line <= note.end_line
        assert (note.start_column is None) == (note.end_column is None) == (note.start_line != note.end_line)
        if note.start_column is not None and note.end_column is not None:
            assert 1 <= note.start_column <= note.end_column
        assert note.message and len(note.message.encode()) <= 64 * 1024
        assert len(note.raw_details.encode()) <= 64 * 1024
        assert len(note.title) <= 255
    json.dumps(
        [run.summary, run.text, *(n.message + n.raw_details for n in run.annotations)], ensure_ascii=False
    ).encode()


def many(count: int, **changed: object) -> list:  # type: ignore[type-arg]
    return [new(finding(f"Finding number {n:05}.", f"f{n:05}.py", key=(str(n),), **changed)) for n in range(count)]  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 1, 50, 51, 3000])
def test_any_number_of_findings_fits(count: int) -> None:
    run = gate(verdict(many(count)), context())
    within_limits(run)
    assert len(run.annotations) == min(count, 200)


@pytest.mark.parametrize("text", ["x" * 200_000, "é" * 70_000, "\U0001f600" * 40_000, "a\n" * 50_000])
def test_any_text_fits(text: str) -> None:
    fix = Fix(text, (Edit("new.py", None, text.encode()),))
    related = tuple(Related(Location("b.py", Span(0, 1), n, 1, n, 2), text) for n in range(1, 60))
    told = verdict([new(finding(text, fix=fix, related=related))], [Blind("env/a", text, text)], [text])
    within_limits(gate(told, context()))


def test_strangers_words_fit_too() -> None:
    within_limits(gate(hostile(), context()))


def test_what_is_beyond_the_budget_is_counted_and_stands_in_the_text() -> None:
    run = gate(verdict(many(12)), context(budget=10))
    assert len(run.annotations) == 10
    assert run.summary.startswith("2 findings have no annotation: more than the budget.")
    assert run.text.startswith("**Without an annotation** (2)")
    assert "f00010.py" in run.text and "f00011.py" in run.text and "f00009.py" not in run.text
    assert gate(verdict(many(11)), context(budget=10)).summary.startswith("1 finding has no annotation")
    assert gate(verdict(many(2)), context(budget=0)).annotations == ()


def test_the_worst_are_annotated_first() -> None:
    warning, note = Severity.WARNING, Severity.NOTE
    told = [
        new(finding("note", severity=note)),
        new(finding("unsure warning", severity=warning, confidence=Confidence.LOW)),
        new(finding("warning", severity=warning)),
        replace(new(finding("unsure error", confidence=Confidence.LOW)), blocks=False),
        new(finding("error")),
    ]
    shown, omitted = annotated(told, context(budget=4))
    assert [note.message for note in shown] == ["error", "unsure error", "warning", "unsure warning"]
    assert [note.level for note in shown] == ["failure", "failure", "warning", "warning"]
    assert [item.finding.message for item in omitted] == ["note"]


def test_only_what_is_new_and_not_suppressed_is_annotated() -> None:
    shown, omitted = annotated([old(finding()), new(finding(), suppressed_by="known")], context())
    assert (shown, omitted) == ((), ())


def test_columns_stand_only_on_annotations_of_one_line() -> None:
    (one,), _ = annotated([new(finding(line=3))], context())
    (several,), _ = annotated([new(finding(line=3, end_line=4))], context())
    assert (one.start_column, one.end_column) == (5, 14)
    assert (several.start_column, several.end_column) == (None, None)


def test_columns_of_multi_byte_text_count_characters() -> None:
    content = "name = 'é€\U0001f600'; bad()\n".encode()
    start = content.index(b"bad")
    (note,), _ = annotated([new(replacing("a.py", content, start, start + 3, b"good"))], context())
    assert (note.start_column, note.end_column) == (15, 17)


def test_a_text_that_is_cut_links_to_the_whole() -> None:
    told = verdict(many(2000))
    linked = gate(told, context(budget=0))
    assert linked.text.endswith(f"The rest is in the [full report]({PAGE})._")
    assert linked.details_url == PAGE
    assert gate(told, context(budget=0, page="")).text.endswith("The rest is in `prodgate check`._")


def test_batches_are_whole() -> None:
    assert [len(part) for part in batches(range(101), 50)] == [50, 50, 1]
    assert list(batches([], 50)) == []


def test_the_details_show_the_fix_as_a_diff_and_the_related_places() -> None:
    content = b"one\ntwo\nthree\n"
    made = replacing("a.py", content, 4, 7, b"zwei", title="Say it in German")
    related = (Related(Location("b.py", Span(0, 1), 7, 1, 7, 2), "it is declared here"),)
    (note,), _ = annotated([new(replace(made, related=related))], context(sources={"a.py": content}))
    assert note.raw_details.splitlines() == [
        "Comment `/fix` to apply: Say it in German",
        "b.py:7: it is declared here",
        "",
        "--- a/a.py",
        "+++ b/a.py",
        "@@ -1,3 +1,3 @@",
        " one",
        "-two",
        "+zwei",
        " three",
    ]


@pytest.mark.parametrize(
    ("safety", "says"),
    [
        (Safety.SAFE, "Comment `/fix` to apply: Mend it"),
        (Safety.UNSAFE, "May change behaviour; comment `/fix env/undeclared-read` to apply: Mend it"),
        (Safety.MANUAL, "To do: Mend it"),
    ],
)
def test_how_a_fix_is_applied_depends_on_its_safety(safety: Safety, says: str) -> None:
    fix = Fix("Mend it", (Edit("a.py", None, b""),), safety)
    (note,), _ = annotated([new(finding(fix=fix))], context())
    assert note.raw_details.splitlines()[0] == says


@pytest.mark.parametrize("given", [Conclusion.SUCCESS, Conclusion.NEUTRAL])
def test_nothing_unlooked_at_ends_green(given: Conclusion) -> None:
    blind = (Blind("env/a", "it crashed"),)
    assert gate(verdict(blind=blind, conclusion=given), context()).conclusion is Conclusion.FAILURE
    part = CheckVerdict("env", given, (), blind, 1)
    assert pack_run(part, context()).conclusion is Conclusion.FAILURE


def test_a_pack_run_says_what_is_its_own() -> None:
    part = CheckVerdict("env", Conclusion.FAILURE, (new(finding()),), (), 3)
    run = pack_run(part, context())
    assert (run.name, run.conclusion, run.title) == ("prodgate / env", Conclusion.FAILURE, "1 to fix before merging")
