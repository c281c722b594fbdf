"""A fix as suggestions that a reader of a pull request can accept, where it fits on lines that the change adds."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from bot.flows.hub import Suggestion
from bot.report.escape import longest_run


def suggestions(path: str, before: bytes, after: bytes, added: Sequence[range]) -> list[Suggestion] | None:
    """The suggestions that make one content of the other; None when one of them would stand on no added line."""
    try:
        old, new = before.decode().splitlines(), after.decode().splitlines()
    except UnicodeDecodeError:
        return None
    found = []
    for tag, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        text = new[first:last]
        if start == end:
            anchor = next((line for line in (start, start + 1) if _within(line, line, added)), 0)
            if not anchor:
                return None
            kept = old[anchor - 1]
            text = [kept, *text] if anchor == start else [*text, kept]
            start, end = anchor - 1, anchor
        if not _within(start + 1, end, added):
            return None
        found.append(Suggestion(path, start + 1, end, _block(text)))
    return found


def _within(first: int, last: int, added: Sequence[range]) -> bool:
    return any(first in lines and last in lines for lines in added)


def _block(lines: Sequence[str]) -> str:
    text = "".join(f"{line}\n" for line in lines)
    fence = "`" * max(3, longest_run(text, "`") + 1)
    return f"{fence}suggestion\n{text}{fence}"
