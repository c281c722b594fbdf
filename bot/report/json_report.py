"""A verdict as JSON, for programs and for the page of a run."""

from __future__ import annotations

import json
from typing import Any

from rules.core.finding import Finding
from rules.core.source import Location
from rules.policy import Judged, Verdict

VERSION = 1
"""Of the report's shape; it grows when a key changes its meaning or goes."""


def render_json(verdict: Verdict) -> str:
    """The verdict as one JSON object: `conclusion`, `checks`, `findings`, `could_not_look`, `notes`."""
    report = {
        "version": VERSION,
        "conclusion": verdict.conclusion,
        "checks": [
            {
                "name": check.name,
                "conclusion": check.conclusion,
                "subjects": check.subjects,
                "findings": len(check.judged),
                "blocking": sum(item.blocks for item in check.judged),
                "could_not_look": sum(item.fatal for item in check.blind),
            }
            for check in verdict.checks
        ],
        "findings": [_judged(item) for item in verdict.judged],
        "could_not_look": [
            {"rule": b.rule, "path": b.path, "reason": b.reason, "fatal": b.fatal} for b in verdict.blind
        ],
        "notes": list(verdict.notes),
    }
    return json.dumps(report, indent=2) + "\n"


def _judged(item: Judged) -> dict[str, Any]:
    finding = item.finding
    return {
        "rule": finding.rule,
        "key": list(finding.key),
        **_place(finding.where),
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        "new": item.new,
        "blocks": item.blocks,
        "suppressed_by": item.suppressed_by,
        "fix": finding.fix.title if finding.fix else None,
        "fix_safety": finding.fix.safety if finding.fix else None,
        "fixes_files": _files(finding),
        "related": [{**_place(related.where), "message": related.message} for related in finding.related],
    }


def _place(where: Location) -> dict[str, Any]:
    return {
        "path": where.path,
        "line": where.line,
        "column": where.column,
        "end_line": where.end_line,
        "end_column": where.end_column,
    }


def _files(finding: Finding) -> list[str]:
    return sorted({edit.path for edit in finding.fix.edits}) if finding.fix else []
