"""Statements are told apart as the server or its client does, so that none hides in another."""

from __future__ import annotations

import sqlite3

import pytest

from migration_guards.actions import DropTable, Insert, Opaque
from migration_guards.model import Dialect, Reading
from migration_guards.sql.clauses import read
from migration_guards.sql.tokens import split

POSTGRES, MYSQL, SQLITE, OTHER = Dialect.POSTGRES, Dialect.MYSQL, Dialect.SQLITE, Dialect.OTHER
BEHIND = "DROP TABLE users"


def pieces(text: str, dialect: Dialect) -> list[str]:
    return [text[start:end] for start, end in split(text, dialect)]


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize(
    "before",
    [
        "BEGIN ISOLATION LEVEL SERIALIZABLE",
        "CREATE TABLE t (begin int)",
        "CREATE TABLE t (trigger int, begin int)",
        "CREATE VIEW v AS SELECT begin FROM t",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1",
        "SELECT CASE WHEN a THEN 1",
        "SELECT (1",
        "SELECT 'a;b', 'it''s;'",
        'SELECT ";"',
        "SELECT 1 /* ; */ + 2 -- ;\n",
        "INSERT INTO é VALUES ('é;')",
    ],
)
def test_nothing_hides_the_statement_behind_it(before: str, dialect: Dialect) -> None:
    assert pieces(f"{before};{BEHIND};", dialect)[-1] == BEHIND


@pytest.mark.parametrize(
    ("dialect", "before"),
    [
        (MYSQL, "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1"),
        (MYSQL, "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW IF NEW.a THEN SET NEW.a = 1; END IF"),
        (MYSQL, "CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW BEGIN SELECT begin FROM t; DELETE FROM u; END"),
        (MYSQL, "CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW BEGIN SELECT end FROM t; DELETE FROM u; END"),
        (MYSQL, "CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN SELECT 1; ELSE BEGIN END; END CASE; END"),
        (MYSQL, "CREATE PROCEDURE p() BEGIN SELECT CASE a WHEN 1 THEN IF(a, 1, 2) END, REPEAT('x', 2); END"),
        (MYSQL, "CREATE PROCEDURE p() BEGIN l: WHILE a DO IF b THEN SELECT 1; END IF; END WHILE l; END"),
        (MYSQL, "CREATE PROCEDURE p() BEGIN REPEAT SET a = 1; UNTIL a END REPEAT; l: LOOP LEAVE l; END LOOP; END"),
        (MYSQL, "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END; SELECT 1; END"),
        (MYSQL, "ALTER EVENT e DO BEGIN DELETE FROM t; END"),
        (MYSQL, "BEGIN NOT ATOMIC SELECT 1; END"),
        (MYSQL, "SELECT 'a\\';b'"),
        (MYSQL, 'SELECT "a\\";b"'),
        (MYSQL, "SELECT `a;b`"),
        (SQLITE, "CREATE TRIGGER g AFTER UPDATE OF begin ON t WHEN NEW.a > 0 BEGIN DELETE FROM u; SELECT 1; END"),
        (SQLITE, "CREATE TEMP TRIGGER g AFTER DELETE ON t BEGIN SELECT CASE WHEN a THEN 1 END; END"),
        (SQLITE, "SELECT [a;b], `c;d`"),
        (POSTGRES, "CREATE FUNCTION f() RETURNS int AS $a$ ; $b$ ; $a$ LANGUAGE sql"),
        (POSTGRES, "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 2 END; END"),
        (POSTGRES, "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)"),
        (POSTGRES, "SELECT E'a\\';b', U&'\\0061;'"),
    ],
)
def test_what_belongs_to_one_statement_stays_in_it(dialect: Dialect, before: str) -> None:
    assert pieces(f"{before};{BEHIND};", dialect) == [before, BEHIND]


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        (POSTGRES, "SELECT 'a\\';DROP TABLE x;", ["SELECT 'a\\'", "DROP TABLE x"]),
        (SQLITE, "SELECT 'a\\';DROP TABLE x;", ["SELECT 'a\\'", "DROP TABLE x"]),
        (MYSQL, "SELECT 1 --1; DROP TABLE x\n-- real;\n;", ["SELECT 1 --1", "DROP TABLE x"]),
        (POSTGRES, "SELECT a # b;\nDROP TABLE x", ["SELECT a # b", "DROP TABLE x"]),
        (POSTGRES, "COPY t FROM stdin;\n1;2\tDROP\n\\.\nDROP TABLE é;", ["COPY t FROM stdin", "DROP TABLE é"]),
        (POSTGRES, "\\set x 'a;b'\nDROP TABLE a;\n\\connect é;\nDROP TABLE b;", ["DROP TABLE a", "DROP TABLE b"]),
        (POSTGRES, "SELECT $1$2; DROP TABLE x", ["SELECT $1$2", "DROP TABLE x"]),
        (MYSQL, "SELECT 1 # ;\n;DROP TABLE x", ["SELECT 1", "DROP TABLE x"]),
        (MYSQL, "SELECT 1 /*!50001 + ';' */;DROP TABLE x", ["SELECT 1 /*!50001 + ';'", "DROP TABLE x"]),
        (POSTGRES, "SELECT 1 /* a /* ; */ ; */;DROP TABLE x", ["SELECT 1", "DROP TABLE x"]),
        (MYSQL, "/*!999999\\- sandbox; */ DROP TABLE x;", ["DROP TABLE x"]),
        (OTHER, "DROP TABLE a\nGO\nDROP TABLE b\n go 2\nSELECT 'x\nGO\n'", ["DROP TABLE a", "DROP TABLE b",
                                                                        "SELECT 'x\nGO\n'"]),
        (OTHER, "SELECT [a;b]; DROP TABLE x", ["SELECT [a", "b]", "DROP TABLE x"]),
    ],
)  # fmt: skip
def test_each_dialect_has_its_own_quotes_and_comments(dialect: Dialect, text: str, expected: list[str]) -> None:
    assert pieces(text, dialect) == expected


