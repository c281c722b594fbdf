"""What `/fix` answers, as markdown in which a stranger's words stay words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.report.diff import unified
from bot.report.escape import code, cut_bytes, fenced, markdown
from rules.core.finding import Finding, Safety

MOST_LINES = 50
PATCH_BYTES = 50_000
"""A comment holds 65,536 characters; what else is said needs room too."""


@dataclass(frozen=True)
class Work:
    """What came of one `/fix`: the commit, what it fixed, what is suggested or left as a patch, and what stays.

    `left` has a reason for each finding. `withheld` says why files were suggested instead of committed.
    """

    commit: str = ""
    fixed: Sequence[Finding] = ()
    suggested: Sequence[str] = ()
    patches: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict)
    withheld: str = ""
    left: Sequence[tuple[Finding, str]] = ()


def render_work(work: Work) -> str:
    """The reply to the comment that asked."""
    parts = []
    if work.commit:
        parts.append(_listed(f"Fixed in {work.commit}:", map(_place, work.fixed)))
    if work.suggested:
        parts.append(f"{work.withheld} The fixes of {_names(work.suggested)} stand as suggestions in a review.")
    if work.patches:
        parts.append(f"{work.withheld} This patch fixes {_names(work.patches)}:\n\n{_patch(work.patches)}")
    left = [f"{_place(finding)} — {markdown(reason)}" for finding, reason in work.left]
    if not parts:
        parts.append("There was nothing that I could fix." if left else "There is nothing to fix.")
    if left:
        parts.append(_listed("Not fixed:", left))
    return "\n\n".join(parts)


def unfixed(finding: Finding) -> str:
    """Why a finding was not even tried."""
    if finding.fix is None:
        return "no automatic fix"
    if finding.fix.edits and finding.fix.safety is Safety.UNSAFE:
        return f"its fix may change behaviour; name it to apply it: /fix {finding.rule}"
    return finding.fix.title


def _place(finding: Finding) -> str:
    return f"{code(finding.rule)} at {code(f'{finding.where.path}:{finding.where.line}')}"


def _names(paths: Iterable[str]) -> str:
    return ", ".join(code(path) for path in sorted(paths))


def _listed(head: str, lines: Iterable[str]) -> str:
    shown = [f"- {line}" for line in dict.fromkeys(lines)]
    if len(shown) > MOST_LINES:
        shown[MOST_LINES:] = [f"- and {len(shown) - MOST_LINES} more"]
    return "\n".join([head, "", *shown])


def _patch(files: Mapping[str, tuple[bytes, bytes]]) -> str:
    text = "".join(unified(path, before, after) for path, (before, after) in sorted(files.items()))
    return fenced(cut_bytes(text, PATCH_BYTES), "diff")
