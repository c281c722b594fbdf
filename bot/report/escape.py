"""Untrusted text made harmless, and text made to fit."""

from __future__ import annotations

import re
from urllib.parse import quote

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = {**{c: f"\\{c}" for c in "\\`*_[]|~$#!"}, "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_APART = "&#8203;"
"""A zero-width space: it parts what GitHub would otherwise link by itself, even after entities are decoded."""

_LINKED = re.compile(r"@(?=\w)|#(?=\d)|(?<=:)//|\bwww(?=\.)|\bGH-(?=\d)", re.IGNORECASE)


def visible(text: str, keep: str = "") -> str:
    """The text with every control, direction and other unprintable character shown as an escape."""
    return "".join(c if c.isprintable() or c in keep else _shown(c) for c in text)


def _shown(character: str) -> str:
    code = ord(character)
    form = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _SHORT.get(character, form)


def one_line(text: str) -> str:
    """The text on one line: line ends become spaces, other unprintable characters are shown."""
    return visible(" ".join(text.split("\n")).replace("\r", " ").replace("\t", " ")).strip()


def markdown(text: str) -> str:
    """Text on one line of which no markdown, HTML, mention, reference or link can be made."""
    parts, at = [], 0
    line = one_line(text)
    for match in _LINKED.finditer(line):
        parts += [_escaped(line[at : match.end()]), _APART]
        at = match.end()
    return "".join(parts) + _escaped(line[at:])


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in text)


def code(text: str) -> str:
    """The text as a markdown code span, whatever it holds."""
    shown = visible(text)
    fence = "`" * (longest_run(shown, "`") + 1)
    pad = " " if not shown or shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def fenced(text: str, language: str = "") -> str:
    """The text as a fenced block of code, whatever it holds."""
    fence = "`" * max(3, longest_run(text, "`") + 1)
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def longest_run(text: str, character: str) -> int:
    """The length of the longest run of a character."""
    return max((len(run) for run in re.findall(f"{re.escape(character)}+", text)), default=0)


def url_path(path: str) -> str:
    """A path percent-encoded for a URL, its slashes kept."""
    return quote(path.encode("utf-8", "replace"), safe="/")


def cut(text: str, characters: int) -> str:
    """At most so many characters, an ellipsis the last of them where something is missing."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def cut_bytes(text: str, size: int) -> str:
    """At most `size` bytes of UTF-8, no character torn, an ellipsis at the end where something is missing."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= size:
        return raw.decode()
    return raw[: size - 3].decode("utf-8", "ignore") + "…"


def fit_lines(text: str, size: int, note: str) -> str:
    """At most `size` bytes of UTF-8: whole lines, and the note in place of those that are missing.

    Bytes are never fewer than characters or UTF-16 units, so the limit holds however it is counted.
    """
    raw = text.encode("utf-8", "replace")
    if len(raw) <= size:
        return raw.decode()
    tail = "\n\n" + note
    kept = raw[: size - len(tail.encode("utf-8", "replace"))]
    return kept[: max(0, kept.rfind(b"\n"))].decode("utf-8", "ignore").rstrip("\n") + tail
