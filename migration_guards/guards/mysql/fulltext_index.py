from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import CreateIndex
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class FulltextIndex(MysqlGuard):
    """A FULLTEXT or SPATIAL index is built while writers wait.

    They are built in place, but with a shared lock (documentation of MySQL 8.4, Online DDL Operations); the first
    FULLTEXT index of a table writes it anew. Build it when little is written.
    """

    id = "migrations/fulltext-index"
    reference = "MM07"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("CREATE FULLTEXT INDEX f ON posts (body);", dialect=Dialect.MYSQL),
        bad("ALTER TABLE places ADD SPATIAL INDEX s (point);", dialect=Dialect.MYSQL),
        good("CREATE INDEX i ON posts (title);", dialect=Dialect.MYSQL),
        good("CREATE TABLE posts (body text); CREATE FULLTEXT INDEX f ON posts (body);", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if (
            isinstance(action, CreateIndex)
            and action.index.method in ("fulltext", "spatial")
            and not subject.on_new_table
        ):
            message = f"Writes to {action.table} wait until this {action.index.method.upper()} index is built."
            yield self.against(subject, message, action.index.name)
