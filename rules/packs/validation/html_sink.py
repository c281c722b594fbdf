from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.composed import pieces
from rules.facts.requests import is_sent, parameter
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Assign, Bind, Call, Const, Expr, Function, Logic, Member, Name, Opaque, Record
from rules.syntax.walk import walk

CLEANS = re.compile(
    r"saniti[sz]e|purif|escape|\bxss\b|bleach|nh3|format_html|json|gettext|\b_\(|\bint\(|\blen\(|"
    r"url_for|reverse\(|mark_safe|render|Number\(|String\.raw|encode|nonce|highlight|i18n|\bt\(",
    re.I,
)
CLEANERS = re.compile(rb"dompurify|sanitize-html|rehype-sanitize|from ['\"]xss['\"]|bleach|\bnh3\b|\bescape\b", re.I)
ADDRESS = re.compile(r"(?:^|\.)(?:location\.(?:hash|search|href)|searchParams|useSearchParams\(\)|document\.referrer)")
MARKED = ("django.utils.safestring.mark_safe", "markupsafe.Markup", "flask.Markup")

_REACT = """export default function Page({ searchParams }) {
  return <p dangerouslySetInnerHTML={{ __html: searchParams.q }} />;
}
"""
_DOM = 'const q = new URL(location.href).searchParams;\nresults.innerHTML = `<b>${q.get("q")}</b>`;\n'
_DJANGO = """from django.utils.safestring import mark_safe


def badge(name):
    return mark_safe(f"<b>{name}</b>")
"""


def _look(source: Source) -> Iterable[Sighting]:
    if CLEANERS.search(source.program.content):
        return
    for sink, given in _sinks_in_python(source) if source.is_python else _sinks(source):
        around = source.functions_around(given)
        for piece in pieces(source, given, around):
            if not isinstance(piece, str | Const) and (kind := _kind(source, piece, around)):
                said = f"{source.text(piece)[:80]} becomes HTML as it is"
                yield source.saw(given, said, f"{source.around(given)} {sink} {said}", kind)
                break


def _sinks(source: Source) -> Iterator[tuple[str, Expr]]:
    """What React, the DOM and Svelte take as HTML."""
    for part in source.parts:
        if isinstance(part, Opaque) and part.reason == "jsx_attribute" and len(part.parts) > 1:
            if source.text(part.parts[0]) == "dangerouslySetInnerHTML":
                html = next((entry(inner, "__html") for inner in walk(part.parts) if isinstance(inner, Record)), None)
                if html is not None:
                    yield "dangerouslySetInnerHTML", html
        elif isinstance(part, Assign | Bind) and isinstance(part.target, Member):
            if part.target.name in ("innerHTML", "outerHTML"):
                yield part.target.name, part.value
        elif isinstance(part, Call) and isinstance(part.callee, Member) and part.callee.name == "insertAdjacentHTML":
            given = argument(part, 1)
            if given is not None:
                yield "insertAdjacentHTML", given


def _sinks_in_python(source: Source) -> Iterator[tuple[str, Expr]]:
    for call in source.calls:
        given = argument(call, 0)
        if source.name(call.callee) in MARKED and given is not None:
            yield "mark_safe", given


def _kind(source: Source, piece: Expr, around: list[Function]) -> str:
    """Where a value comes from: `sent` by a caller, or `given` to a function in Python that marks it as safe."""
    if isinstance(piece, Logic):
        return _kind(source, piece.left, around) or _kind(source, piece.right, around)
    if CLEANS.search(source.text(piece)) or CLEANS.search(source.name(piece)):
        return ""
    known = parameter(source, piece.id, around) if isinstance(piece, Name) else None
    if known is None and (is_sent(source, piece) or ADDRESS.search(source.name(piece))):
        return "sent"
    composed = known in ("", "str") and source.is_python
    return "given" if composed else ""


HTML = sightings(
    "html sinks", (b"dangerouslySetInnerHTML", b"innerHTML", b"outerHTML", b"insertAdjacentHTML", b"mark_safe",
                   b"Markup"), _look
)  # fmt: skip


class HtmlSink(Rule[Sighting]):
    """Text that somebody else chooses becomes HTML as it is, scripts and all.

    Whoever sends `<img src=x onerror=…>` runs code in the browser of everybody who sees it, with their session.
    Let the framework write text as text: `{value}` in JSX, `textContent`, `format_html("<b>{}</b>", name)`. Where
    it must be HTML, clean it first, for instance with DOMPurify or nh3.

    The rule is silent where a sanitizer is used in the file, and for values of which the file does not say where
    they come from.
    """

    id = "validation/html-sink"
    reference = "VAL-04"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = HTML
    examples = (
        Bad({"app/page.tsx": _REACT}, line=2),
        Bad({"search.js": _DOM}, line=2),
        Bad({"tags.py": _DJANGO}, line=5),
        Bad({"tags.py": _DJANGO.replace("(name)", "(request)").replace("{name}", "{request.GET['q']}")}, line=5),
        Good({"app/page.tsx": _REACT.replace("searchParams.q", "JSON.stringify(schema)")}),
        Good({"app/page.tsx": 'import DOMPurify from "dompurify";\n' + _REACT}),
        Good(
            {
                "app/page.tsx": _REACT.replace(
                    "dangerouslySetInnerHTML={{ __html: searchParams.q }}", "q={searchParams.q}"
                )
            }
        ),
        Good({"search.js": _DOM.replace("innerHTML", "textContent")}),
        Good({"tags.py": _DJANGO.replace('f"<b>{name}</b>"', '"<b>new</b>"')}),
        Good({"tags.py": _DJANGO.replace("{name}", "{escape(name)}")}),
        Good({"tags.py": _DJANGO.replace("(name)", "(name: int)")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        sure = Confidence.HIGH if subject.kind == "sent" else Confidence.LOW
        message = f"{subject.said}: write it as text, or clean it first."
        yield self.finding((subject.key,), message, subject.where, confidence=sure, file_local=True)
