"""Runners that keep SQL files: which files are theirs, in which order, for which database and in which transaction."""

from __future__ import annotations

import pytest

from migration_guards.facts import OPERATIONS, frameworks
from migration_guards.frameworks.framework import Checksum, Late
from migration_guards.model import Dialect
from rules.core.codebase import Codebase
from rules.core.source import Entry, MemorySnapshot, blob_id
from tests.migration_guards.repository import codebase, guards, operations, paths, said, sources, undone, unread

TABLE = "CREATE TABLE t (a int);\n"
CARGO = '[dependencies]\nsqlx = { version = "0.8", features = ["runtime-tokio", "postgres"] }\n'
GOOSE = "-- +goose Up\nCREATE TABLE t (a int);\nALTER TABLE t ADD b int;\n-- +goose Down\nDROP TABLE t;\n"
DBMATE = "-- migrate:up\nCREATE TABLE t (a int);\nALTER TABLE t ADD b int;\n\n-- migrate:down\nDROP TABLE t;\n"
TWO = "CREATE TABLE t (a int);\nALTER TABLE t ADD b int;\n"
ONCE = [("CreateTable t", 1), ("AddColumn t", 1)]
NEVER = [("CreateTable t", 0), ("AddColumn t", 0)]


@pytest.mark.parametrize(
    ("runner", "path", "beside"),
    [
        ("goose", "sql/schema/001_a.sql", {"sql/schema/001_a.sql": GOOSE}),
        ("dbmate", "db/migrations/20240101000000_a.sql", {"db/migrations/20240101000000_a.sql": DBMATE}),
        ("golang-migrate", "store/000001_a.up.sql", {"store/000001_a.down.sql": "DROP TABLE t;"}),
        ("sqlx", "api/migrations/1_a.sql", {"api/Cargo.toml": CARGO}),
        ("sqlx", "api/migrations/1_a.up.sql", {"Cargo.toml": CARGO.replace("[dep", "[workspace.dep")}),
        ("supabase", "supabase/migrations/20240101000000_a.sql", {}),
        ("hasura", "hasura/migrations/default/1700000000000_a/up.sql", {"hasura/config.yaml": "version: 3\n"}),
        ("hasura", "migrations/1700000000000_a/up.sql", {"metadata/version.yaml": "version: 3\n"}),
        ("diesel", "migrations/2024-01-01-000000_a/up.sql", {"diesel.toml": ""}),
        ("atlas", "migrations/20240101000000_a.sql", {"migrations/atlas.sum": "h1:x\n"}),
        ("flyway", "src/main/resources/db/migration/V1_2__a.sql", {}),
        ("flyway", "anywhere/R__views.sql", {}),
        ("db-migrate SQL", "migrations/sqls/20240101000000-a-up.sql", {}),
        ("liquibase SQL", "db/a.sql", {"db/a.sql": f"--liquibase formatted sql\n--changeset a:1\n{TABLE}"}),
        ("raw SQL", "Migrations/1.sql", {}),
        ("raw SQL", "db/versions/001_a.sql", {}),
        ("raw SQL", "migrations/20240101_a/up.sql", {}),
    ],
)
def test_a_file_belongs_to_its_runner(runner: str, path: str, beside: dict[str, str]) -> None:
    assert paths({path: TABLE, **beside}) == [(runner, path)]


@pytest.mark.parametrize(
    "path",
    [
        "testdata/migrations/1_a.sql", "tests/migrations/1_a.up.sql", "docs/V1__a.sql", "migrations/1.SQL.bak",
        "node_modules/x/migrations/1.sql",
        "vendor/x/migrations/1_a.up.sql", "migrations/seeds/1.sql", "examples/migrations/1.sql", "db/schema.sql",
        "db/migrations/schema.sql", "db/structure.sql", "migrations/1_a.down.sql", "migrations/1/down.sql",
        "migrations/sqls/1-a-down.sql", "db/U1__a.sql", "reports/001_a.sql", "migrations/notes.sql",
    ],
)  # fmt: skip
def test_other_files_belong_to_none(path: str) -> None:
    assert paths({path: TABLE}) == []


