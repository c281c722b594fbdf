from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Const, Expr, Items
from rules.syntax.walk import walk

SANITIZERS = ("sanitize-html", "bleach.clean", "nh3.clean", "dompurify.sanitize", "isomorphic-dompurify.sanitize")
RUNS = frozenset(("script", "iframe", "object", "embed", "style"))

_CLEAN = """const sanitizeHtml = require("sanitize-html");
module.exports = (text) => sanitizeHtml(text, { allowedTags: TAGS });
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        if source.name(call.callee) not in SANITIZERS:
            continue
        options = source.value(argument(call, 1))
        tags = entry(options, "allowedTags", "ADD_TAGS", "ALLOWED_TAGS") or argument(call, None, "tags")
        attributes = entry(options, "allowedAttributes", "ADD_ATTR", "ALLOWED_ATTR")
        attributes = attributes or argument(call, None, "attributes")
        for said in (_tags(source.value(tags)), _attributes(source.value(attributes))):
            if said:
                yield source.saw(call, said, said)


def _tags(tags: Expr | None) -> str:
    if isinstance(tags, Const) and tags.value is False:
        return "every tag passes"
    named = [part.value for part in tags.values if isinstance(part, Const)] if isinstance(tags, Items) else []
    bad = sorted(RUNS.intersection(str(name).lower() for name in named))
    return f"<{bad[0]}> passes" if bad else ""


def _attributes(attributes: Expr | None) -> str:
    if isinstance(attributes, Const) and attributes.value is False:
        return "every attribute passes, handlers such as onclick too"
    parts = walk([attributes] if attributes is not None else [])
    named = [str(part.value) for part in parts if isinstance(part, Const)]
    bad = next((name for name in named if name.lower().startswith("on") and len(name) > 4), "")
    return f"the attribute {bad} passes and runs code" if bad else ""


CONFIGURED = sightings("sanitizers", (b"sanitize", b"bleach", b"nh3", b"purify"), _look)


class SanitizerConfig(Rule[Sighting]):
    """A sanitizer is told to let through what it is there to remove.

    With `script`, `iframe`, handlers such as `onclick`, or every tag allowed, the text that comes out runs code
    on the page like the text that went in.
    """

    id = "validation/sanitizer-config"
    reference = "VAL-05"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = CONFIGURED
    examples = (
        Bad({"clean.js": _CLEAN.replace("TAGS", "false")}, line=2),
        Bad({"clean.js": _CLEAN.replace("TAGS", '["b", "script"]')}, line=2),
        Good({"clean.js": _CLEAN.replace("TAGS", '["b", "i"]')}),
        Good({"clean.js": _CLEAN.replace(", { allowedTags: TAGS }", "")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        yield self.finding((subject.key,), f"The sanitizer is open: {subject.said}.", subject.where, file_local=True)
