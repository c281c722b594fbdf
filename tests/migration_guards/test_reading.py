"""Statements are split so that none hides, and read or said to be unread."""

from __future__ import annotations

import pytest

from migration_guards.facts import OPERATIONS, statements
from migration_guards.frameworks.framework import Part
from migration_guards.model import Dialect, Kind, Reading
from migration_guards.sql import tokens
from rules.core.codebase import Codebase
from rules.core.source import MemorySnapshot


def kinds(sql: str, dialect: Dialect = Dialect.POSTGRES) -> list[Kind]:
    content = sql.encode()
    found = statements("a.sql", content, Part(0, len(content)), dialect)
    return [clause.kind for statement in found for clause in statement.clauses]


@pytest.mark.parametrize(
    "before",
    [
        "BEGIN ISOLATION LEVEL SERIALIZABLE;",
        "CREATE TABLE t (begin int);",
        "CREATE VIEW v AS SELECT begin FROM t;",
        "SELECT 'a\\';",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;",
        "/* a /* nested */ ; */ SELECT 1;",
        'SELECT ";" FROM "a;b";',
        "SELECT U&'\\0061;';",
        "INSERT INTO é VALUES ('é;');",
    ],
)
def test_nothing_hides_the_statement_behind_it(before: str) -> None:
    assert kinds(before + "DROP TABLE users;")[-1] is Kind.DROP_TABLE


def test_spans_are_bytes_and_lines_are_right() -> None:
    content = "SELECT 'é';\n\nDROP TABLE a;".encode()
    last = statements("a.sql", content, Part(0, len(content)), Dialect.POSTGRES)[-1]
    assert (last.where.line, content[last.where.span.start : last.where.span.end]) == (3, b"DROP TABLE a")


@pytest.mark.parametrize("terms", [60, 500, 30_000])
def test_deep_expressions_end_in_a_reading_and_not_in_a_crash(terms: int) -> None:
    deep = "DELETE FROM users WHERE 1 = " + "+".join("1" * terms)
    content = deep.encode()
    found = statements("a.sql", content, Part(0, len(content)), Dialect.POSTGRES)
    assert [(s.reading, s.clauses[0].kind) for s in found] == [(Reading.TOKENS, Kind.DELETE)]


def test_deep_nesting_is_read_by_tokens() -> None:
    assert kinds("DROP TABLE a; SELECT " + "(" * 20_000 + "1" + ")" * 20_000)[0] is Kind.DROP_TABLE


def test_an_unterminated_string_loses_nothing_before_it() -> None:
    assert Kind.DROP_TABLE in kinds("DROP TABLE a; SELECT 'oops")


def test_templates_are_read_by_tokens() -> None:
    assert kinds("DROP TABLE {{schema}}.users") == [Kind.DROP_TABLE]


def test_mysql_and_sqlite_are_read_by_tokens() -> None:
    assert kinds("ALTER TABLE `u` DROP COLUMN `a`, ADD `b` INT NOT NULL;", Dialect.MYSQL) == [
        Kind.DROP_COLUMN,
        Kind.ADD_COLUMN,
    ]
    assert kinds("CREATE TRIGGER t; DROP TABLE a", Dialect.SQLITE)[-1] is Kind.DROP_TABLE


def test_token_spans_leave_comments_and_blanks_out() -> None:
    text = "-- DROP TABLE a;\n\n;SELECT 1 ; -- end\n"
    assert [text[a:b].strip() for a, b in tokens.split(text)] == ["SELECT 1"]


@pytest.mark.parametrize("content", [b"\xff\xfeD\0", b"DROP TABLE a\0;", b"DROP TABLE '\xe9';"])
def test_a_file_that_is_no_text_is_unread(content: bytes) -> None:
    code = Codebase(MemorySnapshot({"migrations/1.sql": content}))
    assert code.get(OPERATIONS) == ()
    assert [unread.path for unread in code.unread_by(OPERATIONS)] == ["migrations/1.sql"]


@pytest.mark.parametrize(
    "path", ["docs/schema.sql", "tests/fixtures/seed.sql", "migrations/notes.sql", "db/migrations/1.down.sql"]
)
def test_other_sql_is_no_migration(path: str) -> None:
    assert Codebase(MemorySnapshot({path: b"DROP TABLE a;"})).get(OPERATIONS) == ()


def test_a_table_created_in_another_file_of_the_change_is_new() -> None:
    files = {"migrations/1.sql": b"CREATE TABLE a (i int);", "migrations/2.sql": b"DROP TABLE a;"}
    found = Codebase(MemorySnapshot(files)).get(OPERATIONS)
    assert [operation.table_is_new for operation in found] == [True, True]
    alone = Codebase(MemorySnapshot(files), Codebase(MemorySnapshot({"migrations/1.sql": files["migrations/1.sql"]})))
    assert [operation.table_is_new for operation in alone.get(OPERATIONS)] == [False]
