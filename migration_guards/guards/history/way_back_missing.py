from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Code, Other, Select
from migration_guards.facts import MIGRATIONS, SOURCES
from migration_guards.model import Migration
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import locate


class WayBackMissing(Rule[Migration]):
    """A migration gives no way back.

    When the deployment has to be undone, somebody writes the way back at night. Give it where the runner knows
    one: a `down` section or file that is not empty, a reverse for RunSQL and RunPython. Runners without a way back
    are not spoken of, nor is a migration whose siblings have none.
    """

    id = "migrations/missing-down"
    reference = "MH06"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = MIGRATIONS
    examples = (
        Bad({"migrations/1.sql": "-- +goose Up\nCREATE TABLE t (a int);\n-- +goose Down\n"}),
        Bad(
            {
                "migrations/1_a.up.sql": "CREATE TABLE a (b int);",
                "migrations/1_a.down.sql": "DROP TABLE a;",
                "migrations/2_b.up.sql": "CREATE TABLE b (b int);",
            },
            {"migrations/1_a.up.sql": "CREATE TABLE a (b int);", "migrations/1_a.down.sql": "DROP TABLE a;"},
        ),
        Good({"migrations/1.sql": "-- +goose Up\nCREATE TABLE t (a int);\n-- +goose Down\nDROP TABLE t;\n"}),
        Good({"migrations/1.sql": "CREATE TABLE t (a int);"}),
    )

    def check(self, subject: Migration, code: Codebase) -> Iterable[Finding]:
        changes = any(not isinstance(c.action, Select | Other) for s in subject.script.up for c in s.clauses)
        if subject.edited or not changes:
            return
        expected = subject.script.down is not None or self._siblings_have(subject, code)
        empty = not subject.script.down
        if expected and empty and subject.runner not in ("django", "rails"):
            where = locate(subject.path, subject.content, 0, len(subject.content.partition(b"\n")[0]))
            yield self.finding((subject.path,), "This migration gives no way back.", where)
        for statement in subject.script.up:
            for clause in statement.clauses:
                if isinstance(clause.action, Code) and not clause.action.reversible:
                    where = locate(subject.path, subject.content, clause.span.start, clause.span.end)
                    yield self.finding(
                        (subject.path, clause.action.name), "RunPython without reverse_code cannot be undone.", where
                    )

    def _siblings_have(self, subject: Migration, code: Codebase) -> bool:
        siblings = [source for _, source in code.get(SOURCES) if source.history == subject.source.history]
        return any(source.down for source in siblings)
