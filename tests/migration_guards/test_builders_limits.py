"""What programs do not show, what is broken, and what is counted."""

from __future__ import annotations

import pytest

from migration_guards.facts import MIGRATIONS, OPERATIONS
from rules.catalog import all_rules
from rules.core.evaluate import evaluate
from tests.migration_guards.test_builders import code, found, rules


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("alembic/versions/x.py", "revision = 'x'\ndown_revision = 'x'\ndef upgrade():\n    op.drop_table('a')\n"),
        ("shop/migrations/0002_x.py", "class Migration:\n    operations = make()\n"),
        ("migrations/1_x.js", "exports.up = (knex) => knex.schema.alterTable(name(), (t) => t.what());"),
        ("db/migrate/1_x.rb", "class X < ActiveRecord::Migration[7.0]\n  def change\n    execute(sql)\n  end\nend\n"),
    ],
)
def test_what_is_not_shown_is_said_and_never_silence(path: str, content: str) -> None:
    files = {"alembic/env.py": "", path: content}
    assert [type(o.action).__name__ for o in found(files)] in (["DropTable"], ["Opaque"], ["Dynamic"])


@pytest.mark.parametrize("path", ["alembic/versions/x.py", "db/migrate/1_x.rb", "migrations/1_x.ts"])
@pytest.mark.parametrize("content", ["\0", "é\n" * 3, "(" * 5_000, ""])
def test_bad_files_end_in_an_outcome(path: str, content: str) -> None:
    one = code({"alembic/env.py": "", path: content})
    assert list(one.get(OPERATIONS)) == []


def test_a_way_back_is_read_and_never_judged() -> None:
    files = {
        "migrations/1_x.js": 'exports.up = (knex) => knex.raw("SELECT 1");\n'
        'exports.down = (knex) => knex.raw("DROP TABLE a");\n'
    }
    (migration,) = code(files).get(MIGRATIONS)
    assert migration.script.down is not None
    assert len(migration.script.down) == 1
    assert ("drop-table", 2) not in rules(files)


def test_how_the_statements_were_read_is_counted() -> None:
    files = {"migrations/1.sql": "SELECT 1; DROP TABLE {{x}}; SELCT 2;"}
    guard = all_rules()["migrations/opaque-statement"]
    (outcome,) = evaluate(code(files), [guard]).outcomes
    assert outcome.remark == "Of 3 migration statements 1 were read exactly, 1 by tokens, 1 not at all."
