"""Runners whose migrations are programs: what their calls do, in which order and in which transaction."""

from __future__ import annotations

from collections.abc import Mapping

from migration_guards.facts import OPERATIONS, SOURCES
from migration_guards.model import Dialect, Operation
from rules.catalog import all_rules, names
from rules.core.codebase import Codebase
from rules.core.evaluate import evaluate
from rules.core.source import MemorySnapshot
from rules.facts.host import MERGE
from rules.policy_file import NAMES

POSTGRES = {"docker-compose.yml": "services:\n  db:\n    image: postgres:16.2\n"}


def code(files: Mapping[str, str], base: Mapping[str, str] | None = None) -> Codebase:
    supplied = {"settings": {}, MERGE.name: None, NAMES.name: names()}
    sides = [MemorySnapshot({p: t.encode() for p, t in one.items()}) for one in (base or {}, files)]
    return Codebase(sides[1], Codebase(sides[0], supplied=supplied), supplied)


def found(files: Mapping[str, str], base: Mapping[str, str] | None = None) -> list[Operation]:
    return list(code({**POSTGRES, **files}, {**POSTGRES, **(base or {})}).get(OPERATIONS))


def said(files: Mapping[str, str], base: Mapping[str, str] | None = None) -> list[str]:
    return [f"{type(o.action).__name__} {o.action.table}".strip() for o in found(files, base)]


def rules(files: Mapping[str, str], base: Mapping[str, str] | None = None) -> set[tuple[str, int]]:
    """Which guards speak, and on which lines; notes are left out."""
    guards = [rule for rule in all_rules().values() if rule.pack == "migrations"]
    run = evaluate(code({**POSTGRES, **files}, {**POSTGRES, **(base or {})}), guards)
    return {(f.rule.partition("/")[2], f.where.line) for f in run.findings if f.severity != "note"}


ALEMBIC = {
    "alembic/env.py": "",
    "alembic/versions/a.py": """\
import sqlalchemy as sa
from alembic import op
revision = "a"
down_revision = None
def upgrade():
    op.create_table("users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String(80)))
""",
}
ALEMBIC_NEXT = """\
import sqlalchemy as sa
from alembic import op
revision = "b"
down_revision = "a"
TABLE = "users"
def upgrade():
    op.add_column(TABLE, sa.Column("age", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("users") as batch:
        batch.alter_column("name", type_=sa.String(length=200), nullable=False)
    for name in ["one", "two"]:
        op.drop_table(name)
    with op.get_context().autocommit_block():
        op.create_index("ix", "users", ["age"], postgresql_concurrently=True)
    op.execute(\"\"\"
        UPDATE users
           SET age = 2
    \"\"\")
    op.execute(f"DROP TABLE {choose()}")
    op.create_foreign_key("fk", "users", "orgs", ["org"], ["id"], postgresql_not_valid=True)
def downgrade():
    pass
"""


def test_alembic() -> None:
    files = {**ALEMBIC, "alembic/versions/b.py": ALEMBIC_NEXT}
    assert said(files, ALEMBIC) == [
        "AddColumn users", "AlterType users", "SetNotNull users", "DropTable one", "DropTable two", "CreateIndex users",
        "Update users", "DropTable prodgate_unknown", "AddConstraint users",
    ]  # fmt: skip
    operations = found(files, ALEMBIC)
    assert [o.transaction for o in operations if type(o.action).__name__ == "CreateIndex"] == [0]
    assert [o.where.line for o in operations][-3:] == [15, 18, 19]
    assert rules(files, ALEMBIC) == {
        ("set-not-null", 9), ("drop-table", 11), ("update-or-delete-without-where", 15), ("long-work-under-lock", 15),
        ("drop-table", 18), ("missing-down", 1),
    }  # fmt: skip


DJANGO = {
    "manage.py": "",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": """\
from django.db import migrations, models
class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(name="Order", fields=[
            ("id", models.BigAutoField(primary_key=True)),
            ("note", models.CharField(max_length=80)),
            ("total", models.IntegerField()),
            ("code", models.CharField(max_length=10, null=True)),
        ]),
    ]
""",
}
DJANGO_NEXT = """\
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "seen", models.BooleanField(default=False)),
        migrations.AlterField("order", "note", models.CharField(max_length=200)),
        migrations.AlterField("order", "total", models.BigIntegerField()),
        migrations.AlterField("order", "code", models.CharField(max_length=10)),
        migrations.RemoveField("order", "code"),
        migrations.AddField("order", "tags", models.ManyToManyField(to="shop.tag")),
        migrations.AddIndex("order", models.Index(fields=["note"], name="by_note")),
        migrations.AddConstraint("order", models.UniqueConstraint(fields=["note"], name="one_note")),
        migrations.RunSQL("DROP TABLE old_orders", migrations.RunSQL.noop),
        migrations.RunPython(fill),
        migrations.AlterModelOptions("order", {}),
        Custom(),
    ]
