from __future__ import annotations

from collections.abc import Iterable

from migration_guards.declared import DRIFT, Drift
from migration_guards.facts import MIGRATIONS, SOURCES
from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule

_RUNNERS = {".prisma": ("prisma",), ".py": ("django", "alembic")}


class SchemaWithoutMigration(Rule[Drift]):
    """A model changes, and no migration comes with it.

    The program asks for columns that the database does not have, or leaves what it no longer knows. Let the runner
    write the migration (`prisma migrate dev`, `manage.py makemigrations`, `alembic revision --autogenerate`) and
    commit it with the model.
    """

    id = "migrations/schema-without-migration"
    reference = "MH07"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    looks_at = DRIFT
    examples = (
        Bad(
            {
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/1_a/migration.sql": 'CREATE TABLE "User" (id int);',
                "prisma/schema.prisma": "model User {\n  id Int @id\n  age Int\n}\n",
            },
            {
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/1_a/migration.sql": 'CREATE TABLE "User" (id int);',
                "prisma/schema.prisma": "model User {\n  id Int @id\n}\n",
            },
            line=3,
        ),
        Good(
            {
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/1_a/migration.sql": 'CREATE TABLE "User" (id int);',
                "prisma/schema.prisma": "model User {\n  id Int @id\n  age Int\n}\n",
            },
            {"prisma/schema.prisma": "model User {\n  id Int @id\n}\n"},
        ),
        Good(
            {"prisma/schema.prisma": "model User {\n  id Int @id\n  age Int\n}\n"},
            {"prisma/schema.prisma": "model User {\n  id Int @id\n}\n"},
        ),
    )

    def check(self, subject: Drift, code: Codebase) -> Iterable[Finding]:
        runners = _RUNNERS[".prisma" if subject.where.path.endswith(".prisma") else ".py"]
        used = {framework.name for framework, _ in code.get(SOURCES)} & set(runners)
        written = {migration.runner for migration in code.get(MIGRATIONS)}
        if used and not written & set(runners):
            names = ", ".join(subject.columns[:5])
            message = f"The model changes ({names}), and no migration of {' or '.join(sorted(used))} comes with it."
            yield self.finding((subject.where.path,), message, subject.where)