def test_delimiters_of_the_mysql_client_end_statements_and_semicolons_still_do() -> None:
    text = (
        "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT ' // '; DELETE FROM t; END //\n"
        "DROP TABLE a; DROP TABLE b//\ndelimiter ;\nDROP TABLE c;"
    )
    routine = "CREATE PROCEDURE p() BEGIN SELECT ' // '; DELETE FROM t; END"
    assert pieces(text, MYSQL) == [routine, "DROP TABLE a", "DROP TABLE b", "DROP TABLE c"]


def test_a_body_without_an_end_goes_to_its_delimiter() -> None:
    text = (
        "DELIMITER $$\nCREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SELECT 1; $$\nDELIMITER ;\nDROP TABLE x;"
    )
    assert pieces(text, MYSQL)[-1] == "DROP TABLE x"
    assert len(pieces(text, MYSQL)) == 2


def test_a_dump_of_mysql_keeps_its_executable_comments_as_code() -> None:
    text = (
        "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER g BEFORE INSERT ON t "
        "FOR EACH ROW BEGIN SELECT 1; END */;;\nDELIMITER ;\n/*!50001 DROP TABLE x */;"
    )
    first, last = pieces(text, MYSQL)
    assert first.startswith("CREATE*/") and first.endswith("END")
    assert last == "DROP TABLE x"


@pytest.mark.parametrize("head", ["g BEFORE INSERT ON begin", "begin BEFORE INSERT ON t"])
def test_a_name_in_the_head_of_a_trigger_opens_no_body(head: str) -> None:
    first = f"CREATE TRIGGER {head} FOR EACH ROW SET NEW.a = 1"
    last = "CREATE TRIGGER h BEFORE INSERT ON t FOR EACH ROW BEGIN SELECT 1; END"
    assert pieces(f"{first}; {BEHIND}; {last};", MYSQL) == [first, BEHIND, last]


SCRIPT = """
CREATE TABLE t (a int, begin text DEFAULT ';', [x;y] int); -- one; two
CREATE TABLE log (a text);
CREATE TRIGGER g AFTER UPDATE OF begin ON t FOR EACH ROW WHEN NEW.begin <> 'END;' BEGIN
  INSERT INTO log SELECT CASE WHEN NEW.a > 1 THEN 'a;' ELSE 'b\\' END; /* END; */
  DELETE FROM log WHERE a = 'it''s;';
END;
INSERT INTO t (a, begin) VALUES (2, 'c'); UPDATE t SET begin = 'd';
CREATE VIEW v AS SELECT begin, "x;y" FROM t; DROP TABLE IF EXISTS missing /* open to the end
"""


def test_sqlite_itself_runs_each_piece_and_ends_where_it_does_by_the_whole() -> None:
    by_piece, by_whole = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    for piece in pieces(SCRIPT, SQLITE):
        by_piece.execute(piece)
    by_whole.executescript(SCRIPT)
    asked = "SELECT type, name, sql FROM sqlite_schema"
    assert by_piece.execute(asked).fetchall() == by_whole.execute(asked).fetchall()
    assert (
        by_piece.execute("SELECT * FROM log").fetchall()
        == [("a;",)]
        == by_whole.execute("SELECT * FROM log").fetchall()
    )
    assert len(pieces(SCRIPT, SQLITE)) == 7


@pytest.mark.parametrize("text", ["", "  \n", ";;", "-- a\n/* b; */ ; -- c"])
@pytest.mark.parametrize("dialect", Dialect)
def test_comments_alone_are_no_statement(text: str, dialect: Dialect) -> None:
    assert pieces(text, dialect) == []


