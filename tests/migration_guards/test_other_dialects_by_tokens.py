"""What the words of SQLite's statements say that they do, of PostgreSQL's that its parser refuses, and of others'."""

from __future__ import annotations

import pytest

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterIdentity,
    AlterType,
    AttachPartition,
    CreateIndex,
    CreateTable,
    Delete,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropNotNull,
    DropTable,
    Dynamic,
    Insert,
    Lock,
    Maintain,
    ModifyColumn,
    Other,
    Policy,
    Privilege,
    Reindex,
    RenameColumn,
    RenameTable,
    RowSecurity,
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
from migration_guards.objects import AddEnumValue, CreateEnum, CreateObject
from migration_guards.sql.clauses import read


def actions(text: str, dialect: Dialect) -> list[Action]:
    reading, clauses = read(text, dialect)
    assert reading is Reading.TOKENS, text
    return [clause.action for clause in clauses]


SQLITE: list[tuple[str, list[Action]]] = [
    ('CREATE TABLE "t" ([id] INTEGER PRIMARY KEY AUTOINCREMENT, key text, b NOT NULL) WITHOUT ROWID, STRICT',
     [CreateTable("t", (Column("id", "integer", True, identity=True, primary=True), Column("key", "text"),
                        Column("b", not_null=True)))]),
    ("CREATE TABLE main.t (a REAL DEFAULT (julianday('now')), b TEXT COLLATE NOCASE DEFAULT CURRENT_TIMESTAMP)",
     [CreateTable("t", (Column("a", "real", default="(julianday('now'))", calls=("julianday",)),
                        Column("b", "text", default="CURRENT_TIMESTAMP", calls=("current_timestamp",),
                               collation="nocase")))]),
    ("CREATE TABLE t (a INT REFERENCES o (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, UNIQUE (a) ON CONFLICT "
     "IGNORE)",
     [CreateTable("t", (Column("a", "int", references=Reference("o", ("id",), "cascade")),),
                  (Constraint(Holds.UNIQUE, columns=("a",)),))]),
    ("CREATE VIRTUAL TABLE f USING fts5(a, b)", [CreateTable("f")]),
    ("ALTER TABLE t ADD COLUMN a INT NOT NULL DEFAULT 0",
     [AddColumn("t", Column("a", "int", True, default="0"))]),
    ("ALTER TABLE t ADD g INT AS (a * 2) STORED", [AddColumn("t", Column("g", "int", generated="stored"))]),
    ("ALTER TABLE t DROP COLUMN a", [DropColumn("t", "a")]),
    ("ALTER TABLE t RENAME a TO [b c]", [RenameColumn("t", "a", "b c")]),
    ('ALTER TABLE Temp RENAME TO "Users"', [RenameTable("Temp", "Users")]),
    ("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a COLLATE NOCASE DESC, lower(b)) WHERE a IS NOT NULL",
     [CreateIndex("t", Index("i", "t", ("a", "(lower(b))"), True, partial=True), if_not_exists=True)]),
    ("DROP INDEX main.i", [DropIndex("", "i")]),
    ("CREATE TEMP TRIGGER g AFTER DELETE ON t BEGIN DELETE FROM u; END", [Trigger("t", "g", "create")]),
    ("INSERT OR REPLACE INTO n (id) SELECT id FROM t", [Insert("n", ("id",), "t", ("id",))]),
    ("UPDATE OR IGNORE t SET a = 1", [Update("t", ("a",))]),
    ("WITH RECURSIVE c(x) AS (SELECT 1) DELETE FROM t", [Delete("t")]),
    ("PRAGMA foreign_keys=OFF", [Setting("", "foreign_keys", "off")]),
    ("PRAGMA main.user_version(5)", [Setting("", "user_version", "5")]),
    ("BEGIN IMMEDIATE TRANSACTION", [Transaction(what="begin")]),
    ("END", [Transaction(what="commit")]),
    ("VACUUM INTO 'x'", [Maintain("", "vacuum")]),
    ("REINDEX t", [Reindex("", "index", "t")]),
    ("ATTACH DATABASE 'x' AS y", [Other(what="attach database")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SQLITE)
def test_sqlite(text: str, expected: list[Action]) -> None:
    assert actions(text, Dialect.SQLITE) == expected


POSTGRES: list[tuple[str, list[Action]]] = [
    ("DROP TABLE {{schema}}.Users, ${p}x CASCADE", [DropTable("{{schema}}.users", True), DropTable("${p}x", True)]),
    ("CREATE TABLE :s.t (Id bigserial PRIMARY KEY, e public.status DEFAULT 'a'::public.status, "
     "\"Q\" text[] DEFAULT '{}', k varchar DEFAULT upper('x')::varchar(5)) PARTITION BY RANGE (id)",
     [CreateTable(":s.t", (Column("id", "bigserial", True, identity=True, primary=True),
                           Column("e", "status", default="'a'::public.status"),
                           Column("Q", "text[]", default="'{}'"),
                           Column("k", "varchar", default="upper('x')::varchar(5)", calls=("upper",))),
                  partition_by="range")]),
    ("ALTER TABLE ONLY public.${p}t ALTER A SET NOT NULL, ALTER \"A\" DROP NOT NULL",
     [SetNotNull("${p}t", "a"), DropNotNull("${p}t", "A")]),
    ("ALTER TABLE :t ALTER a TYPE Numeric (10, 2) USING a::numeric",
     [AlterType(":t", "a", "numeric(10,2)", "a::numeric")]),
    ("ALTER TABLE :t ALTER a ADD GENERATED ALWAYS AS IDENTITY", [AlterIdentity(":t", "a", "add")]),
    ("ALTER TABLE :t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT c",
     [AddConstraint(":t", Constraint(Holds.CHECK, "c", expression="a IS NOT NULL", not_valid=True, proves=("a",))),
      ValidateConstraint(":t", "c")]),
    ("ALTER TABLE :t ADD CONSTRAINT u UNIQUE USING INDEX i, DROP CONSTRAINT z CASCADE",
     [AddConstraint(":t", Constraint(Holds.UNIQUE, "u", using_index="i")), DropConstraint(":t", "z", cascade=True)]),
    ("ALTER TABLE :t ATTACH PARTITION a DEFAULT, DETACH PARTITION b CONCURRENTLY",
     [AttachPartition(":t", "a", True), DetachPartition(":t", "b", True)]),
    ("ALTER TABLE :t ENABLE ROW LEVEL SECURITY, DISABLE TRIGGER ALL",
     [RowSecurity(":t", "enable"), Trigger(":t", "all", "disable")]),
    ("ALTER TABLE :t ADD key text, ADD index int", [AddColumn(":t", Column("key", "text")),
                                                   AddColumn(":t", Column("index", "int"))]),
    ("CREATE INDEX CONCURRENTLY i ON ONLY :s.T USING gin (a, (b || c)) WHERE x",
     [CreateIndex(":s.t", Index("i", ":s.t", ("a", "(b || c)"), method="gin", partial=True, only=True), True)]),
    ("DROP INDEX CONCURRENTLY :i", [DropIndex("", ":i", True)]),
    ("CREATE TYPE :s AS ENUM ('a', 'it''s')", [CreateEnum("", ":s", ("a", "it's"))]),
    ("ALTER TYPE :s ADD VALUE 'c' BEFORE 'a'", [AddEnumValue("", ":s", "c", True)]),
    ("CREATE MATERIALIZED VIEW :m AS SELECT 1", [CreateObject("", "materialized view", ":m")]),
    ("CREATE FUNCTION {{s}}.f() RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 $$",
     [CreateObject("", "function", "{{s}}.f", volatility="stable")]),
    ("TRUNCATE a, ONLY :b CASCADE", [Truncate("a", True), Truncate(":b", True)]),
    ("LOCK TABLE a, :b IN SHARE MODE", [Lock("a", "share"), Lock(":b", "share")]),
    ("SET LOCAL search_path TO a, b", [Setting("", "search_path", "a, b", True)]),
    ("WITH d AS (DELETE FROM a RETURNING *) INSERT INTO :b SELECT * FROM d",
     [Delete("a"), Insert(":b", (), "d", ("*",))]),
    ("DROP POLICY p ON :t", [Policy(":t", "p", "drop")]),
    ("GRANT ALL ON :t TO PUBLIC", [Privilege(":t", "grant", True)]),
    ("VACUUM (FULL, ANALYZE) :t", [Maintain(":t", "vacuum full")]),
    ("DO $$ BEGIN DROP TABLE x; END $$", [Dynamic(text="$$ BEGIN DROP TABLE x; END $$")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), POSTGRES)
def test_postgres_with_what_its_parser_refuses(text: str, expected: list[Action]) -> None:
    assert actions(text, Dialect.POSTGRES) == expected


OTHERS: list[tuple[str, list[Action]]] = [
    ("ALTER TABLE [dbo].[Users] ADD a int NOT NULL, b nvarchar(max) NULL",
     [AddColumn("Users", Column("a", "int", True)), AddColumn("Users", Column("b", "nvarchar(max)"))]),
    ("ALTER TABLE t DROP COLUMN a, b", [DropColumn("t", "a"), DropColumn("t", "b")]),
    ("ALTER TABLE t ALTER COLUMN a bigint NOT NULL", [ModifyColumn("t", "a", Column("a", "bigint", True))]),
    ("IF EXISTS (SELECT 1) DROP TABLE x", [DropTable("x")]),
    ("USE db\nDROP TABLE a\nALTER TABLE b\n  DROP COLUMN c",
     [Other(what="use db"), DropTable("a"), DropColumn("b", "c")]),
    ("CREATE PROCEDURE p AS\nDROP TABLE a", [CreateObject("", "procedure", "p", body=(DropTable("a"),))]),
    ("EXEC sp_rename 'a', 'b'", [Dynamic(text="sp_rename 'a', 'b'")]),
    ("ALTER TABLE t ON CLUSTER '{c}' DELETE WHERE a = 1", [Delete("t", True)]),
    ("ALTER TABLE t ON CLUSTER c ADD COLUMN x String AFTER b, DROP COLUMN y",
     [AddColumn("t", Column("x", "string"), position="b"), DropColumn("t", "y")]),
    ("RENAME TABLE a TO b ON CLUSTER c", [RenameTable("a", "b")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), OTHERS)
def test_other_databases(text: str, expected: list[Action]) -> None:
    assert actions(text, Dialect.OTHER) == expected


def test_names_keep_their_case_but_in_postgres() -> None:
    for dialect in Dialect:
        expected = "users" if dialect is Dialect.POSTGRES else "Users"
        assert actions("DROP TABLE Users", dialect) == [DropTable(expected)]
        assert actions('DROP TABLE public."Users"', dialect) == [DropTable("Users")]
