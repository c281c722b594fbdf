"""What each form of statement does, in each dialect."""

from __future__ import annotations

import pytest

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterOnline,
    AlterStorage,
    AlterType,
    ChangePartitions,
    CreateIndex,
    CreateTable,
    Delete,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropTable,
    Dynamic,
    Insert,
    Maintain,
    ModifyColumn,
    Privilege,
    RenameColumn,
    RenameIndex,
    RenameTable,
    SetDefault,
    SetNotNull,
    Setting,
    Transaction,
    Trigger,
    Truncate,
    Update,
    ValidateConstraint,
)
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.model import Dialect, Reading
from migration_guards.objects import AddEnumValue, DropObject
from tests.migration_guards.reading import actions, read

BOTH = [
    ("ALTER TABLE t ADD a int NOT NULL DEFAULT 1", AddColumn("t", Column("a", "int", True, "1"))),
    ("ALTER TABLE t DROP COLUMN a", DropColumn("t", "a")),
    ("ALTER TABLE t RENAME COLUMN a TO b", RenameColumn("t", "a", "b")),
    ("ALTER TABLE t RENAME TO u", RenameTable("t", "u")),
    ("ALTER TABLE t ALTER a SET DEFAULT 1", SetDefault("t", "a", "1")),
    ("ALTER TABLE t ALTER a DROP DEFAULT", DropDefault("t", "a")),
    ("ALTER TABLE t DROP CONSTRAINT c", DropConstraint("t", "c")),
    ("ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)", AddConstraint("t", Constraint(Holds.UNIQUE, "u", ("a", "b")))),
    ("ALTER TABLE t ADD PRIMARY KEY (a)", AddConstraint("t", Constraint(Holds.PRIMARY, "", ("a",)))),
    (
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id)",
        AddConstraint("t", Constraint(Holds.FOREIGN, "f", ("a",), Reference("u", ("id",)))),
    ),
    ("CREATE UNIQUE INDEX i ON t (a, b)", CreateIndex("t", Index("i", "t", ("a", "b"), True))),
    ("DROP TABLE IF EXISTS a", DropTable("a", False, True)),
    ("DELETE FROM t WHERE a = 1", Delete("t", True)),
    ("DELETE FROM t", Delete("t", False)),
    ("DELETE FROM t WHERE 1 = 1", Delete("t", False)),
    ("UPDATE t SET a = 'x' WHERE b = b", Update("t", ("a",), False, ("x",))),
    ("INSERT INTO t (a, b) VALUES ('x', 'y')", Insert("t", ("a", "b"), values=("x", "y"))),
    ("INSERT INTO t (a) SELECT b FROM u WHERE b > 1", Insert("t", ("a",), "u", ("b",), (), True)),
    ("BEGIN", Transaction("", "begin")),
    ("COMMIT", Transaction("", "commit")),
    ("ROLLBACK", Transaction("", "rollback")),
    ("DROP VIEW v", DropObject("", "view", "v")),
]


@pytest.mark.parametrize(("sql", "action"), BOTH)
@pytest.mark.parametrize("dialect", [Dialect.POSTGRES, Dialect.MYSQL, Dialect.SQLITE])
def test_what_all_dialects_say_alike(sql: str, action: Action, dialect: Dialect) -> None:
    (found,) = actions(sql, dialect)
    if isinstance(action, AddColumn) and isinstance(found, AddColumn):
        assert found.column.type in ("int", "integer")
        assert (found.table, found.column.name, found.column.not_null, found.column.default) == ("t", "a", True, "1")
    else:
        assert found == action


MYSQL = [
    ("ALTER TABLE t MODIFY a BIGINT NOT NULL", ModifyColumn("t", "a", Column("a", "bigint", True))),
    ("ALTER TABLE t CHANGE COLUMN a b VARCHAR(20)", ModifyColumn("t", "a", Column("b", "varchar(20)"))),
    ("ALTER TABLE t ADD a INT AFTER b", AddColumn("t", Column("a", "int"), False, "b")),
    ("ALTER TABLE t ADD a INT FIRST", AddColumn("t", Column("a", "int"), False, "first")),
    (
        "ALTER TABLE t ADD a INT AUTO_INCREMENT PRIMARY KEY",
        AddColumn("t", Column("a", "int", True, identity=True, primary=True)),
    ),
    ("ALTER TABLE t ADD INDEX i (a(10), b)", CreateIndex("t", Index("i", "t", ("a", "b")))),
    ("ALTER TABLE t ADD UNIQUE KEY u (a)", AddConstraint("t", Constraint(Holds.UNIQUE, "u", ("a",)))),
    ("ALTER TABLE t ADD FULLTEXT INDEX f (a)", CreateIndex("t", Index("f", "t", ("a",), False, "fulltext"))),
    ("CREATE SPATIAL INDEX s ON t (a)", CreateIndex("t", Index("s", "t", ("a",), False, "spatial"))),
    ("ALTER TABLE t DROP INDEX i", DropIndex("t", "i")),
    ("ALTER TABLE t DROP KEY i", DropIndex("t", "i")),
    ("DROP INDEX i ON t", DropIndex("t", "i")),
    ("ALTER TABLE t DROP FOREIGN KEY f", DropConstraint("t", "f", Holds.FOREIGN)),
    ("ALTER TABLE t DROP PRIMARY KEY", DropConstraint("t", "", Holds.PRIMARY)),
    ("ALTER TABLE t DROP CHECK c", DropConstraint("t", "c", Holds.CHECK)),
    ("ALTER TABLE t RENAME INDEX a TO b", RenameIndex("t", "a", "b")),
    ("RENAME TABLE `a` TO `b`", RenameTable("a", "b")),
    ("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", AlterStorage("t", "charset", "utf8mb4")),
    ("ALTER TABLE t ENGINE=InnoDB", AlterStorage("t", "engine", "innodb")),
    ("ALTER TABLE t ROW_FORMAT=DYNAMIC", AlterStorage("t", "row format", "dynamic")),
    ("ALTER TABLE t FORCE", AlterStorage("t", "force")),
    ("ALTER TABLE t DROP PARTITION p", ChangePartitions("t", "drop")),
    ("ALTER TABLE t REMOVE PARTITIONING", ChangePartitions("t", "remove")),
    ("ALTER TABLE t PARTITION BY HASH(a)", ChangePartitions("t", "partition by")),
    ("ALTER TABLE t ALGORITHM=INPLACE, LOCK=NONE", AlterOnline("t", "inplace", "none")),
    ("TRUNCATE TABLE t", Truncate("t")),
    ("SET SESSION foreign_key_checks = 0", Setting("", "foreign_key_checks", "0")),
    ("OPTIMIZE TABLE t", Maintain("t", "optimize")),
    ("PREPARE s FROM 'DROP TABLE t'", Dynamic("", "s FROM 'DROP TABLE t'")),
    ("GRANT ALL ON *.* TO 'a'@'%'", Privilege("", "grant", True)),
    ("DELETE FROM t LIMIT 10", Delete("t", True)),
]