def test_the_order_is_by_number_and_each_folder_is_a_history() -> None:
    names = ["a/10_x.up.sql", "a/9_x.up.sql", "b/1_x.up.sql"]
    found = sources(dict.fromkeys(names, TABLE))
    assert [(s.history, s.order[0]) for _, s in found] == [("a", 9), ("a", 10), ("b", 1)]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("m/1_a.sql", GOOSE, ONCE),
        ("m/1_a.sql", f"-- +goose NO TRANSACTION\n{GOOSE}", NEVER),
        ("m/1_a.sql", GOOSE.replace("\n", "\r\n"), ONCE),
        ("m/1_a.sql", DBMATE, ONCE),
        ("m/1_a.sql", DBMATE.replace("up\n", "up transaction:false\n"), ONCE),
        ("m/1_a.sql", "-- migrate:up transaction:false\nCREATE TABLE t (a int);\n", [("CreateTable t", 0)]),
        ("m/1_a.up.sql", TWO, ONCE),
        ("m/1_a.up.sql", TABLE, [("CreateTable t", 0)]),
        ("sqlite/1_a.up.sql", TABLE, [("CreateTable t", 1)]),
        ("supabase/migrations/1_a.sql", TWO, ONCE),
        ("db/V1__a.sql", TWO, ONCE),
        ("migrations/sqls/1-a-up.sql", TWO, ONCE),
        ("migrations/1.sql", TWO, ONCE),
        ("migrations/1.sql", TABLE, [("CreateTable t", 0)]),
    ],
)
def test_transactions(path: str, text: str, expected: list[tuple[str, int]]) -> None:
    assert said({path: text}) == expected


def test_transactions_that_other_files_speak_of() -> None:
    sqlx = {"Cargo.toml": CARGO}
    assert said({**sqlx, "migrations/1_a.sql": TWO}) == ONCE
    assert said({**sqlx, "migrations/1_a.sql": f"-- no-transaction\n{TABLE}"}) == [("CreateTable t", 0)]
    assert said({**sqlx, "migrations/1_a.sql": f"\n-- no-transaction\n{TABLE}"}) == [("CreateTable t", 1)]
    assert said({"db/V1__a.sql": TWO, "db/V1__a.sql.conf": "executeInTransaction=false\n"}) == NEVER
    diesel = {"diesel.toml": "", "migrations/1_a/up.sql": TABLE}
    assert said(diesel) == [("CreateTable t", 1)]
    assert said({**diesel, "migrations/1_a/metadata.toml": "run_in_transaction = false"}) == [("CreateTable t", 0)]
    assert said({**diesel, "migrations/1_a/metadata.toml": "run_in_transaction ="}) == [("CreateTable t", 1)]
    atlas = {"m/atlas.sum": "h1:x\n"}
    assert said({**atlas, "m/1.sql": TWO}) == ONCE
    assert said({**atlas, "m/1.sql": f"-- atlas:txmode none\n\n{TWO}"}) == NEVER
    assert said({**atlas, "m/1.sql": f"-- atlas:txmode none\n{TWO}"}) == ONCE


def test_what_goose_sends_as_one_query_is_one_transaction() -> None:
    text = "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\n-- +goose StatementBegin\nSELECT 2;\nSELECT 3;\n"
    assert said({"m/1_a.sql": f"{text}-- +goose StatementEnd\nSELECT 4;\n"}) == [
        ("Select", 0), ("Select", 1), ("Select", 1), ("Select", 0),
    ]  # fmt: skip


def test_each_section_of_dbmate_is_a_transaction_of_its_own() -> None:
    text = "-- migrate:up\nSELECT 1;\n-- migrate:down\n-- migrate:up transaction:false\nSELECT 2;\n-- migrate:down\n"
    assert said({"m/1_a.sql": f"{text}-- migrate:up\nSELECT 3;\nSELECT 4;\n-- migrate:down\n"}) == [
        ("Select", 1), ("Select", 0), ("Select", 2), ("Select", 2),
    ]  # fmt: skip


def test_flyway_leaves_a_transaction_for_what_cannot_run_in_one() -> None:
    build = "CREATE INDEX CONCURRENTLY i ON t (a);\n"
    assert said({"db/V1__a.sql": build + build.replace(" i ", " j ")}) == [("CreateIndex t", 0), ("CreateIndex t", 0)]
    assert said({"db/V1__a.sql": build + "SELECT 1;"}) == [("CreateIndex t", 1), ("Select", 1)]


def test_supabase_runs_by_itself_what_cannot_run_in_a_batch() -> None:
    files = {"supabase/migrations/1_a.sql": "SELECT 1;\nCREATE INDEX CONCURRENTLY i ON t (a);\n"}
    assert said(files) == [("Select", 1), ("CreateIndex t", 0)]
    assert "concurrently-in-transaction" not in guards(files)


