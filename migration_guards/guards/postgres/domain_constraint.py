from __future__ import annotations

from collections.abc import Iterable

from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from migration_guards.objects import AlterDomain, CreateObject
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DomainConstraint(PostgresGuard):
    """A domain gets a rule, and every column of the domain is read.

    ALTER DOMAIN ... ADD CONSTRAINT and SET NOT NULL read all tables that use the domain, with their writers
    waiting (documentation of PostgreSQL 17, ALTER DOMAIN). Add the constraint NOT VALID and validate it later,
    or use a CHECK of the table.
    """

    id = "migrations/domain-constraint"
    reference = "ML31"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER DOMAIN email ADD CONSTRAINT c CHECK (VALUE <> '');"),
        bad("ALTER DOMAIN email SET NOT NULL;"),
        good("ALTER DOMAIN email ADD CONSTRAINT c CHECK (VALUE <> '') NOT VALID;"),
        good("CREATE DOMAIN email AS text; ALTER DOMAIN email ADD CONSTRAINT c CHECK (VALUE <> '');"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, AlterDomain) or action.not_valid:
            return
        made = {
            o.action.name for o in subject.earlier if isinstance(o.action, CreateObject) and o.action.what == "domain"
        }
        if action.what in ("add constraint", "set not null") and action.name not in made:
            yield self.against(
                subject, f"Every table with a column of {action.name} is read while writes wait.", action.name
            )
