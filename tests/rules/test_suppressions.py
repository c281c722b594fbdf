"""Inline suppressions: where they stand, what they cover, and when they count."""

from __future__ import annotations

import pytest

from rules.core.codebase import Codebase
from rules.core.evaluate import Evaluation
from rules.core.finding import Severity
from rules.core.source import MemorySnapshot
from rules.core.suppress import OTHERS, Suppression, suppressions_in
from rules.policy import Change, Conclusion, Policy, RulePolicy, Verdict, decide
from rules.syntax.comments import comments, suppressions_of
from tests.rules.test_engine import PACKS, both

SAID = "prodgate: ignore test/no-bad — it is fine"


def found(path: str, text: str) -> list[Suppression]:
    content = text.encode()
    return suppressions_in(path, content, comments(path, content))


@pytest.mark.parametrize(
    ("path", "text", "first", "last"),
    [
        ("a.py", f"x = 1\n# {SAID}\n# more\n\ny = call(\n    1,\n)\nz = 2\n", 2, 7),
        ("a.py", f"y = call(\n    1,\n)  # {SAID}\nz = 2\n", 1, 3),
        ("a.py", f"y = call(  # {SAID}\n    1,\n)\n", 1, 1),
        ("a.py", f"# {SAID}\n@app.get('/')\ndef f():\n    x = 1\n    return x\n", 1, 3),
        ("a.ts", f"// {SAID}\nconst agent = new Agent({{\n  a: false,\n}});\nb();\n", 1, 4),
        ("a.ts", f"f({{\n  /* {SAID} */\n  a: false,\n  b: 2,\n}});\n", 2, 3),
        ("a.sql", f"-- {SAID}\n\nDROP TABLE x;\nDROP TABLE y;\n", 1, 3),
        (".env.example", f"A=1 # {SAID}\nB=2\n", 1, 1),
        ("README.md", f"<!-- {SAID} -->\ntext\n", 1, 2),
        ("Dockerfile", f"# {SAID}\nUSER root\n", 1, 2),
    ],
)
def test_a_directive_covers_its_line_or_the_statement_below(path: str, text: str, first: int, last: int) -> None:
    (only,) = found(path, text)
    assert (only.rule, only.reason, only.first, only.last) == ("test/no-bad", "it is fine", first, last)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", f'text = "# {SAID}"\n'),
        ("a.ts", f"const text = `// {SAID}`;\n"),
        ("a.py", f"# {SAID}\n\0"),
        ("notes.txt", f"{SAID}\n"),
        ("a.sql", f"# {SAID}\nDROP TABLE x;\n"),
    ],
)
def test_only_a_comment_of_the_language_is_a_directive(path: str, text: str) -> None:
    assert found(path, text) == []


def test_only_files_that_are_there_are_looked_at() -> None:
    code = Codebase(MemorySnapshot({"a.py": f"# {SAID}\nbad\n".encode(), "b.py": b"bad\n"}))
    assert [s.where.path for s in suppressions_of(code, ["gone.py", "b.py", "a.py"])] == ["a.py"]


def verdict(policy: Policy, change: Change, severity: Severity = Severity.ERROR) -> Verdict:
    head, base = both({"a": f"# {SAID}\nbad".encode()}, {})
    if severity is not Severity.ERROR:
        policy = policy.model_copy(update={"rules": {"test/no-bad": RulePolicy(severity=severity)}})
    return decide(policy, PACKS, head, base, change)


def test_the_changes_own_suppression_clears_an_error_only_where_the_policy_allows_it() -> None:
    added = Change(added=tuple(found("a", f"# {SAID}\nbad")))
    assert verdict(Policy(), added).conclusion is Conclusion.SUCCESS
    assert "suppresses test/no-bad at a:1: it is fine" in verdict(Policy(), added).notes[0]
    for strict in (
        Policy(rules={"test/no-bad": RulePolicy(allow_suppression=False)}),
        Policy(lock=("rules.test/no-bad",)),
        Policy(lock=("packs.test",)),
        Policy(lock=("rules",)),
    ):
        refused = verdict(strict, added)
        assert refused.conclusion is Conclusion.FAILURE
        assert "does not count" in refused.notes[0]
    locked = Policy(lock=("rules.test/no-bad",))
    assert verdict(locked, Change(added=added.added, approved=True)).conclusion is Conclusion.SUCCESS
    assert verdict(locked, Change(standing=added.added)).conclusion is Conclusion.SUCCESS
    assert verdict(Policy(lock=("packs",)), added, Severity.WARNING).conclusion is Conclusion.SUCCESS


def test_secrets_and_access_are_never_suppressed_by_the_change_itself() -> None:
    assert not Policy().trusts_suppression("secrets/token")
    assert not Policy().trusts_suppression("access/unguarded-endpoint")
    assert Policy(rules={"secrets/token": RulePolicy(allow_suppression=True)}).trusts_suppression("secrets/token")


def test_suppressions_that_do_nothing_are_said() -> None:
    bare = found("a.py", "x = 1  # prodgate: ignore test/no-bad\n")
    unused = found("a.py", "# prodgate: ignore test/no-bad - why\nx = 1\n")
    unknown = found("a.py", "# prodgate: ignore test/no-bda - why\nx = 1\n")
    change = Change(added=(*bare, *unused, *unknown))
    notes = decide(Policy(), PACKS, Evaluation((), ()), Evaluation((), ()), change).notes
    assert "it gives no reason" in notes[0]
    assert "suppresses nothing" in notes[1]
    assert "there is no rule or pack test/no-bda; did you mean test/no-bad?" in notes[2]


def test_a_directive_may_name_a_whole_pack() -> None:
    (pack_wide,) = found("a", "# prodgate: ignore test — why\nbad")
    head, base = both({"a": b"# prodgate: ignore test\nbad"}, {})
    assert decide(Policy(), PACKS, head, base, Change(added=(pack_wide,))).conclusion is Conclusion.SUCCESS


@pytest.mark.parametrize("mark", OTHERS)
def test_what_is_said_to_other_linters_of_migrations_is_honoured(mark: bytes) -> None:
    text = b"DROP TABLE a;\n-- " + mark + b" ban-drop-table\nDROP TABLE b;\nSELECT '" + mark + b"';\nDROP TABLE c;\n"
    (found,) = suppressions_of(Codebase(MemorySnapshot({"1.sql": text})), ["1.sql"])
    assert (found.rule, found.first, found.last, found.foreign) == ("migrations", 2, 3, True)
    assert found.reason.startswith(mark.decode())


def test_squawk_can_be_told_of_a_whole_file() -> None:
    text = b"DROP TABLE a;\n-- squawk-ignore-file\nDROP TABLE b;\n"
    (found,) = suppressions_of(Codebase(MemorySnapshot({"1.sql": text})), ["1.sql"])
    assert (found.first, found.last) == (1, 4)
