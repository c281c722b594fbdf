from __future__ import annotations

import re
from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, sightings
from rules.syntax.program import Assign, Bind, Call, Const, Entry, Expr, Member, Name, Text

CLEANS = re.compile(
    r"sanitiz|purify|escape|clean|stringify|serializ|safe|xss|bleach|nh3|format_html|highlight|svg|css|style",
    re.IGNORECASE,
)
MARKS = ("django.utils.safestring.mark_safe", "markupsafe.Markup", "flask.Markup")

_PAGE = """export function Comment({ body }) {
  return <div dangerouslySetInnerHTML={{ __html: body }} />;
}
"""
_VIEW = """from django.utils.safestring import mark_safe


def badge(user):
    return mark_safe(f"<b>{user.name}</b>")
"""


def _look(source: Source) -> Iterable[Sighting]:
    for part in source.parts:
        value = _shown(source, part)
        if value is not None and _is_open(source, value):
            yield source.saw(value, source.text(value)[:60], f"{source.around(value)} {source.text(value)[:40]}")


def _shown(source: Source, part: object) -> Expr | None:
    """What a part puts onto a page as markup."""
    if isinstance(part, Entry):
        return part.value if isinstance(part.key, Name | Const) and _key(part.key) == "__html" else None
    if isinstance(part, Bind | Assign):
        return part.value if isinstance(part.target, Member) and part.target.name == "innerHTML" else None
    return argument(part, 0) if isinstance(part, Call) and source.name(part.callee) in MARKS else None


def _key(key: Name | Const) -> str:
    return key.id if isinstance(key, Name) else str(key.value)


def _is_open(source: Source, value: Expr) -> bool:
    """Whether markup may hold what somebody else wrote, as far as the names in it tell."""
    held = source.value(value)
    cleaned = CLEANS.search(source.text(value)) or CLEANS.search(source.text(held)[:300])
    if cleaned or source.constant(value) is not None or isinstance(held, Const):
        return False
    return not isinstance(held, Text) or any(_is_variable(source, part) for part in held.parts)


def _is_variable(source: Source, part: Expr) -> bool:
    return source.constant(part) is None and not isinstance(part, Const) and not source.text(part).isupper()


SINKS = sightings("markup", (b"__html", b"innerHTML", b"mark_safe", b"Markup("), _look)


class HtmlSink(Rule[Sighting]):
    """Text goes onto a page as markup, and nothing cleans it.

    If any part of it was written by a user, a script in it runs for everybody who sees the page, with their
    session. Let the template escape it, or put it through a sanitizer such as DOMPurify or nh3 right here, so
    that a reader sees it.
    """

    id = "validation/html-sink"
    reference = "VAL-04"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    looks_at = SINKS
    examples = (
        Bad({"comment.tsx": _PAGE}, line=2),
        Bad({"badge.py": _VIEW}, line=5),
        Good({"comment.tsx": _PAGE.replace("__html: body", "__html: DOMPurify.sanitize(body)")}),
        Good({"comment.tsx": _PAGE.replace("__html: body", '__html: "<b>new</b>"')}),
        Good({"badge.py": _VIEW.replace("user.name", "escape(user.name)")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"{subject.said} goes onto the page as markup without being cleaned."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
