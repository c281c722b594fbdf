"""Inline suppressions: `prodgate: ignore <rule> — <reason>` in a comment, for its statement or line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rules.core.finding import Finding
from rules.core.source import Location, Span, locate

MARK = b"prodgate: ignore"
_DIRECTIVE = re.compile(
    rb"prodgate: ignore[ \t]+(?P<rule>[\w./-]+)(?:[ \t]*(?:\xe2\x80\x94|--|-|:)[ \t]*(?P<reason>[^\r\n]*))?"
)
_CLOSERS = (b"*/", b"-->", b"#}")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, and the lines that it speaks of: its own, or those of the statement below it. Counted from 1."""

    span: Span
    first: int
    last: int


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


def suppressions_in(path: str, content: bytes, comments: Iterable[Comment]) -> list[Suppression]:
    """The directives in the comments of one file."""
    found = []
    for comment in comments:
        match = _DIRECTIVE.search(content, comment.span.start, comment.span.end)
        if match is None:
            continue
        reason = match["reason"] or b""
        for closer in _CLOSERS:
            reason = reason.partition(closer)[0]
        found.append(
            Suppression(
                match["rule"].decode("utf-8", "replace"),
                reason.decode("utf-8", "replace").strip(),
                locate(path, content, match.start(), match.end()),
                comment.first,
                comment.last,
            )
        )
    return found