"""


def test_alembic_says_the_old_type_itself() -> None:
    text = (
        'revision = "a"\ndown_revision = None\ndef upgrade():\n'
        '    op.alter_column("t", "a", existing_type=sa.String(20), type_=sa.String(80))\n'
        '    op.alter_column("t", "b", existing_type=sa.VARCHAR(length=80), type_=sa.String(20))\n'
        '    op.alter_column("t", "c", existing_type=sa.Integer(), type_=sa.BigInteger())\n'
    )
    files = {"alembic/env.py": "", "alembic/versions/a.py": text}
    assert rules(files) == {("lossy-type-change", 5), ("column-type-rewrite", 6)}


def test_django() -> None:
    files = {**DJANGO, "shop/migrations/0002_more.py": DJANGO_NEXT}
    assert said(files, DJANGO) == [
        "AddColumn shop_order", "AlterType shop_order", "AlterType shop_order", "SetNotNull shop_order",
        "DropColumn shop_order", "CreateTable shop_order_tags", "CreateIndex shop_order", "AddConstraint shop_order",
        "DropTable old_orders", "Code", "Other", "Opaque",
    ]  # fmt: skip
    assert rules(files, DJANGO) == {
        ("column-type-rewrite", 7), ("set-not-null", 8), ("drop-column", 9), ("index-not-concurrent", 11),
        ("unique-without-index", 12), ("drop-table", 13), ("missing-down", 14), ("opaque-statement", 16),
    }  # fmt: skip


def test_django_takes_the_order_from_its_dependencies() -> None:
    files = {
        **DJANGO,
        "other/migrations/0001_a.py": DJANGO["shop/migrations/0001_initial.py"].replace(
            "dependencies = []", 'dependencies = [("shop", "0002_b")]'
        ),
        "shop/migrations/0002_b.py": DJANGO_NEXT,
    }
    paths = [source.path for _, source in code({**POSTGRES, **files}).get(SOURCES)]
    assert paths == ["shop/migrations/0001_initial.py", "shop/migrations/0002_b.py", "other/migrations/0001_a.py"]


def test_rails() -> None:
    base = {
        "db/migrate/20240101000000_create_users.rb": """\
class CreateUsers < ActiveRecord::Migration[7.1]
  def change
    create_table :users do |t|
      t.string :name, null: false
      t.references :org, foreign_key: true
      t.timestamps
    end
  end
end
"""
    }
    files = {
        **base,
        "db/migrate/20240102000000_change_users.rb": """\
class ChangeUsers < ActiveRecord::Migration[7.1]
  disable_ddl_transaction!
  def change
    add_index :users, :name, algorithm: :concurrently
    safety_assured { remove_column :users, :name }
    change_table :users, bulk: true do |t|
      t.integer :age, default: 0
      t.index :age
    end
    rename_column :users, :age, :years
    execute <<~SQL
      ALTER TABLE users
        ADD CONSTRAINT c CHECK (years > 0);
    SQL
    %w[a b].each { |name| drop_table name }
    User.update_all(years: 1)
    User.where(years: nil).update_all(years: 2)
  end
end
""",
    }
    assert said(base) == ["CreateTable users"]
    assert said(files, base) == [
        "CreateIndex users", "DropColumn users", "AddColumn users", "CreateIndex users", "RenameColumn users",
        "AddConstraint users", "DropTable a", "DropTable b", "Update users", "Update users",
    ]  # fmt: skip
    assert {o.transaction for o in found(files, base)} == {0}
    assert rules(files, base) == {
        ("drop-column", 5), ("index-not-concurrent", 8), ("check-not-valid-missing", 13),
        ("drop-table", 15), ("update-or-delete-without-where", 16),
    }  # fmt: skip


def test_knex() -> None:
    base = {
        "migrations/20240101000000_users.js": """\
exports.up = (knex) => knex.schema.createTable("users", (t) => { t.increments(); t.string("name", 80).notNullable(); });
exports.down = (knex) => knex.schema.dropTable("users");
"""
    }
    files = {
        **base,
        "migrations/20240102000000_more.js": """\
exports.up = async function (knex) {
  await knex.schema
    .alterTable("users", (t) => {
      t.dropColumn("name");
      t.integer("age").notNullable();
      t.unique(["age"]);
    })
    .dropTable("old");
  await knex.raw(`ALTER TABLE users
    ADD COLUMN at timestamptz DEFAULT now()`);
  await knex("users").del();
  await knex("users").where({ id: 1 }).update({ age: 2 });
};
exports.config = { transaction: false };
""",
    }
    assert said(files, base) == [
        "DropColumn users", "AddColumn users", "AddConstraint users", "DropTable old", "AddColumn users",
        "Delete users", "Update users",
    ]  # fmt: skip
    assert {o.transaction for o in found(files, base)} == {0}
    assert rules(files, base) == {
        ("drop-column", 4), ("add-not-null-column-without-default", 5), ("unique-without-index", 6), ("drop-table", 8),
        ("update-or-delete-without-where", 11),
    }  # fmt: skip


def test_typeorm() -> None:
    files = {
        "src/migrations/1700000000000-More.ts": """\
