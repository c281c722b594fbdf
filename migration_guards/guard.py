"""A guard: a rule on the operations of migrations."""

from __future__ import annotations

from migration_guards.facts import OPERATIONS
from migration_guards.model import Operation, Reading
from rules.core.finding import Confidence, Finding, Fix
from rules.core.rule import Rule


class Guard(Rule[Operation]):
    """Looks at one operation at a time. What was read by tokens alone is said with medium confidence."""

    looks_at = OPERATIONS

    def against(self, operation: Operation, message: str, fix: Fix | None = None) -> Finding:
        sure = self.confidence if operation.reading is Reading.EXACT else Confidence.MEDIUM
        key = (operation.clause.table, operation.clause.name) if operation.clause.table else (operation.statement,)
        return self.finding(key, message, operation.where, fix=fix, confidence=sure, file_local=True)
