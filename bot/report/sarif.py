"""A verdict as SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bot.report.escape import url_path, visible
from rules.catalog import all_rules
from rules.core.finding import Confidence, Edit, Fix, Related, Severity
from rules.core.rule import Rule
from rules.core.source import Location, Span, locate
from rules.policy import Blind, Judged, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "prodgate/v1"
MOST_RESULTS = 25_000
MOST_PLACES = 100
LEVELS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
PRECISION: Mapping[Confidence, str] = {
    Confidence.HIGH: "high",
    Confidence.MEDIUM: "medium",
    Confidence.LOW: "low",
}
NOTHING: Mapping[str, bytes] = {}


def render_sarif(
    verdict: Verdict,
    rules: Iterable[Rule[Any]] | None = None,
    version: str = "",
    sources: Mapping[str, bytes] = NOTHING,
) -> str:
    """The verdict as a SARIF log with one run. It holds what is new: what the base had already is no alarm.

    `rules` are described in it, all that are installed unless others are given; `version` is ours.
    With the contents of a file in `sources` its fixes carry lines and columns beside their byte offsets,
    and their text the file's own line ends.
    """
    described = sorted(all_rules().values() if rules is None else rules, key=lambda rule: rule.id)
    index = {rule.id: number for number, rule in enumerate(described)}
    fresh = [pair for pair in _identified(verdict.judged) if pair[0].new]
    ranked = sorted(fresh, key=lambda pair: not pair[0].blocks)
    dropped = max(0, len(ranked) - MOST_RESULTS)
    driver: dict[str, Any] = {"name": "prodgate", "rules": [_rule(rule) for rule in described]}
    if version:
        driver["semanticVersion"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(verdict, dropped)],
        "results": [_result(item, identity, index, sources) for item, identity in ranked[:MOST_RESULTS]],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule[Any]) -> dict[str, Any]:
    page = inspect.cleandoc(type(rule).__doc__ or "") or rule.id
    words = re.sub(r"\s+", " ", page.partition("\n\n")[2]) or rule.title or rule.id
    properties = {
        "tags": [rule.pack],
        "precision": PRECISION[rule.confidence],
        "problem.severity": LEVELS[rule.severity].replace("note", "recommendation"),
        "since": rule.since,
    }
    if rule.reference:
        properties["reference"] = rule.reference
    return {
        "id": rule.id,
        "name": type(rule).__name__,
        "shortDescription": {"text": rule.title or rule.id},
        "fullDescription": {"text": words},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": properties,
    }


def _identified(judged: Iterable[Judged]) -> list[tuple[Judged, str]]:
    seen: Counter[tuple[str, ...]] = Counter()
    pairs = []
    for item in judged:
        finding = item.finding
        identity = (finding.rule, *finding.key, *([finding.where.path] if finding.file_local else []))
        digest = hashlib.sha256(json.dumps([*identity, seen[identity]]).encode()).hexdigest()
        seen[identity] += 1
        pairs.append((item, digest))
    return pairs


def _result(item: Judged, identity: str, index: Mapping[str, int], sources: Mapping[str, bytes]) -> dict[str, Any]:
    finding = item.finding
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": _message(finding.message) or finding.rule},
        "locations": [_location(finding.where)],
        "partialFingerprints": {FINGERPRINT: identity},
        "baselineState": "new",
        "properties": {"confidence": finding.confidence, "blocks": item.blocks},
    }
    if finding.rule in index:
        result["ruleIndex"] = index[finding.rule]
    if finding.related:
        result["relatedLocations"] = [_related(n, r) for n, r in enumerate(finding.related[:MOST_PLACES], 1)]
    if item.suppressed_by:
        reason = visible(item.suppressed_by)
        result["suppressions"] = [{"kind": "inSource", "status": "accepted", "justification": reason}]
    if finding.fix and finding.fix.edits:
        result["fixes"] = [_fix(finding.fix, sources)]
    return result


def _message(text: str) -> str:
    """Viewers make links of `[text](target)` in a message; untrusted text must not bring any."""
    return visible(text, keep="\n\t").replace("](", "] (")


def _artifact(path: str) -> dict[str, str]:
    uri = url_path(path)
    return {"uri": uri.replace(":", "%3A"), "uriBaseId": "%SRCROOT%"}


def _location(where: Location) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(where.path), "region": _region(where)}}


def _region(where: Location) -> dict[str, int]:
    return {
        "startLine": max(1, where.line),
        "startColumn": max(1, where.column),
        "endLine": max(1, where.line, where.end_line),
        "endColumn": max(1, where.end_column),
        "byteOffset": where.span.start,
        "byteLength": where.span.end - where.span.start,
    }


def _related(number: int, related: Related) -> dict[str, Any]:
    return {"id": number, **_location(related.where), "message": {"text": _message(related.message)}}


def _fix(fix: Fix, sources: Mapping[str, bytes]) -> dict[str, Any]:
    edits: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        edits.setdefault(edit.path, []).append(edit)
    return {
        "description": {"text": f"{_message(fix.title)} ({fix.safety})"},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path),
                "replacements": [_replacement(edit, sources.get(path)) for edit in mine],
            }
            for path, mine in sorted(edits.items())
        ],
    }


def _replacement(edit: Edit, content: bytes | None) -> dict[str, Any]:
    span = edit.span or Span(0, 0)
    region = {"byteOffset": span.start, "byteLength": span.end - span.start}
    text = edit.text
    if content is not None:
        region = _region(locate(edit.path, content, span.start, span.end))
        if b"\r\n" in content:
            text = text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return {"deletedRegion": region, "insertedContent": _content(text)}


def _content(text: bytes) -> dict[str, str]:
    try:
        return {"text": text.decode()}
    except UnicodeDecodeError:
        return {"binary": base64.b64encode(text).decode()}


def _invocation(verdict: Verdict, dropped: int) -> dict[str, Any]:
    notifications = [_blind(item) for item in verdict.blind]
    notifications += [{"level": "note", "message": {"text": _message(note)}} for note in verdict.notes]
    if dropped:
        text = f"{dropped} results are left out: a run holds {MOST_RESULTS}"
        notifications.append({"level": "warning", "message": {"text": text}})
    return {"executionSuccessful": not verdict.could_not_look, "toolExecutionNotifications": notifications}


def _blind(item: Blind) -> dict[str, Any]:
    notification: dict[str, Any] = {
        "level": "error" if item.fatal else "note",
        "message": {"text": f"Could not look: {_message(item.reason)}"},
        "associatedRule": {"id": item.rule},
    }
    if item.path:
        notification["locations"] = [{"physicalLocation": {"artifactLocation": _artifact(item.path)}}]
    return notification
