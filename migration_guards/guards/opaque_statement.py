from __future__ import annotations

from collections.abc import Iterable

from migration_guards.guard import Guard
from migration_guards.model import Kind, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good


class OpaqueStatement(Guard):
    """A statement of a migration could not be understood.

    Neither PostgreSQL's own parser nor the reader by tokens knows what this statement does: a template,
    a typing error, or syntax of another database. It is said so that nobody takes silence for safety.
    Read it yourself, or write it so that it can be read.
    """

    id = "migrations/opaque-statement"
    reference = "MD19"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        Bad({"migrations/2.sql": "SELECT 1;\nSELCT 2;\nSELECT 3;"}, line=2),
        Good({"migrations/2.sql": "COMMENT ON TABLE users IS 'people';"}),
    )

    def check(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        if subject.clause.kind is Kind.OPAQUE:
            yield self.against(subject, "What this statement does could not be read; look at it yourself.")
