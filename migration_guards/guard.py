"""A guard: a rule on the operations of migrations."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from migration_guards.facts import OPERATIONS, frameworks
from migration_guards.model import Dialect, Intent, Operation, Reading
from migration_guards.proofs import proven
from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Fix, Related, Safety, Severity
from rules.core.rule import Rule


class Guard(Rule[Operation]):
    """Looks at one operation at a time. What was read by tokens alone is said with medium confidence."""

    looks_at = OPERATIONS
    dialects: ClassVar[frozenset[Dialect]] = frozenset(Dialect)
    clears: ClassVar[bool] = False
    """Its findings claim that a table is rewritten or read in full: a rehearsal that saw neither clears them."""

    def check(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        if subject.dialect in self.dialects:
            yield from proven(self.judge(subject, code), subject, code, self.clears)

    @abstractmethod
    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        """The findings for one operation of the guard's dialects."""

    def against(
        self,
        operation: Operation,
        message: str,
        name: str = "",
        fix: Fix | None = None,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        related: tuple[Related, ...] = (),
    ) -> Finding:
        """A finding on the operation's clause; its key is the table and `name` (a column, index or constraint)."""
        sure = confidence or self.confidence
        if operation.reading is not Reading.EXACT and sure is Confidence.HIGH:
            sure = Confidence.MEDIUM
        if operation.inside:
            message = f"Inside {operation.inside}: {message}"
        key = (operation.action.table, name) if operation.action.table or name else (operation.statement.text,)
        return self.finding(
            key,
            message,
            operation.where,
            fix=fix,
            severity=severity,
            confidence=sure,
            related=related,
            file_local=True,
        )

    def rewritten(self, operation: Operation, intent: Intent, title: str, safety: Safety = Safety.SAFE) -> Fix | None:
        """The fix that writes the operation otherwise, where its runner has a safe way to."""
        edits = frameworks()[operation.migration.runner].rewrite(operation, intent)
        return Fix(title, edits, safety) if edits else None


def advice(recipe: str) -> Fix:
    """A recipe that takes several releases or a person's judgement: text, no edit."""
    return Fix(recipe, safety=Safety.MANUAL)


def changed_over(table: str, column: str, type_: str) -> str:
    """The recipe for a new type that needs a column of its own."""
    return (
        f"Add a column of type {type_} to {table}, write it along with {column}, fill it in batches, compare, change"
        f" over, and drop {column} in a later release"
    )


class PostgresGuard(Guard):
    """A guard that speaks of PostgreSQL alone."""

    dialects = frozenset({Dialect.POSTGRES})

    def validated_later(self, operation: Operation, code: Codebase, constraint: str) -> Fix | None:
        """The fix that adds a constraint NOT VALID, with a new migration after this one that validates it."""
        runner = frameworks()[operation.migration.runner]
        added = runner.rewrite(operation, Intent.NOT_VALID)
        table = operation.action.table
        sql = f"ALTER TABLE {quoted(table)} VALIDATE CONSTRAINT {quoted(constraint)};\n"
        later = runner.follow_up(operation.migration, f"validate_{constraint}", sql, code)
        if added is None or later is None:
            return None
        return Fix("Add it NOT VALID and validate it in a migration of its own", (*added, *later))


def quoted(name: str) -> str:
    """A name of PostgreSQL as SQL, quoted where it has to be."""
    parts = name.split(".")
    return ".".join(p if re.fullmatch(r"[a-z_][a-z0-9_]*", p) else '"' + p.replace('"', '""') + '"' for p in parts)


class MysqlGuard(Guard):
    """A guard that speaks of MySQL and MariaDB alone."""

    dialects = frozenset({Dialect.MYSQL})


class SqliteGuard(Guard):
    """A guard that speaks of SQLite alone."""

    dialects = frozenset({Dialect.SQLITE})
