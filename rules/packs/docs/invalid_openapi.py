from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import locate_line
from rules.facts.openapi import DESCRIPTIONS, Description


class InvalidOpenapi(Rule[Description]):
    """The description of the interface cannot be read.

    Generators, gateways and tests that take it fail or take nothing from it, and nobody can tell whether it
    still fits the code.
    """

    id = "docs/invalid-openapi"
    reference = "DOC-05"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = DESCRIPTIONS
    examples = (
        Bad({"openapi.json": '{"openapi": "3.1.0",\n "paths": {}'}, line=2),
        Bad({"docs/openapi.yaml": "openapi: 3.1.0\npaths: [\n"}),
        Bad({"openapi.yaml": "info: {title: Shop}\n"}),
        Good({"openapi.yaml": "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths: {}\n"}),
        Good({"package.json": '{"name": "openapi"}'}),
    )

    def check(self, subject: Description, code: Codebase) -> Iterable[Finding]:
        if subject.problem:
            content = code.text(subject.path) or b""
            where = locate_line(subject.path, content, subject.line)
            yield self.finding((subject.problem,), f"{subject.path}: {subject.problem}.", where, file_local=True)
