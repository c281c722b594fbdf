"""Comments by language, and what each of them speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from tree_sitter import Node

from rules.core.codebase import Codebase, Unreadable
from rules.core.source import Span
from rules.core.suppress import MARKS, Comment, Suppression, suppressions_in
from rules.syntax.trees import grammar_of, parse, walk

HASH, DASH, MARKUP, SLASH = b"#", b"--", b"<!--", b"//"
STARTS = {
    ".sql": (DASH, b"/*"), ".md": (MARKUP,), ".html": (MARKUP,), ".xml": (MARKUP,), ".svg": (MARKUP,),
    ".vue": (MARKUP, SLASH), ".jsonc": (SLASH,), ".json5": (SLASH,), ".prisma": (SLASH,), ".go": (SLASH,),
    ".tf": (HASH, SLASH), ".hcl": (HASH, SLASH), ".ini": (HASH, b";"),
}  # fmt: skip
"""How a comment starts, by suffix; elsewhere with a number sign."""


def suppressions_of(code: Codebase, paths: Iterable[str]) -> list[Suppression]:
    """The directives of these files."""
    result: list[Suppression] = []
    for path in sorted(set(paths)):
        content = code.text(path) if path in code.files else None
        if content is not None and any(mark in content for mark in MARKS):
            result += suppressions_in(path, content, comments(path, content))
    return result


def comments(path: str, content: bytes) -> list[Comment]:
    """The comments of a file: by its tree where there is a grammar that takes it, else by its lines."""
    if grammar_of(path):
        try:
            root = parse(path, content)
        except Unreadable:
            return []
        return [_of_node(node) for node in walk(root) if node.type == "comment"]
    return list(_of_lines(content, STARTS.get(PurePosixPath(path).suffix.lower(), (HASH,))))


def _of_node(node: Node) -> Comment:
    line = node.start_point.row + 1
    span = Span(node.start_byte, node.end_byte)
    before = node.prev_sibling
    if before is not None and before.end_point.row + 1 == line:
        return Comment(span, before.start_point.row + 1 if before.is_named else line, line)
    below = node.next_named_sibling
    while below is not None and below.type == "comment":
        below = below.next_named_sibling
    if below is None or below.start_point.row + 1 == line:
        return Comment(span, line, line)
    return Comment(span, line, _last_line(below))


def _last_line(statement: Node) -> int:
    """The end of a statement; of one with a body, the line on which its body starts."""
    inner = statement.child_by_field_name("definition") or statement.child_by_field_name("declaration") or statement
    body = inner.child_by_field_name("body") or inner.child_by_field_name("consequence")
    if body is None:
        return statement.end_point.row + 1
    return max(statement.start_point.row + 1, body.start_point.row + (body.type == "statement_block"))


def _of_lines(content: bytes, starts: tuple[bytes, ...]) -> Iterator[Comment]:
    lines = content.split(b"\n")
    offset = 0
    for number, line in enumerate(lines, 1):
        mark = max(line.find(mark) for mark in MARKS)
        at = max((line.rfind(start, 0, mark) for start in starts), default=-1) if mark >= 0 else -1
        if at >= 0:
            last = number if line[:at].strip() else _next_code_line(lines, number, starts)
            yield Comment(Span(offset + at, offset + len(line)), number, last)
        offset += len(line) + 1


def _next_code_line(lines: list[bytes], line: int, starts: tuple[bytes, ...]) -> int:
    for number in range(line, len(lines)):
        text = lines[number].strip()
        if text and not text.startswith(starts):
            return number + 1
    return line
