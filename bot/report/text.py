"""A verdict for a terminal or a log."""

from __future__ import annotations

import json

from rules.policy import Judged, Verdict


def plain(text: str) -> str:
    """Untrusted text without control characters."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def render_text(verdict: Verdict) -> str:
    """One line a new finding, what could not be looked at, and a last line with the decision."""
    spoken = [item for item in verdict.judged if item.new and not item.suppressed_by]
    lines = [_line(item) for item in spoken]
    for blind in dict.fromkeys((b.path, b.reason) for b in verdict.blind if b.fatal):
        lines.append(f"could not look: {plain(': '.join(filter(None, blind)))}")
    lines += [plain(note) for note in verdict.notes]
    old = sum(not item.new for item in verdict.judged)
    blocking = len(verdict.blocking)
    lines.append(f"{verdict.conclusion}: {blocking} blocking, {len(spoken) - blocking} worth a look, {old} older")
    return "\n".join(lines) + "\n"


def _line(item: Judged) -> str:
    finding = item.finding
    where = finding.where
    mark = "blocks" if item.blocks else str(finding.severity)
    return f"{plain(where.path)}:{where.line}:{where.column}: {mark}: {plain(finding.message)} [{finding.rule}]"


def render_json(verdict: Verdict) -> str:
    """The verdict as one JSON object: `conclusion`, `findings`, `could_not_look`, `notes`."""
    findings = [
        {
            "rule": item.finding.rule,
            "key": list(item.finding.key),
            "path": item.finding.where.path,
            "line": item.finding.where.line,
            "column": item.finding.where.column,
            "end_line": item.finding.where.end_line,
            "end_column": item.finding.where.end_column,
            "severity": item.finding.severity,
            "confidence": item.finding.confidence,
            "message": item.finding.message,
            "new": item.new,
            "blocks": item.blocks,
            "suppressed_by": item.suppressed_by,
            "fix": item.finding.fix.title if item.finding.fix else None,
        }
        for item in verdict.judged
    ]
    blind = [{"rule": b.rule, "path": b.path, "reason": b.reason, "fatal": b.fatal} for b in verdict.blind]
    report = {"conclusion": verdict.conclusion, "findings": findings, "could_not_look": blind, "notes": verdict.notes}
    return json.dumps(report, indent=2) + "\n"
