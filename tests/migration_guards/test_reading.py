"""Statements are split so that none hides, and read or said to be unread."""

from __future__ import annotations

import pytest

from migration_guards.actions import Delete, DropTable, Insert
from migration_guards.facts import OPERATIONS
from migration_guards.model import Dialect, Reading
from migration_guards.sql import tokens
from rules.core.codebase import Codebase
from rules.core.source import MemorySnapshot
from tests.migration_guards.reading import actions, kinds, read

EVERY = (Dialect.POSTGRES, Dialect.MYSQL, Dialect.SQLITE, Dialect.OTHER)


@pytest.mark.parametrize(
    "before",
    [
        "BEGIN ISOLATION LEVEL SERIALIZABLE;",
        "CREATE TABLE t (begin int);",
        "CREATE VIEW v AS SELECT begin FROM t;",
        "SELECT 'a\\';",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;",
        "/* a /* nested */ ; */ SELECT 1;",
        'SELECT ";" FROM "a;b";',
        "SELECT U&'\\0061;';",
        "INSERT INTO é VALUES ('é;');",
        "\\set x 1;\nSELECT 1;",
        "COPY t (a) FROM stdin;\n1;\tDROP\n\\.\n",
    ],
)
def test_nothing_hides_the_statement_behind_it(before: str) -> None:
    assert kinds(before + "DROP TABLE users;")[-1] == "DropTable"


@pytest.mark.parametrize(
    ("before", "dialect"),
    [
        ("CREATE TABLE t (begin int);", Dialect.MYSQL),
        ("CREATE VIEW v AS SELECT begin FROM t;", Dialect.MYSQL),
        ("SELECT 'it\\'s;';", Dialect.MYSQL),
        ("# DROP TABLE a;\nSELECT 1;", Dialect.MYSQL),
        ("CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN IF 1 THEN SET @a = 1; END IF; END;", Dialect.MYSQL),
        ("CREATE PROCEDURE p() BEGIN CASE 1 WHEN 1 THEN SELECT 1; END CASE; END;", Dialect.MYSQL),
        ("DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\n", Dialect.MYSQL),
        ("INSERT INTO t VALUES ('a;', \"b;\"), ('\\';');", Dialect.MYSQL),
        ("SELECT 'a\\';", Dialect.SQLITE),
        ("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM u; END;", Dialect.SQLITE),
        ("INSERT INTO t VALUES ('a\\'), ('b;');", Dialect.SQLITE),
        ("BEGIN; SELECT 1; END;", Dialect.SQLITE),
        ("SELECT 'DROP TABLE a;';", Dialect.OTHER),
    ],
)
def test_nothing_hides_it_from_the_reader_by_tokens(before: str, dialect: Dialect) -> None:
    assert kinds(before + "DROP TABLE users;", dialect)[-1] == "DropTable"
    assert kinds(before + "DROP TABLE users;", dialect).count("DropTable") == 1


def test_a_comment_that_mysql_runs_is_read() -> None:
    assert kinds("/*!40000 DROP TABLE a */;", Dialect.MYSQL) == ["DropTable"]
    assert kinds("/*!40000 DROP TABLE a */; SELECT 1", Dialect.SQLITE) == ["Select"]


def test_spans_are_bytes_of_the_file() -> None:
    content = "SELECT 'é';\n\nDROP TABLE a;"
    for dialect in EVERY:
        last = read(content, dialect)[-1]
        assert content.encode()[last.span.start : last.span.end] == b"DROP TABLE a", dialect


@pytest.mark.parametrize("dialect", [Dialect.POSTGRES, Dialect.MYSQL])
def test_a_clause_of_alter_table_has_its_own_place(dialect: Dialect) -> None:
    text = "ALTER TABLE é\n  ADD a varchar(3),\n  DROP COLUMN b;"
    (statement,) = read(text, dialect)
    shown = [text.encode()[c.span.start : c.span.end].decode() for c in statement.clauses]
    assert shown == ["ADD a varchar(3)", "DROP COLUMN b"]


@pytest.mark.parametrize("terms", [60, 500, 30_000])
def test_deep_expressions_end_in_a_reading_and_not_in_a_crash(terms: int) -> None:
    (found,) = read("DELETE FROM users WHERE 1 = " + "+".join("1" * terms))
    assert found.reading is Reading.TOKENS
    assert isinstance(found.clauses[0].action, Delete)


