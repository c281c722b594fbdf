"""What a dump holds besides SQL: psql's meta-commands and the data of COPY. Both are blanked, offsets kept."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    rb"(?P<comment>--[^\n]*)|(?P<block>/\*)|(?P<escape>[eE]'(?:[^'\\]|\\.|'')*')|(?P<string>'(?:[^']|'')*')"
    rb'|(?P<name>"(?:[^"]|"")*")|(?P<dollar>\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$)|(?P<meta>\\[^\n]*)'
    rb"|(?P<end>;)|(?P<word>[\w\x80-\xff]+)|(?P<other>.)",
    re.S,
)
_ENDS_OF_COMMENT = re.compile(rb"/\*|\*/")


def masked(content: bytes) -> bytes:
    """The text with meta-command lines and COPY data replaced by blanks of the same length."""
    if b"\\" not in content:
        return content
    out = bytearray(content)
    position, words = 0, list[bytes]()
    while match := _TOKEN.match(content, position):
        kind, start, position = match.lastgroup, match.start(), match.end()
        if kind == "block":
            position = _comment_end(content, position)
        elif kind == "dollar":
            closing = content.find(match[0], position)
            position = len(content) if closing < 0 else closing + len(match[0])
        elif kind == "meta" and not content[content.rfind(b"\n", 0, start) + 1 : start].strip():
            _blank(out, start, position)
        elif kind == "word":
            words.append(match[0].lower())
        elif kind == "end":
            if words[:1] == [b"copy"] and b"stdin" in words:
                position = _copied(content, out, position)
            words = []
    return bytes(out)


def _comment_end(content: bytes, position: int) -> int:
    depth = 1
    for match in _ENDS_OF_COMMENT.finditer(content, position):
        depth += 1 if match[0] == b"/*" else -1
        if depth == 0:
            return match.end()
    return len(content)


def _copied(content: bytes, out: bytearray, position: int) -> int:
    first = content.find(b"\n", position) + 1
    last = content.find(b"\n\\.", position)
    if first == 0 or last < 0:
        return position
    end = last + 3
    _blank(out, first, end)
    return end


def _blank(out: bytearray, start: int, end: int) -> None:
    out[start:end] = re.sub(rb"[^\n]", b" ", bytes(out[start:end]))
