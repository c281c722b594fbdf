"""The JSON report: a shape that programs may rely on."""

from __future__ import annotations

import json

from bot.report.json_report import VERSION, render_json
from rules.core.finding import Edit, Fix, Related
from rules.core.source import Location, Span
from rules.policy import Blind, CheckVerdict, Conclusion, Verdict
from tests.report.made import finding, new, old

WHERE = {"path": "api/mail.py", "line": 3, "column": 5, "end_line": 3, "end_column": 15}


def test_the_shape_of_version_1() -> None:
    """A key that goes or changes its meaning is a new version."""
    assert VERSION == 1
    fix = Fix("Declare it", (Edit(".env.example", None, b"X=\n"),))
    related = (Related(Location("b.py", Span(0, 1), 7, 1, 7, 2), "here too"),)
    judged = (new(finding(fix=fix, related=related)), old(finding()), new(finding(), suppressed_by="known"))
    blind = (Blind("env/x", "it crashed"),)
    checks = (CheckVerdict("env", Conclusion.FAILURE, judged, blind, 4),)
    told = json.loads(render_json(Verdict(checks, Conclusion.FAILURE, judged, blind, ("A note",))))
    assert {**told, "findings": []} == {
        "version": 1,
        "conclusion": "failure",
        "checks": [
            {
                "name": "env",
                "conclusion": "failure",
                "subjects": 4,
                "findings": 3,
                "blocking": 1,
                "could_not_look": 1,
            }
        ],
        "findings": [],
        "could_not_look": [{"rule": "env/x", "path": "", "reason": "it crashed", "fatal": True}],
        "notes": ["A note"],
    }
    first, second, third = told["findings"]
    assert first == {
        "rule": "env/undeclared-read",
        "key": ["MAIL_KEY"],
        **WHERE,
        "severity": "error",
        "confidence": "high",
        "message": "MAIL_KEY is read here but is not declared.",
        "new": True,
        "blocks": True,
        "suppressed_by": "",
        "fix": "Declare it",
        "fix_safety": "safe",
        "fixes_files": [".env.example"],
        "related": [{"path": "b.py", "line": 7, "column": 1, "end_line": 7, "end_column": 2, "message": "here too"}],
    }
    assert (second["new"], second["fix"], second["fix_safety"], second["fixes_files"]) == (False, None, None, [])
    assert (third["suppressed_by"], third["blocks"]) == ("known", False)
