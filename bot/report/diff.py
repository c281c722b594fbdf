"""A fix as text: a unified diff where the file is at hand, else what it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from bot.report.escape import visible
from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding
from rules.core.repair import apply
from rules.core.source import MemorySnapshot

CONTEXT = 3
MOST_LINES = 2_000
"""A changed stretch of more lines is shown as removed and added as a whole: comparing costs the square."""


def fix_diff(finding: Finding, sources: Mapping[str, bytes]) -> str:
    """What the finding's fix does to each file; empty without edits."""
    edits: dict[str, list[Edit]] = {}
    for edit in finding.fix.edits if finding.fix else ():
        edits.setdefault(edit.path, []).append(edit)
    known = {path: sources[path] for path in edits if path in sources}
    after = apply(Codebase(MemorySnapshot(known)), [finding]) if _whole(edits, known) else {}
    parts = [
        unified(path, known.get(path, b""), after[path]) if path in after else _bare(path, mine)
        for path, mine in sorted(edits.items())
    ]
    return "".join(parts)


def _whole(edits: Mapping[str, list[Edit]], known: Mapping[str, bytes]) -> bool:
    return all(path in known or all(edit.span is None for edit in mine) for path, mine in edits.items())


def _bare(path: str, edits: Sequence[Edit]) -> str:
    lines = []
    for edit in edits:
        place = f"bytes {edit.span.start} to {edit.span.end}" if edit.span else "a new file"
        lines.append(f"{visible(path)}, {place}, becomes:\n")
        lines += [f"+{_text(line)}\n" for line in _lines(edit.text)]
    return "".join(lines)


def unified(path: str, before: bytes, after: bytes) -> str:
    """A unified diff of one file; empty when nothing changes. Unprintable characters are shown."""
    old, new = _lines(before), _lines(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    first = max(0, start - CONTEXT)
    one = old[first : min(len(old), len(old) - end + CONTEXT)]
    two = new[first : min(len(new), len(new) - end + CONTEXT)]
    if one == two:
        return ""
    name = visible(path)
    lines = [f"--- {f'a/{name}' if before else '/dev/null'}\n", f"+++ b/{name}\n"]
    for group in _groups(one, two):
        lines += _hunk(one, two, group, first)
    return "".join(lines)


def _groups(one: list[bytes], two: list[bytes]) -> list[list[tuple[str, int, int, int, int]]]:
    if len(one) + len(two) > MOST_LINES:
        return [[("replace", 0, len(one), 0, len(two))]]
    return list(SequenceMatcher(None, one, two, autojunk=False).get_grouped_opcodes(CONTEXT))


def _hunk(one: list[bytes], two: list[bytes], group: Sequence[tuple[str, int, int, int, int]], first: int) -> list[str]:
    _, old_start, _, new_start, _ = group[0]
    _, _, old_end, _, new_end = group[-1]
    lines = [f"@@ -{_range(first + old_start, first + old_end)} +{_range(first + new_start, first + new_end)} @@\n"]
    for tag, i, i_end, j, j_end in group:
        if tag == "equal":
            lines += [_line(" ", line) for line in one[i:i_end]]
            continue
        lines += [_line("-", line) for line in one[i:i_end]]
        lines += [_line("+", line) for line in two[j:j_end]]
    return lines


def _range(start: int, end: int) -> str:
    size = end - start
    return f"{start + 1}" if size == 1 else f"{start + bool(size)},{size}"


def _line(mark: str, line: bytes) -> str:
    return f"{mark}{_text(line)}\n" + ("" if line.endswith(b"\n") else "\\ No newline at end of file\n")


def _text(line: bytes) -> str:
    return visible(line.rstrip(b"\r\n").decode("utf-8", "replace"), keep="\t")


def _lines(content: bytes) -> list[bytes]:
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _common(one: Sequence[bytes], two: Sequence[bytes]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
