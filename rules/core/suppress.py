"""Inline suppressions: `prodgate: ignore <rule> — <reason>` in a comment, for its statement or line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rules.core.finding import Finding
from rules.core.source import Location, Span, locate

MARK = b"prodgate: ignore"
OTHERS = (b"squawk-ignore", b"atlas:nolint", b"pgfence-ignore", b"eugene: ignore", b"pgsafe:ignore")
"""How linters of migrations are told to keep silent; honoured for the pack `migrations`, so that adoption is free."""
MARKS = (MARK, *OTHERS)

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
    """One directive. It covers the lines `first` to `last` of its file. `foreign`: it speaks to another linter."""

    rule: str
    reason: str
    where: Location
    first: int
    last: int
    foreign: bool = False

    def covers(self, finding: Finding) -> bool:
        same_rule = finding.rule == self.rule or self.rule == finding.rule.partition("/")[0]
        return same_rule and finding.where.path == self.where.path and self.first <= finding.where.line <= self.last


def suppressions_in(path: str, content: bytes, comments: Iterable[Comment]) -> list[Suppression]:
    """The directives in the comments of one file."""
    found = []
    for comment in comments:
        match = _DIRECTIVE.search(content, comment.span.start, comment.span.end)
        if match is None:
            found += _of_others(path, content, comment)
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


def _of_others(path: str, content: bytes, comment: Comment) -> list[Suppression]:
    """What a comment says to another linter of migrations. `squawk-ignore-file` speaks of the whole file."""
    text = content[comment.span.start : comment.span.end]
    mark = next((mark for mark in OTHERS if mark in text), None)
    if mark is None:
        return []
    start = comment.span.start + text.index(mark)
    whole = content.startswith(b"-file", start + len(mark))
    last = content.count(b"\n") + 1 if whole else comment.last
    where = locate(path, content, start, start + len(mark))
    return [Suppression("migrations", f"{mark.decode()} stands here", where, 1 if whole else comment.first, last, True)]
