"""The engine: facts, evaluation of both sides, suppression, repair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rules.core.codebase import Codebase, Fact, FileReader, Unavailable, Unreadable
from rules.core.evaluate import Evaluation, State, evaluate
from rules.core.finding import Confidence, Edit, Finding, Fix, Severity
from rules.core.pack import Pack
from rules.core.repair import plan
from rules.core.rule import Rule
from rules.core.source import MemorySnapshot, Overlay, Span, locate, locate_line
from rules.policy import Change, Conclusion, Policy, RulePolicy, decide


def words(path: str, content: bytes) -> tuple[str, ...]:
    if b"\0" in content:
        raise Unreadable("it holds NUL bytes")
    return tuple(content.decode().split())


READER = FileReader("words", "1", tuple[str, ...], words)
WORDS: Fact[Sequence[tuple[str, str]]] = Fact(
    "words", lambda code: [(p, w) for p, ws in code.read_files(READER, sorted(code.files)).items() for w in ws]
)


class NoBad(Rule[tuple[str, str]]):
    """Says that 'bad' stands somewhere; the fix writes 'good' instead."""

    id = "test/no-bad"
    severity = Severity.ERROR
    since = "0"
    looks_at = WORDS
    examples = ()
    replacement = b"good"

    def check(self, subject: tuple[str, str], code: Codebase) -> Iterable[Finding]:
        path, word = subject
        if word == "bad":
            content = code.text(path) or b""
            start = content.index(b"bad")
            edit = Edit(path, Span(start, start + 3), self.replacement)
            yield self.finding(
                ("bad",), "bad", locate(path, content, start, start + 3), fix=Fix("say good", (edit,)), file_local=True
            )


class Stubborn(NoBad):
    """Its fix changes the file but leaves the finding where it is."""

    replacement = b"bad bad"


def code(files: Mapping[str, bytes], base: Mapping[str, bytes] | None = None) -> Codebase:
    return Codebase(MemorySnapshot(files), Codebase(MemorySnapshot(base or {})))


def both(head: Mapping[str, bytes], base: Mapping[str, bytes]) -> tuple[Evaluation, Evaluation]:
    return evaluate(code(head), [NoBad()]), evaluate(code(base), [NoBad()])


PACKS = (Pack("test", "Test", "test", (NoBad(),)),)


def test_columns_count_code_points_and_spans_count_bytes() -> None:
    where = locate("a", "é = bad\r\n".encode(), 5, 8)
    assert (where.line, where.column, where.end_column) == (1, 5, 8)
    assert locate_line("a", b"one\r\ntwo\r\n", 2).span == Span(5, 8)


def test_a_finding_of_the_base_is_not_new_and_a_second_one_is() -> None:
    head, base = both({"a": b"bad bad"}, {"a": b"bad"})
    assert len(head.new_since(base)) == 1


def test_a_renamed_file_keeps_its_findings() -> None:
    head, base = both({"new": b"bad"}, {"old": b"bad"})
    assert len(head.new_since(base)) == 1
    assert head.new_since(base, {"new": "old"}) == ()


def test_an_unread_file_fails_only_where_the_change_touched_it() -> None:
    head, base = both({"a": b"\0"}, {})
    assert decide(Policy(), PACKS, head, base, Change(frozenset({"a"}))).conclusion is Conclusion.FAILURE
    calm = decide(Policy(), PACKS, head, base, Change())
    assert calm.conclusion is Conclusion.SUCCESS
    assert [(b.path, b.fatal) for b in calm.blind] == [("a", False)]


def test_a_rule_that_crashes_fails_the_gate() -> None:
    class Crash(NoBad):
        """Crashes."""

        def check(self, subject: tuple[str, str], code: Codebase) -> Iterable[Finding]:
            raise KeyError("oops")

    run = evaluate(code({"a": b"x"}), [Crash()])
    assert run.outcomes[0].state is State.CRASHED
    assert decide(Policy(), PACKS, run, Evaluation((), ()), Change()).could_not_look


def test_a_missing_supplied_fact_is_unavailable_and_fails_unless_optional() -> None:
    class Needs(NoBad):
        """Needs a scanner."""

        looks_at = Fact("scanner:none")

    run = evaluate(
        Codebase(MemorySnapshot({}), supplied={"scanner:none": Unavailable("none is not installed")}), [Needs()]
    )
    assert (run.outcomes[0].state, run.outcomes[0].reason) == (State.UNAVAILABLE, "none is not installed")
    empty = Evaluation((), ())
    assert decide(Policy(), PACKS, run, empty, Change()).conclusion is Conclusion.FAILURE
    assert decide(Policy(optional=("no-bad",)), PACKS, run, empty, Change()).conclusion is Conclusion.SUCCESS


def test_low_confidence_and_warnings_never_block() -> None:
    head, base = both({"a": b"bad"}, {})
    assert decide(Policy(), PACKS, head, base, Change()).conclusion is Conclusion.FAILURE
    softer = Policy(rules={"test/no-bad": RulePolicy(severity=Severity.WARNING)})
    assert decide(softer, PACKS, head, base, Change()).conclusion is Conclusion.NEUTRAL
    low = Evaluation(
        tuple(NoBad().finding(f.key, f.message, f.where, confidence=Confidence.LOW) for f in head.findings), ()
    )
    assert not decide(Policy(), PACKS, low, base, Change()).blocking


def test_repair_keeps_what_helps_and_names_what_does_not() -> None:
    here = code({"a": b"bad\r\n", "b": b"bad"})
    patch = plan(here, [NoBad()], evaluate(here, [NoBad()]).findings)
    assert dict(patch.files) == {"a": b"good\r\n", "b": b"good"}
    stuck = plan(here, [Stubborn()], evaluate(here, [Stubborn()]).findings)
    assert (dict(stuck.files), len(stuck.refused)) == ({}, 2)


def test_repair_finds_the_good_fix_among_bad_ones() -> None:
    class Mixed(NoBad):
        """Fixes only in file b."""

        def check(self, subject: tuple[str, str], code: Codebase) -> Iterable[Finding]:
            for finding in super().check(subject, code):
                worse = Fix("worse", (Edit(finding.where.path, finding.where.span, b"bad bad"),))
                yield (
                    finding
                    if finding.where.path == "b"
                    else self.finding(finding.key, finding.message, finding.where, fix=worse, file_local=True)
                )

    here = code({name: b"bad" for name in "abcd"})
    patch = plan(here, [Mixed()], evaluate(here, [Mixed()]).findings)
    assert dict(patch.files) == {"b": b"good"}
    assert len(patch.refused) == 3


def test_an_overlay_shows_new_content_and_keeps_the_rest() -> None:
    below = MemorySnapshot({"a": b"1", "b": b"2"})
    above = Overlay(below, {"b": b"3", "c": b"4"})
    assert {e.path: above.read(e.blob) for e in above.entries()} == {"a": b"1", "b": b"3", "c": b"4"}
