from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from migration_guards.actions import Opaque
from migration_guards.guard import Guard
from migration_guards.model import Operation, Reading
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

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        if isinstance(subject.action, Opaque):
            yield self.against(subject, "What this statement does could not be read; look at it yourself.")

    def remark(self, subjects: Sequence[Operation], code: Codebase) -> str:
        """How many of the new statements were understood, and how."""
        read = Counter(statement.reading for statement in {id(s.statement): s.statement for s in subjects}.values())
        exact, tokens, opaque = (read[reading] for reading in (Reading.EXACT, Reading.TOKENS, Reading.OPAQUE))
        count = read.total()
        return f"Of {count} migration statements {exact} were read exactly, {tokens} by tokens, {opaque} not at all."
