"""What the words of MySQL's and MariaDB's statements say that they do."""

from __future__ import annotations

import pytest

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterOnline,
    AlterStorage,
    AlterTable,
    ChangePartitions,
    CreateIndex,
    CreateTable,
    Delete,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropTable,
    Dynamic,
    Insert,
    Load,
    Lock,
    Maintain,
    ModifyColumn,
    Opaque,
    Other,
    Privilege,
    RenameColumn,
    RenameIndex,
    RenameTable,
    Select,
    SetDefault,
    Setting,
    Transaction,
    Trigger,
    Truncate,
    Update,
)
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.model import Dialect, Reading
from migration_guards.objects import CreateObject, DropObject
from migration_guards.sql.clauses import read


def actions(text: str) -> list[Action]:
    reading, clauses = read(text, Dialect.MYSQL)
    assert reading is Reading.TOKENS, text
    return [clause.action for clause in clauses]


COLUMNS = [
    ("a BIGINT(20) UNSIGNED NOT NULL AUTO_INCREMENT", Column("a", "bigint(20) unsigned", True, identity=True)),
    ("`a``b` VARCHAR (255) NULL DEFAULT NULL", Column("a`b", "varchar(255)")),
    ("a DECIMAL(10, 2) DEFAULT -1.50", Column("a", "decimal(10,2)", default="-1.50")),
    ("a ENUM('X', 'y z') DEFAULT 'X'", Column("a", "enum('X','y z')", default="'X'")),
    ("a CHARACTER VARYING(10) UNIQUE KEY", Column("a", "character varying(10)", unique=True)),
    ("a BINARY(16) PRIMARY KEY", Column("a", "binary(16)", True, primary=True)),
    ("a CHAR(36) DEFAULT (uuid())", Column("a", "char(36)", default="(uuid())", calls=("uuid",))),
    ("a JSON DEFAULT ('[]')", Column("a", "json", default="('[]')", calls=("expression",))),
    ("a INT GENERATED ALWAYS AS (b + 1) STORED NOT NULL", Column("a", "int", True, generated="stored")),
    ("a INT AS (b + 1)", Column("a", "int", generated="virtual")),
    ("a INT CHECK (a > 0)", Column("a", "int", check="a > 0")),
    (
        "a DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'not null; x'",
        Column("a", "datetime(6)", default="CURRENT_TIMESTAMP(6)", calls=("current_timestamp",),
               attributes=("on update current_timestamp(6)", "comment 'not null; x'")),
    ),
    (
        "a TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin INVISIBLE",
        Column("a", "text", collation="utf8mb4_bin", attributes=("character set utf8mb4", "invisible")),
    ),
    (
        "a INT REFERENCES db.o (id) ON DELETE SET NULL ON UPDATE CASCADE",
        Column("a", "int", references=Reference("db.o", ("id",), "set null")),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column"), COLUMNS)
def test_columns_are_read_alike_wherever_they_stand(text: str, column: Column) -> None:
    (created,) = actions(f"CREATE TABLE t ({text}, z int)")
    assert isinstance(created, CreateTable)
    assert created.columns == (column, Column("z", "int"))
    assert actions(f"ALTER TABLE t ADD {text}, FORCE")[0] == AddColumn("t", column)
    assert actions(f"ALTER TABLE t MODIFY COLUMN {text} AFTER z") == [ModifyColumn("t", column.name, column, "z")]
    assert actions(f"ALTER TABLE t CHANGE `old` {text} FIRST") == [ModifyColumn("t", "old", column, "first")]


def test_create_table_holds_its_constraints_indexes_and_options() -> None:
    text = """CREATE TABLE IF NOT EXISTS `db`.`t` (`key` int, PRIMARY KEY (`key`), UNIQUE KEY `u` (a(10), b DESC),
      KEY `k` (`c`) USING BTREE, INDEX (d) USING HASH, FULLTEXT KEY ft (e), SPATIAL INDEX sp (g),
      CONSTRAINT `fk` FOREIGN KEY (c) REFERENCES o (id) ON DELETE CASCADE,
      CONSTRAINT ck CHECK ((`a` is not null) AND b IS NOT NULL), CHECK (a IS NOT NULL OR c IS NOT NULL),
      CHECK (d IS NOT NULL) NOT ENFORCED)
      ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET utf8mb4 COMMENT='A, b' PARTITION BY RANGE (a) (PARTITION p VALUES
      LESS THAN (1))"""
    assert actions(text) == [
        CreateTable(
            "db.t",
            (Column("key", "int"),),
            (
                Constraint(Holds.PRIMARY, columns=("key",)),
                Constraint(Holds.UNIQUE, "u", ("a", "b")),
                Constraint(Holds.FOREIGN, "fk", ("c",), Reference("o", ("id",), "cascade")),
                Constraint(
                    Holds.CHECK, "ck", expression="(`a` is not null) AND b IS NOT NULL", proves=("a", "b")
                ),
                Constraint(Holds.CHECK, expression="a IS NOT NULL OR c IS NOT NULL"),
                Constraint(Holds.CHECK, expression="d IS NOT NULL", enforced=False),
            ),
            (
                Index("k", "db.t", ("c",)),
                Index("", "db.t", ("d",), method="hash"),
                Index("ft", "db.t", ("e",), method="fulltext"),
                Index("sp", "db.t", ("g",), method="spatial"),
            ),
            if_not_exists=True,
            partition_by="range",
            options=(("engine", "innodb"), ("auto_increment", "5"), ("charset", "utf8mb4"), ("comment", "A, b")),
        )
    ]  # fmt: skip


ADDED = Constraint(Holds.FOREIGN, "fk", ("e",), Reference("o", ("id",)))
CLAUSES: list[tuple[str, list[Action]]] = [
    ("ADD (a int, b text)", [AddColumn("t", Column("a", "int")), AddColumn("t", Column("b", "text"))]),
    ("ADD COLUMN IF NOT EXISTS a int AFTER `b`", [AddColumn("t", Column("a", "int"), True, "b")]),
    ("ADD INDEX i (a)", [CreateIndex("t", Index("i", "t", ("a",)))]),
    ("ADD FULLTEXT (a)", [CreateIndex("t", Index("", "t", ("a",), method="fulltext"))]),
    ("ADD UNIQUE KEY u (b)", [AddConstraint("t", Constraint(Holds.UNIQUE, "u", ("b",)))]),
    ("ADD CONSTRAINT u UNIQUE INDEX v (b)", [AddConstraint("t", Constraint(Holds.UNIQUE, "u", ("b",)))]),
    ("ADD CONSTRAINT fk FOREIGN KEY (e) REFERENCES o (id)", [AddConstraint("t", ADDED)]),
    ("ADD FOREIGN KEY fk (e) REFERENCES o (id) ON DELETE NO ACTION", [AddConstraint("t", ADDED)]),
    ("ADD CHECK (a > 0)", [AddConstraint("t", Constraint(Holds.CHECK, expression="a > 0"))]),
    ("ADD CONSTRAINT PRIMARY KEY (id)", [AddConstraint("t", Constraint(Holds.PRIMARY, columns=("id",)))]),
    ("ADD PARTITION (PARTITION a VALUES LESS THAN (1), PARTITION b VALUES LESS THAN MAXVALUE)",
     [ChangePartitions("t", "add")]),
    ("DROP PRIMARY KEY", [DropConstraint("t", "", Holds.PRIMARY)]),
    ("DROP FOREIGN KEY fk", [DropConstraint("t", "fk", Holds.FOREIGN)]),
    ("DROP CHECK c", [DropConstraint("t", "c", Holds.CHECK)]),
    ("DROP CONSTRAINT IF EXISTS `c`", [DropConstraint("t", "c", if_exists=True)]),
    ("DROP KEY k", [DropIndex("t", "k")]),
    ("DROP INDEX `i`", [DropIndex("t", "i")]),
    ("DROP COLUMN `c`", [DropColumn("t", "c")]),
    ("DROP IF EXISTS c", [DropColumn("t", "c", if_exists=True)]),
    ("DROP PARTITION p0, p1", [ChangePartitions("t", "drop")]),
    ("TRUNCATE PARTITION p0", [ChangePartitions("t", "truncate")]),
    ("REORGANIZE PARTITION p0, p1 INTO (PARTITION n VALUES LESS THAN (5))", [ChangePartitions("t", "reorganize")]),
    ("REMOVE PARTITIONING", [ChangePartitions("t", "remove")]),
    ("PARTITION BY HASH (a) PARTITIONS 4", [ChangePartitions("t", "partition by")]),
    ("RENAME TO u", [RenameTable("t", "u")]),
    ("RENAME u", [RenameTable("t", "u")]),
    ("RENAME COLUMN a TO b", [RenameColumn("t", "a", "b")]),
    ("RENAME KEY a TO `b`", [RenameIndex("t", "a", "b")]),
    ("ALTER COLUMN a SET DEFAULT 5", [SetDefault("t", "a", "5")]),
    ("ALTER a SET DEFAULT (now())", [SetDefault("t", "a", "(now())", ("now",))]),
    ("ALTER `a` DROP DEFAULT", [DropDefault("t", "a")]),
    ("ALTER INDEX i INVISIBLE", [AlterTable("t", "alter index")]),
    ("CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", [AlterStorage("t", "charset", "utf8mb4")]),
    ("ENGINE=InnoDB", [AlterStorage("t", "engine", "innodb")]),
    ("ENGINE InnoDB DEFAULT CHARACTER SET = utf8",
     [AlterStorage("t", "engine", "innodb"), AlterStorage("t", "options", "utf8")]),
    ("ROW_FORMAT = Dynamic", [AlterStorage("t", "row format", "dynamic")]),
    ("FORCE", [AlterStorage("t", "force")]),
    ("COMMENT = 'a, b'", [AlterTable("t", "comment")]),
    ("DISABLE KEYS", [AlterTable("t", "disable keys")]),
    ("ORDER BY a, b", [AlterTable("t", "order by")]),
    ("DROP a, ALGORITHM=INPLACE, LOCK = NONE", [DropColumn("t", "a"), AlterOnline("t", "inplace", "none")]),
    ("DROP a, FROB x", [DropColumn("t", "a"), Opaque("t", "FROB x is no clause of ALTER TABLE that is known")]),
]  # fmt: skip


@pytest.mark.parametrize(("clause", "expected"), CLAUSES)
def test_clauses_of_alter_table(clause: str, expected: list[Action]) -> None:
    assert actions(f"ALTER TABLE `t` {clause}") == expected
    assert actions(f"alter ignore table t /* , */ {clause}") == expected


STATEMENTS: list[tuple[str, list[Action]]] = [
    ("CREATE TABLE t LIKE db.u", [CreateTable("t", like="db.u")]),
    ("CREATE TEMPORARY TABLE t AS SELECT 1", [CreateTable("t", temporary=True, from_select=True)]),
    ("CREATE TABLE t (SELECT 1)", [CreateTable("t", from_select=True)]),
    ("CREATE OR REPLACE TABLE t (a int)",
     [DropTable("t", if_exists=True), CreateTable("t", (Column("a", "int"),))]),
    ("DROP TABLE IF EXISTS a, `b`", [DropTable("a", if_exists=True), DropTable("b", if_exists=True)]),
    ("DROP TEMPORARY TABLE a", [Other(what="drop table")]),
    ("RENAME TABLE a TO b, c.d TO c.e", [RenameTable("a", "b"), RenameTable("c.d", "c.e")]),
    ("TRUNCATE t", [Truncate("t")]),
    ("CREATE UNIQUE INDEX i ON t (a(10), (lower(b)) DESC) ALGORITHM=INPLACE LOCK=NONE",
     [CreateIndex("t", Index("i", "t", ("a", "(lower(b))"), True)), AlterOnline("t", "inplace", "none")]),
    ("CREATE SPATIAL INDEX i ON t (a)", [CreateIndex("t", Index("i", "t", ("a",), method="spatial"))]),
    ("DROP INDEX `i` ON `t`", [DropIndex("t", "i")]),
    ("CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`r`@`h` SQL SECURITY DEFINER VIEW v AS SELECT 1",
     [CreateObject("", "view", "v", True)]),
    ("ALTER VIEW v AS SELECT 2", [CreateObject("", "view", "v", True)]),
    ("DROP VIEW a, b", [DropObject("", "view", "a"), DropObject("", "view", "b")]),
    ("CREATE DEFINER=CURRENT_USER TRIGGER g BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 1",
     [Trigger("t", "g", "create")]),
    ("DROP TRIGGER IF EXISTS g", [Trigger("", "g", "drop")]),
    ("CREATE DATABASE IF NOT EXISTS d", [CreateObject("", "database", "d")]),
    ("DROP SCHEMA d", [DropObject("", "schema", "d")]),
    ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM logs",
     [CreateObject("", "event", "e", body=(Delete("logs"),))]),
    ("INSERT INTO t (a, `b`) VALUES (1, 'it''s'), (2, \"y\") ON DUPLICATE KEY UPDATE a = 1",
     [Insert("t", ("a", "b"), values=("it's", "y"))]),
    ("INSERT IGNORE t SELECT a, u.`b`, c AS d, 'x', lower(e) FROM u WHERE f",
     [Insert("t", (), "u", ("a", "b", "c", "", ""), ("x",), True)]),
    ("REPLACE INTO t SET a = 'q', b = 2", [Insert("t", ("a", "b"), values=("q",))]),
    ("UPDATE t SET a = 'v', t.b = b + 1 WHERE id = 1", [Update("t", ("a", "b"), True, ("v",))]),
    ("UPDATE t JOIN u ON t.a = u.a SET t.b = u.b", [Update("t", ("b",), True)]),
    ("DELETE a, b FROM a JOIN b ON a.x = b.x", [Delete("a", True), Delete("b", True)]),
    ("LOAD DATA LOCAL INFILE 'x' INTO TABLE t FIELDS TERMINATED BY ','", [Load("t", "load data")]),
    ("SET @OLD=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0",
     [Setting("", "@old", "@@FOREIGN_KEY_CHECKS"), Setting("", "foreign_key_checks", "0")]),
    ("SET SESSION sql_mode = 'ANSI', @@GLOBAL.x := 5", [Setting("", "sql_mode", "ANSI"), Setting("", "x", "5")]),
    ("SET STATEMENT max_statement_time=1 FOR DROP TABLE t", [DropTable("t")]),
    ("START TRANSACTION", [Transaction(what="begin")]),
    ("COMMIT AND CHAIN", [Transaction(what="commit")]),
    ("ROLLBACK TO SAVEPOINT a", [Transaction(what="savepoint")]),
    ("LOCK TABLES a READ, b AS c WRITE", [Lock("a", "read"), Lock("b", "write")]),
    ("GRANT ALL PRIVILEGES ON *.* TO 'a'@'%'", [Privilege("", "grant", True)]),
    ("REVOKE INSERT ON db.t FROM a", [Privilege("db.t", "revoke")]),
    ("CREATE USER 'a'@'%' IDENTIFIED BY 'x'", [Privilege("", "create role")]),
    ("SELECT sleep(1), count(*) FROM t WHERE a IN (1)", [Select(calls=("count", "sleep"))]),
    ("CALL upgrade(1)", [Select(calls=("upgrade",))]),
    ("OPTIMIZE TABLE a, b", [Maintain("a", "optimize"), Maintain("b", "optimize")]),
    ("PREPARE s FROM 'DROP TABLE x'", [Dynamic(text="s FROM 'DROP TABLE x'")]),
    ("EXECUTE s", [Dynamic(text="s")]),
    ("USE db", [Other(what="use db")]),
    ("/*!50001 DROP TABLE t */", [DropTable("t")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STATEMENTS)
def test_other_statements(text: str, expected: list[Action]) -> None:
    assert actions(text) == expected
    assert actions(f"# c\n {text} -- c") == expected


@pytest.mark.parametrize(
    ("condition", "restricted"),
    [
        ("", False),
        ("WHERE 1", False),
        ("WHERE 1 = 1", False),
        ("WHERE (TRUE)", False),
        ("WHERE id = id", False),
        ("WHERE `t`.a = `t`.a", False),
        ("WHERE 'a'='a' OR b = 1", False),
        ("WHERE 1 = 1 AND (2 = 2)", False),
        ("ORDER BY a", False),
        ("WHERE id = 1", True),
        ("WHERE 0", True),
        ("WHERE a = 1 AND 1 = 1", True),
        ("WHERE a BETWEEN 1 AND 2", True),
        ("WHERE rand() = rand()", True),
        ("WHERE NOT EXISTS (SELECT 1)", True),
        ("LIMIT 10", True),
    ],
)
def test_a_condition_that_is_always_true_restricts_nothing(condition: str, restricted: bool) -> None:
    assert actions(f"DELETE FROM t {condition}") == [Delete("t", restricted)]
    assert actions(f"UPDATE t SET a = 1 {condition}") == [Update("t", ("a",), restricted)]


BODY = """BEGIN
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END;
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns) THEN
    ALTER TABLE t ADD COLUMN a int;
  ELSE
    DELETE FROM t;
  END IF;
  l: LOOP
    UPDATE t SET a = CASE WHEN b THEN 1 ELSE 2 END WHERE c = 1;
    LEAVE l;
  END LOOP;
END"""
DONE: tuple[Action, ...] = (AddColumn("t", Column("a", "int")), Delete("t"), Update("t", ("a",), True))


def test_a_procedure_says_what_a_call_of_it_does() -> None:
    assert actions(f"CREATE PROCEDURE upgrade(IN x INT) MODIFIES SQL DATA {BODY}") == [
        CreateObject("", "procedure", "upgrade", body=DONE)
    ]


def test_a_block_by_itself_is_read_as_what_it_does_at_once() -> None:
    reading, clauses = read(BODY.replace("BEGIN", "BEGIN NOT ATOMIC", 1), Dialect.MYSQL)
    assert reading is Reading.TOKENS
    assert [c.action for c in clauses if not isinstance(c.action, Opaque | Transaction)] == list(DONE)
    assert {c.inside for c in clauses} == {"a block"}


def test_spans_are_the_bytes_of_each_clause() -> None:
    text = "ALTER TABLE é\n  ADD ü int DEFAULT 'é, x', -- é,\n  DROP COLUMN `日本`, LOCK=NONE, ALGORITHM=COPY"
    _, clauses = read(text, Dialect.MYSQL)
    raw = text.encode()
    assert [raw[c.span.start : c.span.end].decode() for c in clauses] == [
        "ADD ü int DEFAULT 'é, x'",
        "DROP COLUMN `日本`",
        "ALGORITHM=COPY",
    ]
    _, (whole,) = read("/* é */ DROP TABLE é -- x", Dialect.MYSQL)
    assert (whole.span.start, whole.span.end) == (9, 22)
