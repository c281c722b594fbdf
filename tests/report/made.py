"""Verdicts to report on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.report.model import Context, Repair
from rules.core.finding import Confidence, Edit, Finding, Fix, Related, Safety, Severity
from rules.core.source import Location, Span, locate
from rules.policy import Blind, Conclusion, Judged, Verdict

HEAD = "0123456789" * 4
GITHUB = "https://github.example"
PAGE = "https://prodgate.example/runs/1?token=x"

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "![x](https://evil.example/a.png) [y](javascript:alert(1)) <https://evil.example>",
    "ping @octocat and @acme/admins, fixes #1, GH-2, acme/shop#3, see https://evil.example or www.evil.example",
    "` `` ``` ```` ~~~ ```\n```suggestion\nrm -rf /\n```",
    "\n\n# Heading\n> quote\n- item\n| a | b |\n|---|---|\n---\n<!-- comment",
    "::error file=a.py::forged\n::add-mask::x\n##[error]forged\r::stop-commands::x",
    "\u202eevil\u2066 \u200b\u0000\u0007\u001b[31mred\u001b[0m\u2028line\u0085",
    "a\\ *b* _c_ ~~d~~ &lt;e&gt; $f$ %0A%0D %25",
]


def finding(
    message: str = "MAIL_KEY is read here but is not declared.",
    path: str = "api/mail.py",
    line: int = 3,
    *,
    end_line: int | None = None,
    severity: Severity = Severity.ERROR,
    confidence: Confidence = Confidence.HIGH,
    rule: str = "env/undeclared-read",
    fix: Fix | None = None,
    related: tuple[Related, ...] = (),
    key: tuple[str, ...] = ("MAIL_KEY",),
) -> Finding:
    where = Location(path, Span(10, 20), line, 5, end_line or line, 15)
    return Finding(rule, key, message, where, severity, confidence, fix, related)


def new(found: Finding, suppressed_by: str = "") -> Judged:
    return Judged(found, True, found.severity is Severity.ERROR and not suppressed_by, suppressed_by)


def old(found: Finding) -> Judged:
    return Judged(found, False, False)


def verdict(
    judged: Sequence[Judged] = (),
    blind: Sequence[Blind] = (),
    notes: Sequence[str] = (),
    conclusion: Conclusion = Conclusion.FAILURE,
) -> Verdict:
    return Verdict((), conclusion, tuple(judged), tuple(blind), tuple(notes))


def hostile() -> Verdict:
    """Strangers' words wherever a verdict can carry them."""
    judged, blind = [], []
    for number, text in enumerate(HOSTILE):
        where = Location(text, Span(0, 1), number + 1, 1, number + 1, 2)
        fix = Fix(text, (Edit(text, None, text.encode()),), Safety.SAFE)
        related = (Related(where, text),)
        rule = "env/undeclared-read"
        made = Finding(rule, (text,), text, where, Severity.ERROR, Confidence.HIGH, fix, related)
        judged += [new(made), new(made, suppressed_by=text)]
        blind += [Blind(rule, text, text), Blind(rule, text, text, fatal=False)]
    return verdict(judged, blind, HOSTILE)


def context(
    budget: int = 200, sources: dict[str, bytes] | None = None, repairs: tuple[Repair, ...] = (), page: str = PAGE
) -> Context:
    return Context("acme/shop", HEAD, GITHUB, page, budget, sources or {}, repairs)


def replacing(path: str, content: bytes, start: int, end: int, text: bytes, title: str = "Mend it") -> Finding:
    """A finding on bytes of a file whose fix replaces them."""
    where = locate(path, content, start, end)
    fix = Fix(title, (Edit(path, Span(start, end), text),))
    return Finding("env/undeclared-read", ("X",), "It is wrong.", where, Severity.ERROR, Confidence.HIGH, fix)
