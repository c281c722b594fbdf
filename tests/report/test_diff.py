"""The diff of a fix, held against git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.report.diff import MOST_LINES, fix_diff, unified
from rules.core.finding import Edit, Fix
from rules.core.source import Span
from tests.report.made import finding, replacing

LONG = "".join(f"line {n}\n" for n in range(40))
PAIRS = {
    "a change": (LONG, LONG.replace("line 7\n", "seven\n")),
    "two hunks": (LONG, LONG.replace("line 3\n", "three\n").replace("line 33\n", "")),
    "at the start": (LONG, "new\n" + LONG),
    "at the end": (LONG, LONG + "new\n"),
    "the last line ends now": ("a\nb", "a\nb\n"),
    "the last line ends no more": ("a\nb\n", "a\nb"),
    "a new file": ("", "a\nb\n"),
    "everything goes but a line": (LONG, "line 20\n"),
    "multi-byte": ("é\n€\n", "é\n\U0001f600\n"),
    "repeated lines": ("a\n" * 30, "a\n" * 12 + "b\n" + "a\n" * 17),
}


@pytest.mark.parametrize("name", PAIRS)
def test_git_applies_it(name: str, tmp_path: Path) -> None:
    before, after = (text.encode() for text in PAIRS[name])
    if before:
        (tmp_path / "a file.txt").write_bytes(before)
    words = ("git", "apply", "--unidiff-zero", "-")
    done = subprocess.run(
        words, cwd=tmp_path, input=unified("a file.txt", before, after).encode(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a file.txt").read_bytes() == after


def test_nothing_changed_is_nothing() -> None:
    assert unified("a", b"x\n", b"x\n") == ""


def test_a_huge_change_is_shown_as_a_whole_and_still_applies(tmp_path: Path) -> None:
    before, after = (b"".join(b"%d%d\n" % (n, k) for n in range(MOST_LINES)) for k in (1, 2))
    (tmp_path / "a").write_bytes(before)
    text = unified("a", before, after)
    assert text.count("\n@@ ") == 1
    subprocess.run(("git", "apply", "-"), cwd=tmp_path, input=text.encode(), check=True, capture_output=True)
    assert (tmp_path / "a").read_bytes() == after


def test_what_cannot_be_printed_is_shown() -> None:
    text = unified("a\nb\u202e", b"x\n", b"\x1b[31m\xff\xe2\x80\xae\n")
    assert "+++ b/a\\nb\\u202e\n" in text
    assert "+\\x1b[31m\ufffd\\u202e\n" in text


def test_without_the_file_it_says_which_bytes_become_what() -> None:
    made = replacing("a.py", b"one\ntwo\n", 4, 7, b"zwei")
    assert fix_diff(made, {}) == "a.py, bytes 4 to 7, becomes:\n+zwei\n"


def test_a_fix_over_files_shows_each_and_advice_shows_none() -> None:
    edits = (Edit("b.txt", Span(0, 1), b"B"), Edit("a.txt", None, b"new\n"))
    text = fix_diff(finding(fix=Fix("Both", edits)), {"b.txt": b"b\n"})
    assert [line for line in text.splitlines() if line.startswith("+++")] == ["+++ b/a.txt", "+++ b/b.txt"]
    assert fix_diff(finding(fix=Fix("Think")), {}) == ""
    assert fix_diff(finding(), {}) == ""