@pytest.mark.parametrize(
    "files",
    [
        {"m/1_a.sql": GOOSE},
        {"m/1_a.sql": DBMATE},
        {"m/1_a.up.sql": TABLE, "m/1_a.down.sql": "DROP TABLE t;"},
        {"Cargo.toml": CARGO, "migrations/1_a.up.sql": TABLE, "migrations/1_a.down.sql": "DROP TABLE t;"},
        {
            "config.yaml": "",
            "migrations/1700000000_a/up.sql": TABLE,
            "migrations/1700000000_a/down.sql": "DROP TABLE t",
        },
        {"diesel.toml": "", "migrations/1_a/up.sql": TABLE, "migrations/1_a/down.sql": "DROP TABLE t;"},
        {"db/V1__a.sql": TABLE, "db/U1__b.sql": "DROP TABLE t;"},
        {"migrations/sqls/1-a-up.sql": TABLE, "migrations/sqls/1-a-down.sql": "DROP TABLE t;"},
        {"migrations/1/up.sql": TABLE, "migrations/1/down.sql": "DROP TABLE t;"},
    ],
)  # fmt: skip
def test_the_way_back(files: dict[str, str]) -> None:
    assert undone(files) == [["DropTable"]]


def test_no_way_back() -> None:
    assert undone({"m/1_a.sql": "-- +goose Up\nSELECT 1;"}) == [None]
    assert undone({"m/1_a.sql": "-- +goose Up\nSELECT 1;\n-- +goose Down\n"}) == [[]]
    assert undone({"supabase/migrations/1_a.sql": "SELECT 1;"}) == [None]


@pytest.mark.parametrize(
    ("files", "dialect"),
    [
        ({"mysql/1_a.up.sql": TABLE}, Dialect.MYSQL),
        ({"db/clickhouse-migrations/1_a.up.sql": TABLE}, Dialect.OTHER),
        ({"postgres/migrations/1.sql": "CREATE TABLE `t` (a int) ENGINE=InnoDB"}, Dialect.POSTGRES),
        ({"m/1_a.up.sql": "CREATE TABLE t (a int) ENGINE = ReplicatedMergeTree ORDER BY a"}, Dialect.OTHER),
        ({"m/1_a.up.sql": "CREATE TABLE t ON CLUSTER c (a int)"}, Dialect.OTHER),
        ({"m/1_a.up.sql": "CREATE TABLE [dbo].[t] (a int)"}, Dialect.OTHER),
        ({"m/1_a.up.sql": "CREATE TABLE `t` (a int AUTO_INCREMENT)"}, Dialect.MYSQL),
        ({"m/1_a.up.sql": "CREATE TABLE `t` (a integer PRIMARY KEY AUTOINCREMENT)"}, Dialect.SQLITE),
        ({"m/1_a.up.sql": TABLE, "m/2_b.up.sql": "CREATE TABLE `t` (a int)"}, Dialect.MYSQL),
        ({"m/1_a.up.sql": "-- AUTO_INCREMENT\nSELECT 'PRAGMA', $$ `x` ON CLUSTER $$;"}, Dialect.POSTGRES),
        ({"m/1_a.up.sql": TABLE, "go.mod": "require github.com/go-sql-driver/mysql v1\n"}, Dialect.MYSQL),
        ({"m/1_a.up.sql": TABLE}, Dialect.POSTGRES),
        ({"m/1.sql": TABLE, "m/atlas.sum": "", "atlas.hcl": 'dev = "docker://mysql/8/dev"'}, Dialect.MYSQL),
        ({"d/V1__a.sql": TABLE, "flyway.conf": "flyway.url=jdbc:mariadb://db/x\n"}, Dialect.MYSQL),
        ({"d/V1__a.sql": TABLE, "flyway.toml": 'url = "jdbc:oracle:thin:@//db/x"\n'}, Dialect.OTHER),
        ({"migrations/1_a.sql": TABLE, "Cargo.toml": CARGO.replace("postgres", "sqlite")}, Dialect.SQLITE),
        ({"migrations/1_a.sql": TABLE, "Cargo.toml": CARGO}, Dialect.POSTGRES),
        (
            {
                "migrations/w/1700000000_a/up.sql": TABLE,
                "metadata/databases/databases.yaml": "- name: w\n  kind: mssql\n",
            },
            Dialect.OTHER,
        ),
    ],
)  # fmt: skip
def test_dialects(files: dict[str, str], dialect: Dialect) -> None:
    assert {source.dialect for _, source in sources(files)} == {dialect}