@pytest.mark.parametrize(("sql", "action"), MYSQL)
def test_mysql(sql: str, action: Action) -> None:
    (statement,) = read(sql, Dialect.MYSQL)
    assert statement.reading is Reading.TOKENS
    found = [clause.action for clause in statement.clauses]
    if isinstance(action, Dynamic | Privilege):
        assert type(found[0]) is type(action)
    else:
        assert found == [action]


def test_a_table_of_mysql() -> None:
    (made,) = actions(
        "CREATE TABLE `t` (`id` int unsigned NOT NULL AUTO_INCREMENT, `a` enum('x','y') DEFAULT 'x' COMMENT 'what',"
        " `b` decimal(10, 2) GENERATED ALWAYS AS (`id` * 2) STORED, PRIMARY KEY (`id`), UNIQUE KEY `u` (`a`),"
        " KEY `k` (`b`), CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `o` (`id`) ON DELETE CASCADE) ENGINE=InnoDB",
        Dialect.MYSQL,
    )
    assert isinstance(made, CreateTable)
    first, second, third = made.columns
    assert (first.type, first.not_null, first.identity) == ("int unsigned", True, True)
    assert (second.type, second.default, second.attributes) == ("enum('x','y')", "'x'", ("comment 'what'",))
    assert (third.type, third.generated) == ("decimal(10,2)", "stored")
    assert [held.holds for held in made.constraints] == [Holds.PRIMARY, Holds.UNIQUE, Holds.FOREIGN]
    assert made.indexes == (Index("k", "t", ("b",)),)
    assert made.options == (("engine", "innodb"),)


SQLITE = [
    ("PRAGMA foreign_keys=OFF", Setting("", "foreign_keys", "off")),
    ('ALTER TABLE "t" RENAME TO "u"', RenameTable("t", "u")),
    ("ALTER TABLE t DROP a", DropColumn("t", "a")),
    ("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END", Trigger("t", "x", "create")),
    ("INSERT INTO n SELECT * FROM t", Insert("n", (), "t", ("*",))),
]


@pytest.mark.parametrize(("sql", "action"), SQLITE)
def test_sqlite(sql: str, action: Action) -> None:
    assert actions(sql, Dialect.SQLITE) == [action]


POSTGRES = [
    ("ALTER TABLE t ALTER a TYPE varchar(20) USING a::text", AlterType("t", "a", "character varying(20)", "a::text")),
    ("ALTER TABLE t ALTER a SET NOT NULL", SetNotNull("t", "a")),
    ("ALTER TABLE t ALTER a DROP NOT NULL", DropNotNull("t", "a")),
    ("ALTER TABLE t VALIDATE CONSTRAINT c", ValidateConstraint("t", "c")),
    ("ALTER TYPE m ADD VALUE 'x' BEFORE 'y'", AddEnumValue("", "m", "x", True)),
    ("DROP INDEX CONCURRENTLY i", DropIndex("", "i", True)),
    ('DROP TABLE public."User" CASCADE', DropTable("User", True)),
    ("DROP TABLE Billing.Users", DropTable("billing.users")),
    ("SET LOCAL lock_timeout = '2s'", Setting("", "lock_timeout", "2s", True)),
    ("VACUUM FULL t", Maintain("t", "vacuum full")),
]


@pytest.mark.parametrize(("sql", "action"), POSTGRES)
def test_postgres(sql: str, action: Action) -> None:
    (statement,) = read(sql)
    assert statement.reading is Reading.EXACT
    assert [clause.action for clause in statement.clauses] == [action]


def test_what_stands_in_a_block_is_read_in_its_place() -> None:
    text = "DO $$ BEGIN\n IF true THEN\n  ALTER TABLE users DROP COLUMN email;\n END IF;\nEND $$;"
    (statement,) = read(text)
    (clause,) = statement.clauses
    assert (clause.action, clause.inside) == (DropColumn("users", "email"), "a DO block")
    assert text[clause.span.start : clause.span.end] == "ALTER TABLE users DROP COLUMN email"


def test_sql_that_is_put_together_is_dynamic_and_a_text_is_read() -> None:
    found = actions("DO $$ BEGIN EXECUTE 'DROP TABLE ' || x; EXECUTE 'DROP TABLE a'; END $$;")
    assert [type(one) for one in found] == [Dynamic, DropTable]


def test_a_data_modifying_with_is_read() -> None:
    assert actions("WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone")[0] == Delete("a", False)