import { MigrationInterface, QueryRunner, TableColumn } from "typeorm";
export class More1700000000000 implements MigrationInterface {
  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "users" ADD "b" integer`);
    await queryRunner.addColumn("users", new TableColumn({ name: "a", type: "varchar", isNullable: true }));
    await queryRunner.dropColumn("users", "c");
    if (x) { await queryRunner.renameTable("users", "people"); }
  }
  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable("users");
  }
}
"""
    }
    assert said(files) == ["AddColumn users", "AddColumn users", "DropColumn users", "RenameTable users"]
    assert rules(files) == {("drop-column", 6), ("rename", 7)}


def test_sequelize() -> None:
    files = {
        "migrations/20240101-more.js": """\
module.exports = {
  async up(queryInterface, Sequelize) {
    await queryInterface.sequelize.transaction(async (transaction) => {
      await queryInterface.addColumn("users", "a", { type: Sequelize.STRING, allowNull: false, defaultValue: "" });
      await queryInterface.changeColumn("users", "b", { type: Sequelize.BIGINT, allowNull: false });
      await queryInterface.addIndex("users", ["a"], { transaction });
      await queryInterface.bulkDelete("users", {});
    });
  },
  async down(queryInterface) { await queryInterface.removeColumn("users", "a"); },
};
"""
    }
    assert said(files) == [
        "AddColumn users",
        "AlterType users",
        "SetNotNull users",
        "CreateIndex users",
        "Delete users",
    ]
    assert {o.transaction for o in found(files)} == {1}
    assert rules(files) == {
        ("column-type-rewrite", 5), ("set-not-null", 5), ("index-not-concurrent", 6),
        ("update-or-delete-without-where", 7), ("long-work-under-lock", 7),
    }  # fmt: skip


def test_node_pg_migrate() -> None:
    files = {
        "migrations/1700000000000_more.ts": """\
import { MigrationBuilder } from "node-pg-migrate";
export async function up(pgm: MigrationBuilder): Promise<void> {
  pgm.noTransaction();
  pgm.addColumns("users", { a: { type: "text", notNull: true } });
  pgm.createIndex("users", "a", { concurrently: true });
  pgm.alterColumn("users", "b", { notNull: true });
  pgm.addConstraint("users", "c", "CHECK (a <> '') NOT VALID");
  pgm.sql("DROP TABLE old");
}
"""
    }
    assert said(files) == [
        "AddColumn users",
        "CreateIndex users",
        "SetNotNull users",
        "AddConstraint users",
        "DropTable old",
    ]
    assert {o.transaction for o in found(files)} == {0}
    assert rules(files) == {("add-not-null-column-without-default", 4), ("set-not-null", 6), ("drop-table", 8)}


def test_db_migrate() -> None:
    files = {
        "migrations/20240101000000-more.js": """\
exports.up = function (db, cb) {
  db.runSql(
    `ALTER TABLE users
        ADD COLUMN a text;
     CREATE INDEX i ON users (a);`,
    cb,
  );
};
exports.down = (db, cb) => db.runSql("ALTER TABLE users DROP COLUMN a", cb);
"""
    }
    assert said(files) == ["AddColumn users", "CreateIndex users"]
    assert rules(files) == {("index-not-concurrent", 5)}


def test_drizzle_goes_by_its_journal() -> None:
    journal = '{"dialect": "mysql", "entries": [{"idx": 0, "tag": "0001_b"}, {"idx": 1, "tag": "0000_a"}]}'
    files = {
        "drizzle/meta/_journal.json": journal,
        "drizzle/0000_a.sql": "ALTER TABLE `t` DROP COLUMN `a`;--> statement-breakpoint\nALTER TABLE `t` ADD `b` int;",
        "drizzle/0001_b.sql": "CREATE TABLE `t` (`a` int);",
    }
    assert said(files) == ["CreateTable t", "DropColumn t", "AddColumn t"]
    assert {o.dialect for o in found(files)} == {Dialect.MYSQL}


def test_prisma_takes_its_dialect_from_its_lock() -> None:
    for provider, dialect in (("postgresql", Dialect.POSTGRES), ("mysql", Dialect.MYSQL), ("sqlite", Dialect.SQLITE)):
        files = {
            "prisma/migrations/migration_lock.toml": f'provider = "{provider}"',
            "prisma/migrations/1_a/migration.sql": "DROP TABLE a;",
        }
        assert [o.dialect for o in found(files)] == [dialect]