@pytest.mark.parametrize("dialect", EVERY)
def test_deep_nesting_is_read_by_tokens(dialect: Dialect) -> None:
    assert kinds("DROP TABLE a; SELECT " + "(" * 20_000 + "1" + ")" * 20_000, dialect)[0] == "DropTable"


@pytest.mark.parametrize("dialect", EVERY)
@pytest.mark.parametrize("rest", ["SELECT 'oops", "SELECT $$ oops", "SELECT (((", "/* oops"])
def test_what_has_no_end_loses_nothing_before_it(rest: str, dialect: Dialect) -> None:
    assert "DropTable" in kinds(f"DROP TABLE a; {rest}", dialect)


@pytest.mark.parametrize("dialect", EVERY)
@pytest.mark.parametrize("text", ["", ";;;", "-- nothing", "/* nothing */ ;", "\n\n"])
def test_nothing_is_no_statement(text: str, dialect: Dialect) -> None:
    assert read(text, dialect) == ()


def test_templates_are_read_by_tokens() -> None:
    assert actions("DROP TABLE {{schema}}.users")[0] != DropTable("users")
    assert kinds("DROP TABLE {{schema}}.users") == ["DropTable"]


def test_what_is_no_statement_is_opaque() -> None:
    for dialect in EVERY:
        assert next(s.reading for s in read("SELCT 1; SELECT 1", dialect)) is Reading.OPAQUE


@pytest.mark.parametrize("dialect", EVERY)
def test_many_rows_cost_no_more_than_a_look(dialect: Dialect) -> None:
    rows = ",\n".join(f"({n}, 'row; {n}', NULL)" for n in range(20_000))
    found = actions(f"INSERT INTO t (a, b, c) VALUES {rows}; DROP TABLE u", dialect)
    assert [type(one) for one in found] == [Insert, DropTable]
    assert isinstance(found[0], Insert)
    assert found[0].values[:1] == ("row; 0",)


def test_token_spans_leave_comments_and_blanks_out() -> None:
    text = "-- DROP TABLE a;\n\n;SELECT 1 ; -- end\n"
    assert [text[a:b].strip() for a, b in tokens.split(text, Dialect.SQLITE)] == ["SELECT 1"]


@pytest.mark.parametrize("content", [b"\xff\xfeD\0", b"DROP TABLE a\0;", b"DROP TABLE '\xe9';"])
def test_a_file_that_is_no_text_is_unread(content: bytes) -> None:
    code = Codebase(MemorySnapshot({"migrations/1.sql": content}))
    assert list(code.get(OPERATIONS)) == []
    assert [unread.path for unread in code.unread_by(OPERATIONS)] == ["migrations/1.sql"]


@pytest.mark.parametrize(
    "path", ["docs/schema.sql", "tests/fixtures/seed.sql", "migrations/notes.sql", "db/migrations/1.down.sql"]
)
def test_other_sql_is_no_migration(path: str) -> None:
    assert list(Codebase(MemorySnapshot({path: b"DROP TABLE a;"})).get(OPERATIONS)) == []


def test_a_table_created_in_another_file_of_the_change_is_new() -> None:
    files = {"migrations/1.sql": b"CREATE TABLE a (i int);", "migrations/2.sql": b"DROP TABLE a;"}
    found = Codebase(MemorySnapshot(files)).get(OPERATIONS)
    assert [operation.on_new_table for operation in found] == [False, True]
    alone = Codebase(MemorySnapshot(files), Codebase(MemorySnapshot({"migrations/1.sql": files["migrations/1.sql"]})))
    assert [operation.on_new_table for operation in alone.get(OPERATIONS)] == [False]


def test_only_what_an_edit_says_anew_is_judged() -> None:
    base = Codebase(MemorySnapshot({"migrations/1.sql": b"DROP TABLE a;\nSELECT 1;"}))
    head = Codebase(MemorySnapshot({"migrations/1.sql": b"DROP TABLE a;\nDROP TABLE b;"}), base)
    assert [operation.action for operation in head.get(OPERATIONS)] == [DropTable("b")]
