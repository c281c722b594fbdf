from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from rules.core.codebase import Codebase, Fact
from rules.core.finding import Finding, Fix, Safety, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Location, Span, locate_line
from rules.facts.host import options_of

STUB_WORDS = 40
_NOT_PROSE = re.compile(
    r"```.*?```|<!--.*?-->|^[ \t]*#[^\n]*|!\[[^\]]*\]\([^)]*\)|\b(?:TBD|TODO|lorem ipsum)\b", re.S | re.M | re.I
)


@dataclass(frozen=True)
class Document:
    """A document that must exist, under any of its paths."""

    name: str
    paths: tuple[str, ...]


class Options(BaseModel):
    """Which documents are required, each under any of its paths."""

    model_config = ConfigDict(extra="forbid")

    documents: dict[str, tuple[str, ...]] = {
        "README": ("README.md", "README.rst", "README.txt", "README"),
        "security policy": ("SECURITY.md", ".github/SECURITY.md", "docs/SECURITY.md"),
        "runbook": ("docs/RUNBOOK.md", "RUNBOOK.md", "docs/runbook.md", "docs/operations.md"),
    }


def _required(code: Codebase) -> Sequence[Document]:
    options = Options.model_validate(options_of(code, "docs/required-document"))
    return [Document(name, paths) for name, paths in options.documents.items()] if code.files else []


REQUIRED: Fact[Sequence[Document]] = Fact("required-documents", _required)


class RequiredDocument(Rule[Document]):
    """A document that a production service needs is missing or only a stub.

    A README says what this is, a security policy says where to report a hole, a runbook says what to do
    at three in the morning. A file of headings and placeholders does not count: a document has at least
    forty words of prose outside headings, code and comments. Which documents are required, and under
    which paths, is the option `documents`.
    """

    id = "docs/required-document"
    reference = "DOC-01"
    severity = Severity.WARNING
    since = "0.1.0"
    options = Options
    looks_at = REQUIRED
    examples = (
        Bad({"README.md": "# Shop\n\n" + "word " * 60, "SECURITY.md": "word " * 60}),
        Bad({"README.md": "# Shop\n\nTBD\n", "SECURITY.md": "word " * 60, "docs/RUNBOOK.md": "word " * 60}, line=1),
        Good({"README.md": "word " * 60, ".github/SECURITY.md": "word " * 60, "docs/RUNBOOK.md": "word " * 60}),
    )

    def check(self, subject: Document, code: Codebase) -> Iterable[Finding]:
        wanted = {path.lower() for path in subject.paths}
        present = [path for path in code.files if path.lower() in wanted]
        contents = {path: code.text(path) or b"" for path in present}
        if any(_prose_words(content) >= STUB_WORDS for content in contents.values()):
            return
        advice = Fix(f"Write {subject.paths[0]}", safety=Safety.MANUAL)
        if present:
            where = locate_line(present[0], contents[present[0]], 1)
            yield self.finding(
                (subject.name,), f"The {subject.name} is a stub: {present[0]} says next to nothing.", where, fix=advice
            )
        else:
            where = Location(subject.paths[0], Span(0, 0), 1, 1, 1, 1)
            yield self.finding(
                (subject.name,), f"There is no {subject.name}; it belongs in {subject.paths[0]}.", where, fix=advice
            )


def _prose_words(content: bytes) -> int:
    return len(_NOT_PROSE.sub(" ", content.decode("utf-8", "replace")).split())
