"""What the benchmarks say of their numbers, and what accuracy counts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from bench import accuracy, monorepo
from bench.table import ROOT, Row, Table, percentile
from rules.core.codebase import Codebase, Fact
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import locate_line

FILES: Fact[Sequence[str]] = Fact("test-files", lambda code: list(code.files))


class Wrong(Rule[str]):
    """Speaks of every file that says so, and has examples that promise something else."""

    id = "test/wrong"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = FILES
    examples = (Bad({"a": "bad"}), Bad({"a": "good"}), Good({"a": "good"}), Good({"a": "bad", "b": "bad"}))

    def check(self, subject: str, code: Codebase) -> Iterable[Finding]:
        content = code.text(subject) or b""
        if content == b"bad":
            yield self.finding((subject,), "It is bad.", locate_line(subject, content, 1))


def test_what_an_example_promises_and_does_not_keep_is_counted() -> None:
    count = accuracy.tally((Wrong(),))
    assert (count["bad"], count["found"], count["good"], count["false alarms"]) == (2, 1, 2, 2)


def test_the_page_has_a_row_for_each_pack() -> None:
    text = accuracy.page({"Test": accuracy.tally((Wrong(),))})
    assert "| Test | 1 | 2 | 1 | 2 | 2 | 0 | 0 |" in text


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row("a", 1.4, "s", 2), "< 2 s: met"),
        (Row("a", 2, "s", 2), "< 2 s: NOT met"),
        (Row("a", 1.2, "", 1.5), "< 1.5: met"),
        (Row("a", 1.2, "s"), ""),
    ],
)
def test_every_aim_is_said_to_be_met_or_not(row: Row, verdict: str) -> None:
    assert row.verdict == verdict
    table = Table("A table", "As it came.", (row,))
    assert table.json()["rows"][0]["met"] is ("NOT" not in verdict)
    assert f"| {verdict} |" in table.markdown() or not verdict


def test_percentiles_are_values_that_were_measured() -> None:
    assert [percentile(range(1, 101), part) for part in (50, 99)] == [51, 100]
    assert percentile([3.0], 99) == 3.0


def test_the_generated_repository_is_as_large_as_it_says_and_changed_where_it_says(tmp_path: Path) -> None:
    monorepo.make(tmp_path, 100)
    words = ("git", "ls-files"), ("git", "diff", "--name-only")
    tracked, changed = (
        subprocess.run(w, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split() for w in words
    )
    assert (len(tracked), len(changed)) == (100, monorepo.CHANGED)


def test_the_kept_numbers_are_whole() -> None:
    kept = json.loads((ROOT / "docs" / "benchmarks.json").read_text())
    titles = {table["title"] for table in kept["tables"]}
    assert titles == {"Webhook to 202", "Delivery to finished gate", "Migrations", "prodgate check on a monorepo"}
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    assert all(f"## {title}" in text for title in titles)
