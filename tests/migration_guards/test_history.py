"""What guards say of migrations that were merged before, and of models beside them."""

from __future__ import annotations

import pytest

from rules.catalog import all_rules
from rules.core.evaluate import evaluate
from tests.migration_guards.repository import POSTGRES, Files, codebase, guards, operations, repaired, said

PLACE = "migrations/1.sql"
PRISMA = {
    "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
    "prisma/migrations/1_a/migration.sql": "CREATE TABLE t (a int);",
}


def _severities(rule: str, files: Files, base: Files) -> list[str]:
    run = evaluate(codebase(files, base), [all_rules()[f"migrations/{rule}"]])
    return [str(finding.severity) for finding in run.findings]


def test_what_an_edit_adds_is_seen_beside_what_stood_there() -> None:
    base = {PLACE: "UPDATE t SET a = 1;"}
    edited = {PLACE: "UPDATE t SET a = 1;\nCREATE INDEX CONCURRENTLY i ON t (a);"}
    (added,) = operations(edited, base)
    assert [type(peer.action).__name__ for peer in added.peers] == ["Update", "CreateIndex"]
    assert said(edited, base) == [("CreateIndex t", 1)]
    assert "concurrently-in-transaction" in guards(edited, base)


def test_what_stood_there_is_not_done_twice() -> None:
    base = {PLACE: "CREATE TABLE t (a int);\nALTER TABLE t RENAME COLUMN a TO b;"}
    (added,) = operations({PLACE: f"{base[PLACE]}\nALTER TABLE t DROP COLUMN b;"}, base)
    table = added.before.table("t")
    assert table is not None
    assert set(table.columns) == {"b"}
    assert not added.on_new_table


@pytest.mark.parametrize(
    ("folder", "before", "after", "severity"),
    [
        ("migrations", "SELECT 'a' -- one", "SELECT  'a' -- two", "note"),
        ("migrations", "SELECT 'a' -- one", "SELECT 'b' -- one", "error"),
        ("mysql/migrations", "SELECT `it's` # one", "SELECT `it's` # two", "note"),
        ("mysql/migrations", "SELECT `it's`, 1", "SELECT `it's`, 2", "error"),
        ("mysql/migrations", "SELECT 1", "SELECT 1 /*! , 2 */", "error"),
        ("migrations", b"SELECT '\xff';", b"SELECT '\xfe';", "error"),
        ("migrations", b"\0a", b"\0b", "error"),
    ],
)
def test_only_what_was_read_is_called_a_change_of_comments(
    folder: str, before: str | bytes, after: str | bytes, severity: str
) -> None:
    base, files = {f"{folder}/1.sql": before}, {f"{folder}/1.sql": after}
    assert _severities("merged-migration-edited", files, base) == [severity]


def test_a_squashed_migration_is_no_head_to_follow() -> None:
    node = (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        "    replaces = [{}]\n    dependencies = [{}]\n\n    operations = [{}]\n"
    )
    old = {
        "shop/migrations/0001_a.py": node.format("", "", ""),
        "shop/migrations/0001_squashed.py": node.format("('shop', '0001_a')", "", ""),
        **POSTGRES,
    }
    check = 'migrations.AddConstraint("t", models.CheckConstraint(condition=Q(a__gt=0), name="c"))'
    new = {**old, "shop/migrations/0002_b.py": node.format("", "('shop', '0001_squashed')", check)}
    after = repaired("check-not-valid-missing", new, old)
    assert '("shop", "0002_b")' in after["shop/migrations/0003_validate.py"]


@pytest.mark.parametrize(
    ("field", "drifts"), [("posts Post[]", False), ("post Post?", False), ("names String[]", True), ("age Int", True)]
)
def test_a_relation_of_prisma_is_no_column(field: str, drifts: bool) -> None:
    models = "model Post {{\n  id Int @id\n}}\n\nmodel User {{\n  id Int @id\n{}}}\n"
    base = {**PRISMA, "prisma/schema.prisma": models.format("")}
    files = {**PRISMA, "prisma/schema.prisma": models.format(f"  {field}\n")}
    assert ("schema-without-migration" in guards(files, base)) is drifts


def test_models_in_a_package_belong_to_the_app_above_it() -> None:
    model = "from django.db import models\n\n\nclass Item(models.Model):\n    name = models.TextField()\n{}"
    added = "    size = models.IntegerField()\n"
    beside = {"shop/migrations/0001_a.py": "class Migration:\n    dependencies = []\n    operations = []\n"}
    base = {**beside, "shop/models/item.py": model.format("")}
    run = evaluate(
        codebase({**beside, "shop/models/item.py": model.format(added)}, base),
        [all_rules()["migrations/schema-without-migration"]],
    )
    assert ["shop_item.size" in finding.message for finding in run.findings] == [True]
