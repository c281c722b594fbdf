"""SARIF 2.1.0 as code scanning reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.report.sarif import FINGERPRINT, MOST_RESULTS, render_sarif
from rules.catalog import all_rules
from rules.core.finding import Edit, Fix, Related, Safety, Severity
from rules.core.source import Location, Span
from rules.policy import Blind, Verdict
from tests.report.made import finding, hostile, new, old, replacing, verdict

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)


def run_of(told: Verdict, **given: Any) -> dict[str, Any]:
    """The one run of a log that its schema allows."""
    log = json.loads(render_sarif(told, **given))
    assert [error.message for error in VALIDATOR.iter_errors(log)] == []
    (run,) = log["runs"]
    return run  # type: ignore[no-any-return]


def test_the_schema_would_refuse_a_wrong_log() -> None:
    log = json.loads(render_sarif(verdict([new(finding())])))
    log["runs"][0]["results"][0]["level"] = "terrible"
    assert list(VALIDATOR.iter_errors(log))


def test_a_result_carries_its_rule_its_place_and_a_stable_fingerprint() -> None:
    run = run_of(verdict([old(finding("it was here", key=("OLD",))), new(finding())]), version="1.2.3")
    (first,) = run["results"]
    assert (first["ruleId"], first["level"], first["baselineState"]) == ("env/undeclared-read", "error", "new")
    described = run["tool"]["driver"]["rules"][first["ruleIndex"]]
    assert described["id"] == "env/undeclared-read"
    assert run["tool"]["driver"]["semanticVersion"] == "1.2.3"
    moved = run_of(verdict([new(finding("said otherwise", line=40))]))["results"][0]
    assert moved["partialFingerprints"] == first["partialFingerprints"]
    other = run_of(verdict([new(finding(key=("OTHER",)))]))["results"][0]
    assert first["partialFingerprints"][FINGERPRINT] != other["partialFingerprints"][FINGERPRINT]


def test_equal_findings_are_told_apart() -> None:
    results = run_of(verdict([new(finding()), new(finding(line=9))]))["results"]
    assert len({result["partialFingerprints"][FINGERPRINT] for result in results}) == 2


def test_every_rule_is_described_with_its_page() -> None:
    described = run_of(verdict())["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == sorted(all_rules())
    for rule in described:
        assert rule["shortDescription"]["text"] and rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")


def mended(content: str, replacements: list[dict[str, Any]]) -> str:
    """The content after replacements, by their lines and columns, counted in code points."""
    starts = [0]
    for line in content.split("\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    places = [(r["deletedRegion"], r["insertedContent"]["text"]) for r in replacements]
    for region, text in sorted(places, key=lambda place: -offset(place[0]["startLine"], place[0]["startColumn"])):
        start = offset(region["startLine"], region["startColumn"])
        content = content[:start] + text + content[offset(region["endLine"], region["endColumn"]) :]
    return content


@pytest.mark.parametrize("before", ["x = 'é€\U0001f600'; bad()\n", "é\n\U0001f600\nbad()", "a\r\nbad()\r\n"])
def test_a_fix_is_found_by_its_columns_in_multi_byte_text(before: str) -> None:
    raw = before.encode()
    start = raw.index(b"bad")
    made = replacing("a.py", raw, start, start + 3, b"good")
    run = run_of(verdict([new(made)]), sources={"a.py": raw})
    assert run["columnKind"] == "unicodeCodePoints"
    (fix,) = run["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "a.py"
    assert mended(before, change["replacements"]) == before.replace("bad", "good")
    region = change["replacements"][0]["deletedRegion"]
    assert (region["byteOffset"], region["byteLength"]) == (start, 3)


def test_lines_that_a_fix_adds_end_as_the_files_do() -> None:
    raw = b"a\r\nb\r\n"
    made = replacing("a.txt", raw, 6, 6, b"c\nd\n")
    change = run_of(verdict([new(made)]), sources={"a.txt": raw})["results"][0]["fixes"][0]["artifactChanges"][0]
    assert change["replacements"][0]["insertedContent"] == {"text": "c\r\nd\r\n"}


def test_a_new_file_and_bytes_that_are_no_text_are_fixes_too() -> None:
    fix = Fix("Add them", (Edit("new.txt", None, b"hello\n"), Edit("new.bin", None, b"\xff\xfe")))
    changes = run_of(verdict([new(finding(fix=fix))]))["results"][0]["fixes"][0]["artifactChanges"]
    contents = {c["artifactLocation"]["uri"]: c["replacements"][0]["insertedContent"] for c in changes}
    assert contents == {"new.txt": {"text": "hello\n"}, "new.bin": {"binary": "//4="}}


def test_advice_is_no_fix() -> None:
    made = finding(fix=Fix("Think about it", safety=Safety.MANUAL))
    assert "fixes" not in run_of(verdict([new(made)]))["results"][0]


def test_related_places_are_told() -> None:
    related = (Related(Location("b c.py", Span(0, 1), 7, 1, 7, 2), "it is declared here"),)
    (place,) = run_of(verdict([new(finding(related=related))]))["results"][0]["relatedLocations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "b%20c.py"
    assert place["message"]["text"] == "it is declared here"


def test_a_suppression_is_told_with_its_reason() -> None:
    (result,) = run_of(verdict([new(finding(), suppressed_by="set by the platform")]))["results"]
    (suppression,) = result["suppressions"]
    assert (suppression["kind"], suppression["justification"]) == ("inSource", "set by the platform")


def test_what_could_not_be_looked_at_is_no_success() -> None:
    blind = (Blind("env/undeclared-read", "it is too large", "db/huge.sql"), Blind("env/x", "as ever", fatal=False))
    (invocation,) = run_of(verdict(blind=blind, notes=("A note",)))["invocations"]
    assert invocation["executionSuccessful"] is False
    levels = [n["level"] for n in invocation["toolExecutionNotifications"]]
    assert levels == ["error", "note", "note"]
    assert "db/huge.sql" in json.dumps(invocation)
    assert run_of(verdict())["invocations"][0]["executionSuccessful"] is True


def test_what_exceeds_the_limit_is_counted_and_what_blocks_is_kept() -> None:
    told = [new(finding(key=(str(n),), severity=Severity.WARNING)) for n in range(MOST_RESULTS)] + [new(finding())]
    log = json.loads(render_sarif(verdict(told), rules=[]))["runs"][0]
    assert len(log["results"]) == MOST_RESULTS
    assert log["results"][0]["level"] == "error"
    assert "1 results are left out" in json.dumps(log["invocations"])


def test_strangers_words_stay_valid() -> None:
    run_of(hostile())


@pytest.mark.parametrize(
    ("path", "uri"), [("a:b.py", "a%3Ab.py"), ("//x.py", "//x.py"), ("ü/1%.py", "%C3%BC/1%25.py"), ("a\nb", "a%0Ab")]
)
def test_a_path_is_a_relative_address(path: str, uri: str) -> None:
    (result,) = run_of(verdict([new(finding(path=path))]))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
