"""What findings say of the way that takes several releases, and what no fix may write."""

from __future__ import annotations

from typing import Any

import pytest

from rules.catalog import all_rules
from rules.core.evaluate import evaluate
from rules.core.finding import Safety
from rules.core.rule import Bad
from tests.migration_guards.repository import codebase, repaired


@pytest.mark.parametrize(
    ("rule", "path", "text", "said"),
    [
        ("drop-table", "migrations/1.sql", "DROP TABLE shop.users;", "RENAME TO users_to_drop"),
        ("drop-column", "migrations/1.sql", "ALTER TABLE users DROP email;", "users.email"),
        ("update-or-delete-without-where", "migrations/1.sql", "DELETE FROM users;", "Empty users in batches"),
        ("rename", "migrations/1.sql", "ALTER TABLE a RENAME TO b;", "a view a that shows all of b"),
        ("rename", "migrations/1.sql", "ALTER TABLE t RENAME a TO b;", "Add t.b and write both"),
        (
            "add-column-volatile-default", "migrations/1.sql", "ALTER TABLE t ADD a uuid DEFAULT gen_random_uuid();",
            "ALTER TABLE t ALTER COLUMN a SET DEFAULT gen_random_uuid()",
        ),
        (
            "add-not-null-column-without-default", "migrations/1.sql", "ALTER TABLE t ADD a int NOT NULL;",
            "ALTER TABLE t ADD COLUMN a int",
        ),
        ("column-type-copy", "mysql/migrations/1.sql", "ALTER TABLE t MODIFY a bigint;", "type bigint to t"),
        (
            "foreign-key-copy", "mysql/migrations/1.sql", "ALTER TABLE o ADD FOREIGN KEY (u) REFERENCES users (id);",
            "rows of o whose (u) has no parent",
        ),
    ],
)  # fmt: skip
def test_a_recipe_names_the_table_and_the_column(rule: str, path: str, text: str, said: str) -> None:
    found = evaluate(codebase({path: text}), [all_rules()[f"migrations/{rule}"]]).findings
    assert [(one.fix.safety, one.fix.edits, said in one.fix.title) for one in found if one.fix] == [
        (Safety.MANUAL, (), True)
    ]


def _fixed() -> list[Any]:
    rules = [rule for rule in all_rules().values() if rule.pack == "migrations"]
    return [
        pytest.param(one, id=f"{rule.id}-{number}")
        for rule in rules
        for number, one in enumerate(rule.examples)
        if isinstance(one, Bad) and one.fixed
    ]


@pytest.mark.parametrize("example", _fixed())
def test_what_a_fix_writes_passes_every_guard(example: Bad) -> None:
    rules = [rule for rule in all_rules().values() if rule.pack == "migrations"]
    base = example.base or {}
    before = evaluate(codebase(example.files, base), rules).findings
    after = evaluate(codebase({**example.files, **(example.fixed or {})}, base), rules).findings
    assert {(one.rule, one.key) for one in after} < {(one.rule, one.key) for one in before}


@pytest.mark.parametrize(
    ("rule", "old", "text"),
    [
        ("concurrently-if-not-exists", "", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);"),
        ("refresh-not-concurrent", "", "REFRESH MATERIALIZED VIEW v;"),
        ("refresh-not-concurrent", "CREATE UNIQUE INDEX i ON v (lower(a));", "REFRESH MATERIALIZED VIEW v;"),
        ("refresh-not-concurrent", "CREATE UNIQUE INDEX i ON v (a) WHERE a > 0;", "REFRESH MATERIALIZED VIEW v;"),
        ("refresh-not-concurrent", "CREATE UNIQUE INDEX i ON v (a);", "REFRESH MATERIALIZED VIEW v WITH NO DATA;"),
    ],
)
def test_no_fix_that_postgresql_would_refuse(rule: str, old: str, text: str) -> None:
    base = {"m/1_a.up.sql": old}
    assert repaired(rule, {**base, "m/2_b.up.sql": text}, base) == {}
