"""Inline suppressions: `prodgate: ignore <rule> — <reason>` in a comment, for its statement or line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.core.codebase import Codebase
from rules.core.finding import Finding
from rules.core.source import Location, locate

_MARK = b"prodgate: ignore"
_DIRECTIVE = re.compile(
    rb"(?:#|//|--|/\*|<!--|\{#)\s*prodgate: ignore[ \t]+(?P<rule>[\w./-]+)"
    rb"(?:[ \t]*(?:\xe2\x80\x94|--|-|:)[ \t]*(?P<reason>[^\r\n]*))?"
)
_CLOSERS = (b"*/", b"-->", b"#}")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One directive. It covers the lines `first` to `last` of its file."""

    rule: str
    reason: str
    where: Location
    first: int
    last: int

    def covers(self, finding: Finding) -> bool:
        same_rule = finding.rule == self.rule or self.rule == finding.rule.partition("/")[0]
        return same_rule and finding.where.path == self.where.path and self.first <= finding.where.line <= self.last


def suppressions_in(path: str, content: bytes) -> list[Suppression]:
    """The directives of one file: on a line of code for that line, alone on a line for the next line of code."""
    if _MARK not in content:
        return []
    lines = content.split(b"\n")
    found = []
    for match in _DIRECTIVE.finditer(content):
        where = locate(path, content, match.start(), match.end())
        reason = match["reason"] or b""
        for closer in _CLOSERS:
            reason = reason.partition(closer)[0]
        alone = not lines[where.line - 1][: match.start() - content.rfind(b"\n", 0, match.start()) - 1].strip()
        target = _next_code_line(lines, where.line) if alone else where.line
        found.append(
            Suppression(
                match["rule"].decode("utf-8", "replace"),
                reason.decode("utf-8", "replace").strip(),
                where,
                where.line,
                target,
            )
        )
    return found


def _next_code_line(lines: Sequence[bytes], line: int) -> int:
    for number in range(line, len(lines)):
        text = lines[number].strip()
        if text and not text.startswith((b"#", b"//", b"--", b"/*", b"<!--")):
            return number + 1
    return line


def suppressions_for(code: Codebase, findings: Iterable[Finding]) -> list[Suppression]:
    """The directives of the files in which there are findings."""
    result: list[Suppression] = []
    for path in sorted({finding.where.path for finding in findings}):
        entry = code.files.get(path)
        if entry is not None:
            result += suppressions_in(path, code.snapshot.read(entry.blob))
    return result