def test_spans_count_characters_without_comments_around_and_terminators() -> None:
    text = "-- é\n SELECT 'é' ; /* x */ DROP TABLE ü -- end\n;"
    assert pieces(text, POSTGRES) == ["SELECT 'é'", "DROP TABLE ü"]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (MYSQL, "SELECT 'open; DROP TABLE x;"),
        (MYSQL, "SELECT `open; DROP TABLE x;"),
        (MYSQL, "/* open; DROP TABLE x;"),
        (SQLITE, "SELECT [open; DROP TABLE x;"),
        (POSTGRES, "SELECT $a$ open; DROP TABLE x; $b$"),
        (POSTGRES, "/* a /* b */ DROP TABLE x;"),
        (OTHER, 'SELECT "open; DROP TABLE x;'),
        (MYSQL, "INSERT INTO t VALUES (1, 'a'), (2, 'open); DROP TABLE x;"),
    ],
)
def test_what_is_quoted_and_does_not_end_is_opaque_and_no_silence(dialect: Dialect, text: str) -> None:
    assert pieces(f"DROP TABLE a; {text}", dialect)[0] == "DROP TABLE a"
    (piece,) = pieces(text, dialect)
    reading, (clause,) = read(piece, dialect)
    assert reading is Reading.OPAQUE
    assert isinstance(clause.action, Opaque)
    assert "does not end" in clause.action.reason
    assert (clause.span.start, clause.span.end) == (0, len(piece.encode()))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no word"),
        ("-- nothing", "no word"),
        ("SELCT 1", "known"),
        ("CREATE TABLE t (a int", "parentheses"),
        ("SELECT 1)", "parentheses"),
        ("DROP TABLE", "known"),
        ("BEGIN DROP TABLE x", "known"),
        ("DELETE FROM t WHERE a IN (" + "1, " * 60_000 + "1)", "longer"),
    ],
)
def test_what_is_not_understood_says_why(text: str, reason: str) -> None:
    reading, (clause,) = read(text, MYSQL)
    assert reading is Reading.OPAQUE
    assert isinstance(clause.action, Opaque)
    assert reason in clause.action.reason


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM t WHERE " + "(" * 5_000 + "1 = 1" + ")" * 5_000,
        "DELETE FROM t WHERE " + "(a OR " * 3_000 + "1" + ")" * 3_000,
        "SET STATEMENT a = 1 FOR " * 3_000 + "DELETE FROM t",
        "CREATE PROCEDURE p() " * 3_000 + "DELETE FROM t",
        "ALTER TABLE t " + ", ".join(f"ADD a{number} int" for number in range(3_000)),
    ],
)
def test_deep_and_long_statements_are_read(text: str) -> None:
    assert read(text, MYSQL)[0] is Reading.TOKENS


def test_a_seed_of_ten_megabytes_is_split_and_its_first_rows_kept() -> None:
    rows = ",\n".join(f"({number}, 'it''s; \\' {number}', NULL)" for number in range(300_000))
    text = f"INSERT INTO seeds (a, b, c) VALUES {rows};\n{BEHIND};"
    assert len(text) > 9_000_000
    first, last = pieces(text, MYSQL)
    reading, (clause,) = read(first, MYSQL)
    assert (reading, last) == (Reading.TOKENS, BEHIND)
    assert isinstance(clause.action, Insert)
    assert (clause.action.table, clause.action.columns) == ("seeds", ("a", "b", "c"))
    assert (len(clause.action.values), clause.action.values[0]) == (200, "it's; \\' 0")
    assert clause.span.end == len(first.encode())


@pytest.mark.parametrize("cut", range(0, 400, 3))
def test_a_text_that_breaks_off_anywhere_is_still_read(cut: int) -> None:
    whole = (
        "DELIMITER //\nCREATE PROCEDURE p(a INT) BEGIN IF a THEN ALTER TABLE t ADD COLUMN `b` ENUM('x', 'y') NOT NULL "
        "DEFAULT 'x' AFTER c, DROP FOREIGN KEY fk, CHANGE d e DECIMAL(10, 2) /*! COMMENT 'é' */; END IF; END //\n"
        "DELIMITER ;\nINSERT INTO t (a) SELECT b FROM u WHERE c IN (1, 2); UPDATE t SET a = CASE b WHEN 1 THEN 2 END "
        "WHERE (a = 1); CREATE TABLE é (a int CHECK (a > 0), UNIQUE KEY u (a(10))) ENGINE=InnoDB;"
    )
    for dialect in Dialect:
        for piece in pieces(whole[:cut], dialect):
            reading, found = read(piece, dialect)
            assert found, (dialect, piece)
            assert all(0 <= c.span.start < c.span.end <= len(piece.encode()) for c in found), reading


def test_many_bodies_without_an_end_still_show_what_stands_behind_them() -> None:
    text = "CREATE TRIGGER g ON t BEGIN SELECT 1;" * 2_000 + BEHIND
    *_, last = pieces(text, MYSQL)
    assert isinstance(read(last, MYSQL)[1][0].action, DropTable)
