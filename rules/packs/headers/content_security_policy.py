from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Const, Expr, Items, Record, Text

LOOSE = {
    "'unsafe-eval'": "runs text as code",
    "*": "loads scripts from everywhere",
    "data:": "runs scripts out of a URL",
}
SCRIPTS = re.compile(r"(?:^|;)\s*(?:script-src|default-src)\s([^;]*)")

_APP = """const helmet = require("helmet");
const headers = helmet({
  contentSecurityPolicy: { directives: { scriptSrc: ["'self'", "'unsafe-eval'"] } },
});
"""
_TEXT = """export const policy = "default-src 'self'; script-src 'self' *; object-src 'none'";
"""


def _look(source: Source) -> Iterable[Sighting]:
    for part in source.parts:
        if isinstance(part, Const | Text) and "-src " in (text := source.text(part)):
            yield from _in_text(source, part, text)
    for call in source.calls:
        if source.name(call.callee).startswith(("helmet", "koa-helmet")):
            yield from _in_options(source, call)


def _in_text(source: Source, part: Const | Text, text: str) -> Iterator[Sighting]:
    plain = text.strip("\"'`")
    for found in SCRIPTS.finditer(plain):
        words = found[1].split()
        for word in words if "'strict-dynamic'" not in words else []:
            if word in LOOSE:
                yield source.saw(part, f"{word} {LOOSE[word]}", f"script-src {word}")


def _in_options(source: Source, call: Call) -> Iterator[Sighting]:
    options = source.value(argument(call, 0))
    policy = source.value(entry(options, "contentSecurityPolicy"))
    if isinstance(policy, Const) and policy.value is False:
        yield source.saw(policy, "the policy is switched off", "off")
    directives = source.value(entry(policy, "directives")) if isinstance(policy, Record) else options
    listed = source.value(entry(directives, "scriptSrc", "script-src", "defaultSrc", "default-src"))
    values: tuple[Expr, ...] = listed.values if isinstance(listed, Items) else ()
    for value in values:
        if isinstance(value, Const) and value.value in LOOSE:
            yield source.saw(value, f"{value.value} {LOOSE[str(value.value)]}", f"script-src {value.value}")


POLICIES = sightings("content security policies", (b"-src ", b"helmet"), _look)


class ContentSecurityPolicy(Rule[Sighting]):
    """The content security policy lets scripts in that it is there to keep out.

    With `'unsafe-eval'`, `*` or `data:` among the sources of scripts, whoever gets a line of markup onto a page
    runs code in it, and the policy only looks like one. Name the hosts, and use nonces or hashes for what
    stands in the page.
    """

    id = "headers/content-security-policy"
    reference = "HDR-07"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = POLICIES
    examples = (
        Bad({"app.js": _APP}, line=3),
        Bad({"policy.ts": _TEXT}, line=1),
        Bad(
            {"app.js": 'const helmet = require("helmet");\nconst h = helmet({ contentSecurityPolicy: false });\n'},
            line=2,
        ),
        Good({"app.js": _APP.replace(", \"'unsafe-eval'\"", "")}),
        Good({"policy.ts": _TEXT.replace(" *;", ";")}),
        Good({"policy.ts": "export const policy = \"img-src * data:; script-src 'self'\";\n"}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"The content security policy is weak: {subject.said}."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