def test_what_runners_remember_and_refuse() -> None:
    known = frameworks()
    remembered = {name for name, one in known.items() if one.checksum is Checksum.BYTES}
    assert {"prisma", "sqlx", "flyway", "liquibase", "liquibase SQL", "atlas"} == remembered
    assert {name for name, one in known.items() if one.late is Late.SKIPPED} == {"golang-migrate"}
    assert {name for name, one in known.items() if one.late is Late.REFUSED} == {"goose", "flyway", "supabase", "atlas"}


def test_versions_of_flyway() -> None:
    names = ["db/V2__c.sql", "db/V1_10__b.sql", "db/V1.9__a.sql", "db/R__z.sql"]
    found = sources(dict.fromkeys(names, TABLE))
    assert [s.path for _, s in found] == ["db/V1.9__a.sql", "db/V1_10__b.sql", "db/V2__c.sql", "db/R__z.sql"]
    base = {"db/V1.1__a.sql": TABLE, "db/V3__a.sql": "SELECT 3;"}
    assert "migration-out-of-order" not in guards({**base, "db/V1.2__b.sql": "SELECT 1;"}, base)
    assert "migration-out-of-order" not in guards({**base, "db/V4__b.sql": "SELECT 1;"}, base)
    assert "migration-out-of-order" in guards({**base, "db/V2__b.sql": "SELECT 1;"}, base)


def test_what_flyway_runs_again_may_be_edited() -> None:
    base = {"db/R__v.sql": "CREATE VIEW v AS SELECT 1;", "db/V1__a.sql": TABLE}
    assert "merged-migration-edited" not in guards({**base, "db/R__v.sql": "CREATE VIEW v AS SELECT 2;"}, base)
    assert "merged-migration-edited" in guards({**base, "db/V1__a.sql": "CREATE TABLE t (a bigint);"}, base)


@pytest.mark.parametrize("path", ["m/1_a.up.sql", "db/V1__a.sql", "supabase/migrations/1_a.sql", "migrations/1.sql"])
@pytest.mark.parametrize("content", [b"\xff\xfeD\0R\0", b"DROP TABLE a\0;", b"DROP TABLE '\xe9';"])
def test_a_file_that_is_no_text_is_unread(path: str, content: bytes) -> None:
    assert list(unread({path: content})) == [path]


@pytest.mark.parametrize(
    "text",
    [
        "-- +goose Down\nDROP TABLE t;\n",
        "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n",
        "-- +goose Up\nSELECT 1;\n-- +goose StatementEnd\n",
        "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n",
        "-- migrate:down\nDROP TABLE t;\n",
    ],
)
def test_sections_that_do_not_match_are_said_to_be_unread(text: str) -> None:
    assert list(unread({"m/1_a.sql": text})) == ["m/1_a.sql"]


def test_bytes_of_crlf_files_and_of_a_byte_order_mark() -> None:
    for text in (GOOSE.replace("\n", "\r\n"), "\ufeff" + GOOSE, DBMATE.replace("\n", "\r\n")):
        found = operations({"m/1_a.sql": text})
        shown = [text.encode()[o.where.span.start : o.where.span.end] for o in found]
        assert shown == [b"CREATE TABLE t (a int)", b"ADD b int"]


class Linked(MemorySnapshot):
    """A tree with a symbolic link and a folder in the places of migrations."""

    def entries(self) -> list[Entry]:
        return [*super().entries(), Entry("migrations/2.sql", 0o120000, blob_id(b"DROP TABLE a;"))]


def test_links_and_folders_are_no_migrations() -> None:
    code = Codebase(Linked({"migrations/1.sql/notes.md": b"DROP TABLE a;", "migrations/3.sql/x.sql": b"DROP TABLE a;"}))
    assert list(code.get(OPERATIONS)) == []


def test_much_that_never_ends_is_looked_at_once() -> None:
    for text in ("/*" * 100_000, "'\\'" * 100_000 + "\\", "$a$ " * 50_000 + "$b$", '"' * 99_999, "--" * 100_000):
        assert len(codebase({"m/1_a.up.sql": text}).get(OPERATIONS)) < 2


def test_broken_configurations_say_nothing() -> None:
    bad = {"Cargo.toml": "[dependencies", "migrations/1_a.sql": TABLE}
    assert paths(bad) == [("raw SQL", "migrations/1_a.sql")]
    hasura = {"metadata/databases/databases.yaml": "- [", "migrations/d/1700000000_a/up.sql": TABLE}
    assert [(runner, source.dialect) for runner, source in sources(hasura)] == [("hasura", Dialect.POSTGRES)]
