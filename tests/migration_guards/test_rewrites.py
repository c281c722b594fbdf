"""What a guard's fix makes of a migration, in the manner of each runner, proved by all rules."""

from __future__ import annotations

import base64
import hashlib

import pytest

from migration_guards.actions import AddConstraint, CreateIndex, DropIndex, ValidateConstraint
from tests.migration_guards.repository import POSTGRES, guards, operations, repaired

BUILD = "CREATE INDEX i ON t (a);\n"
BUILT = "CREATE INDEX CONCURRENTLY i ON t (a);\n"
CARGO = {"Cargo.toml": '[dependencies]\nsqlx = "0.8"\n'}
RAILS = "class A < ActiveRecord::Migration[7.1]\n  def change\n    {}\n  end\nend\n"
RAILS_APART = "class A < ActiveRecord::Migration[7.1]\n  disable_ddl_transaction!\n\n  def change\n    {}\n  end\nend\n"
ALEMBIC = """\
from alembic import op
revision = "b"
down_revision = None
def upgrade():
    {}
def downgrade():
    op.drop_index("i", "t")
"""
DJANGO = """\
from django.db import migrations, models


class Migration(migrations.Migration):
{}    dependencies = []

    operations = [{}]
"""
INDEX = 'models.Index(fields=["a"], name="i")'
PGM = "exports.up = (pgm) => {{\n  {}\n}};\nexports.down = (pgm) => {{ pgm.dropIndex('t', 'a'); }};\n"
SEQUELIZE = "module.exports = {{\n  async up(queryInterface) {{\n    await {};\n  }},\n}};\n"
KNEX = 'exports.up = (knex) => knex.raw("{}");\nexports.down = (knex) => knex.raw("DROP INDEX i");\n'
CONCURRENT = [
    ("goose", {}, "m/1_a.sql", f"-- +goose Up\n{BUILD}", f"-- +goose NO TRANSACTION\n-- +goose Up\n{BUILT}"),
    ("dbmate", {}, "m/1_a.sql", f"-- migrate:up\n{BUILD}", f"-- migrate:up transaction:false\n{BUILT}"),
    ("dbmate-crlf", {}, "m/1_a.sql", f"-- migrate:up\r\n{BUILD}", f"-- migrate:up transaction:false\r\n{BUILT}"),
    ("golang-migrate", {}, "m/1_a.up.sql", BUILD, BUILT),
    ("sqlx", CARGO, "migrations/1_a.sql", BUILD, f"-- no-transaction\n{BUILT}"),
    ("supabase", {}, "supabase/migrations/1_a.sql", BUILD, BUILT),
    ("flyway", {}, "db/V1__a.sql", BUILD, BUILT),
    ("raw", {}, "migrations/1.sql", BUILD, BUILT),
    (
        "liquibase", {}, "db/a.sql", f"--liquibase formatted sql\n--changeset a:1\n{BUILD}--changeset a:2\nSELECT 1;\n",
        f"--liquibase formatted sql\n--changeset a:1 runInTransaction:false\n{BUILT}--changeset a:2\nSELECT 1;\n",
    ),
    (
        "rails", POSTGRES, "db/migrate/20240101000000_a.rb", RAILS.format("add_index :t, :a, unique: true"),
        RAILS_APART.format("add_index :t, :a, unique: true, algorithm: :concurrently"),
    ),
    (
        "rails-sql", POSTGRES, "db/migrate/20240101000000_a.rb", RAILS.format('execute "CREATE INDEX i ON t (a)"'),
        RAILS_APART.format('execute "CREATE INDEX CONCURRENTLY i ON t (a)"'),
    ),
    (
        "alembic", {**POSTGRES, "m/env.py": ""}, "m/versions/b.py", ALEMBIC.format('op.create_index("i", "t", ["a"])'),
        ALEMBIC.format(
            "with op.get_context().autocommit_block():\n"
            '        op.create_index("i", "t", ["a"], postgresql_concurrently=True)'
        ),
    ),
    (
        "django", POSTGRES, "shop/migrations/0001_a.py", DJANGO.format("", f'migrations.AddIndex("t", {INDEX})'),
        "from django.contrib.postgres.operations import AddIndexConcurrently\n"
        + DJANGO.format("    atomic = False\n", f'AddIndexConcurrently("t", {INDEX})'),
    ),
    (
        "node-pg-migrate", POSTGRES, "migrations/1700000000000_a.js", PGM.format("pgm.createIndex('t', 'a');"),
        PGM.format("pgm.noTransaction();\n  pgm.createIndex('t', 'a', { concurrently: true });"),
    ),
    (
        "sequelize", POSTGRES, "migrations/20240101000000-a.js",
        SEQUELIZE.format("queryInterface.addIndex('t', ['a'], { name: 'i' })"),
        SEQUELIZE.format("queryInterface.addIndex('t', ['a'], { concurrently: true, name: 'i' })"),
    ),
    (
        "knex", POSTGRES, "migrations/20240101000000_a.js", KNEX.format("CREATE INDEX i ON t (a)"),
        KNEX.format("CREATE INDEX CONCURRENTLY i ON t (a)") + "\nexports.config = { transaction: false };\n",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("beside", "path", "before", "after"), [c[1:] for c in CONCURRENT], ids=[c[0] for c in CONCURRENT]
)
def test_an_index_is_built_concurrently(beside: dict[str, str], path: str, before: str, after: str) -> None:
    assert repaired("index-not-concurrent", {**beside, path: before}, beside) == {path: after}
    built = [o for o in operations({**beside, path: after}, beside) if isinstance(o.action, CreateIndex)]
    assert [(o.action.concurrently, o.transaction) for o in built if isinstance(o.action, CreateIndex)] == [(True, 0)]
    assert "IF NOT EXISTS" not in after
    assert "timeout" not in after


def _sum(files: dict[str, str]) -> str:
    """`atlas.sum` as Atlas writes it."""
    running, lines, total = b"", "", b""
    for name, text in files.items():
        running += name.encode() + text.encode()
        shown = base64.b64encode(hashlib.sha256(running).digest()).decode()
        lines += f"{name} h1:{shown}\n"
        total += f"{name}{shown}".encode()
    return f"h1:{base64.b64encode(hashlib.sha256(total).digest()).decode()}\n{lines}"


def test_atlas_gets_the_new_sum_with_the_edit() -> None:
    old = {"1_a.sql": "CREATE TABLE t (a int);\n"}
    base = {f"m/{name}": text for name, text in old.items()} | {"m/atlas.sum": _sum(old)}
    new = {**old, "2_b.sql": BUILD}
    after = {**old, "2_b.sql": f"-- atlas:txmode none\n\n{BUILT}"}
    files = {**base, "m/2_b.sql": BUILD, "m/atlas.sum": _sum(new)}
    assert repaired("index-not-concurrent", files, base) == {"m/2_b.sql": after["2_b.sql"], "m/atlas.sum": _sum(after)}
    assert repaired("index-not-concurrent", {**files, "m/atlas.sum": "h1:other\n"}, base) == {}


@pytest.mark.parametrize(
    ("beside", "path", "text"),
    [
        ({}, "m/1_a.sql", f"-- +goose Up\n{BUILD}UPDATE t SET a = 1 WHERE a = 2;\n"),
        ({}, "m/1_a.sql", f"-- +goose Up\n{BUILD}-- +goose Down\nDELETE FROM t WHERE a = 1;\n"),
        ({}, "m/1_a.sql", f"-- migrate:up\n{BUILD}SELECT 1;\n"),
        ({}, "m/1_a.up.sql", f"{BUILD}SELECT 1;\n"),
        (CARGO, "migrations/1_a.sql", f"{BUILD}SELECT 1;\n"),
        ({}, "supabase/migrations/1_a.sql", f"{BUILD}SELECT 1;\n"),
        ({}, "db/V1__a.sql", f"{BUILD}SELECT 1;\n"),
        ({"config.yaml": ""}, "migrations/1700000000_a/up.sql", BUILD),
        (POSTGRES, "db/migrate/20240101000000_a.rb", RAILS.format("add_index :t, :a\n    remove_column :t, :b")),
        (POSTGRES, "db/migrate/20240101000000_a.rb", RAILS.format("change_table(:t) { |t| t.index :a }")),
        (POSTGRES, "db/migrate/20240101000000_a.rb", RAILS.format("add_index(:t, [:a], { unique: true })")),
        (
            {**POSTGRES, "m/env.py": ""}, "m/versions/b.py",
            ALEMBIC.format('op.create_index("i", "t", ["a"])\n    op.drop_column("t", "b")'),
        ),
        (
            POSTGRES, "shop/migrations/0001_a.py",
            DJANGO.format("", f'migrations.AddIndex("t", {INDEX}), migrations.RunSQL("SELECT 1", "SELECT 1")'),
        ),
        (POSTGRES, "migrations/1700000000000_a.js", "exports.up = (pgm) => pgm.createIndex('t', 'a');\n"),
        (
            POSTGRES, "migrations/20240101000000_a.js",
            "exports.up = (knex) => knex.schema.alterTable('t', (t) => { t.index(['a']); });\n",
        ),
        (
            POSTGRES, "src/migrations/1700000000000-A.ts",
            "export class A1700000000000 {\n  async up(queryRunner: QueryRunner) {\n"
            '    await queryRunner.query("CREATE INDEX i ON t (a)");\n  }\n}\n',
        ),
    ],
)  # fmt: skip
def test_no_fix_where_the_file_needs_its_transaction(beside: dict[str, str], path: str, text: str) -> None:
    assert repaired("index-not-concurrent", {**beside, path: text}, beside) == {}


def test_what_postgresql_cannot_drop_concurrently_gets_no_fix() -> None:
    for text in ("DROP INDEX i CASCADE;", "DROP INDEX i, j;"):
        assert repaired("drop-index-not-concurrent", {"m/1_a.sql": f"-- +goose Up\n{text}\n"}) == {}
    after = repaired("drop-index-not-concurrent", {"db/V1__a.sql": "DROP INDEX i;\nDROP INDEX j;\n"})
    assert after == {"db/V1__a.sql": "DROP INDEX CONCURRENTLY i;\nDROP INDEX CONCURRENTLY j;\n"}
    dropped = [o.action for o in operations(after)]
    assert [isinstance(action, DropIndex) and action.concurrently for action in dropped] == [True, True]


ADD = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);\n"
ADDED = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\n"
VALID = "ALTER TABLE t VALIDATE CONSTRAINT c;"
TYPEORM = """\
import { MigrationInterface, QueryRunner } from "typeorm";

export class Validate1700000000001 implements MigrationInterface {
  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query("ALTER TABLE t VALIDATE CONSTRAINT c;");
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query("SELECT 1");
  }
}
"""
LATER = hashlib.sha256(b"after b").hexdigest()[:12]
FOLLOWED = [
    ("goose", {}, "m/00009_a.sql", f"-- +goose Up\n{ADD}", {"m/00010_validate.sql": f"-- +goose Up\n{VALID}\n"}),
    (
        "dbmate", {}, "m/20231231235959_a.sql", f"-- migrate:up\n{ADD}-- migrate:down\nSELECT 1;\n",
        {"m/20240101000000_validate.sql": f"-- migrate:up\n{VALID}\n\n-- migrate:down\nSELECT 1;\n"},
    ),
    (
        "golang-migrate", {"m/000001_a.down.sql": "ALTER TABLE t DROP CONSTRAINT c;"}, "m/000001_a.up.sql", ADD,
        {"m/000002_validate.up.sql": f"{VALID}\n", "m/000002_validate.down.sql": "SELECT 1;\n"},
    ),
    ("sqlx", CARGO, "migrations/1_a.sql", ADD, {"migrations/2_validate.sql": f"{VALID}\n"}),
    (
        "supabase", {}, "supabase/migrations/20240101000000_a.sql", ADD,
        {"supabase/migrations/20240101000001_validate.sql": f"{VALID}\n"},
    ),
    (
        "hasura", {"config.yaml": ""}, "migrations/1700000000000_a/up.sql", ADD,
        {"migrations/1700000000001_validate/up.sql": f"{VALID}\n"},
    ),
    ("flyway", {"db/V1_8__z.sql": "SELECT 1;"}, "db/V1_9__a.sql", ADD, {"db/V1_10__validate.sql": f"{VALID}\n"}),
    ("raw", {}, "migrations/009.sql", ADD, {"migrations/010_validate.sql": f"{VALID}\n"}),
    (
        "knex", POSTGRES, "migrations/20240101000000_a.js", KNEX.format(ADD.strip()),
        {"migrations/20240101000001_validate.js": f"""\
exports.up = async (knex) => {{
  await knex.raw("{VALID}");
}};

exports.down = async (knex) => {{
  await knex.raw("SELECT 1");
}};
"""},
    ),
    (
        "node-pg-migrate", POSTGRES, "migrations/1700000000000_a.ts",
        f"export async function up(pgm: MigrationBuilder) {{\n  pgm.sql('{ADD.strip()}');\n}}\n",
        {"migrations/1700000000001_validate.ts": f"""\
export async function up(pgm: any) {{
  await pgm.sql("{VALID}");
}}

export async function down(pgm: any) {{
  await pgm.sql("SELECT 1");
}}
"""},
    ),
    (
        "sequelize", POSTGRES, "migrations/20240101000000-a.js",
        SEQUELIZE.format(f"queryInterface.sequelize.query('{ADD.strip()}')"),
        {"migrations/20240101000001-validate.js": f"""\
exports.up = async (queryInterface) => {{
  await queryInterface.sequelize.query("{VALID}");
}};

exports.down = async (queryInterface) => {{
  await queryInterface.sequelize.query("SELECT 1");
}};
"""},
    ),
    (
        "typeorm", POSTGRES, "src/migrations/1700000000000-A.ts",
        "export class A1700000000000 {\n  async up(queryRunner: QueryRunner) {\n"
        f'    await queryRunner.query("{ADD.strip()}");\n  }}\n}}\n',
        {"src/migrations/1700000000001-Validate.ts": TYPEORM},
    ),
    (
        "rails", POSTGRES, "db/migrate/20240101000000_a.rb",
        RAILS.format('add_check_constraint :t, "a > 0", name: "c"'),
        {"db/migrate/20240101000001_validate_20240101000001.rb": f"""\
class Validate20240101000001 < ActiveRecord::Migration[7.1]
  def up
    execute '{VALID}'
  end

  def down
  end
end
"""},
    ),
    (
        "alembic", {**POSTGRES, "m/env.py": ""}, "m/versions/b.py",
        ALEMBIC.format('op.create_check_constraint("c", "t", "a > 0")'),
        {f"m/versions/{LATER}_validate.py": f'''\
"""Validate what is not valid yet."""

from alembic import op

revision = "{LATER}"
down_revision = "b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("{VALID}")


def downgrade() -> None:
    op.execute("SELECT 1")
'''},
    ),
    (
        "django", POSTGRES, "shop/migrations/0009_a.py",
        DJANGO.format("", 'migrations.AddConstraint("t", models.CheckConstraint(condition=Q(a__gt=0), name="c"))'),
        {"shop/migrations/0010_validate.py": f"""\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0009_a")]

    operations = [
        migrations.RunSQL("{VALID.replace(" t ", " shop_t ")}", migrations.RunSQL.noop),
    ]
"""},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("beside", "path", "text", "made"), [c[1:] for c in FOLLOWED], ids=[c[0] for c in FOLLOWED])
def test_a_constraint_is_validated_later(beside: dict[str, str], path: str, text: str, made: dict[str, str]) -> None:
    after = repaired("check-not-valid-missing", {**beside, path: text}, beside)
    assert {name: content for name, content in after.items() if name != path} == made
    found = operations({**beside, **after}, beside)
    held = [o.action.constraint.not_valid for o in found if isinstance(o.action, AddConstraint)]
    validated = [o for o in found if isinstance(o.action, ValidateConstraint)]
    assert held == [True]
    assert [o.action.name for o in validated if isinstance(o.action, ValidateConstraint)] == ["c"]
    assert path not in {o.path for o in validated}
    assert "check-not-valid-missing" not in guards({**beside, **after}, beside)


def test_liquibase_validates_in_a_changeset_of_its_own() -> None:
    text = f"--liquibase formatted sql\n--changeset ann:1\n{ADD}"
    after = repaired("check-not-valid-missing", {"db/a.sql": text})
    assert after == {
        "db/a.sql": text.replace(ADD, ADDED) + f"\n--changeset ann:validate_c\n{VALID}\n--rollback empty\n"
    }
    assert [o.transaction for o in operations(after)] == [1, 2]


def test_two_constraints_do_not_get_one_number() -> None:
    files = {"m/1_a.up.sql": ADD, "m/2_b.up.sql": ADD.replace(" c ", " d ")}
    once = repaired("check-not-valid-missing", files)
    assert sorted(once) == ["m/1_a.up.sql", "m/3_validate.up.sql"]
    twice = repaired("check-not-valid-missing", {**files, **once})
    assert sorted(twice) == ["m/2_b.up.sql", "m/4_validate.up.sql"]


def test_what_a_constraint_is_called_names_no_file() -> None:
    text = 'ALTER TABLE t ADD CONSTRAINT "x/../../y" CHECK (a > 0);\n'
    for files in (
        {"m/1_a.up.sql": text},
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
            "prisma/migrations/1_a/migration.sql": text,
        },
        {"db/a.sql": f"--liquibase formatted sql\n--changeset ann:1\n{text}"},
    ):
        after = repaired("check-not-valid-missing", files)
        assert after
        assert not any(".." in path for path in after)
