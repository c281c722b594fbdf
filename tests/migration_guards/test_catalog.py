"""The schema by replay."""

from __future__ import annotations

from migration_guards.catalog import Catalog
from migration_guards.definitions import Holds
from migration_guards.dialects.postgres_types import Conversion, conversion, narrows
from migration_guards.schema import Schema
from tests.migration_guards.reading import actions


def replayed(sql: str) -> Schema:
    catalog = Catalog()
    for action in actions(sql):
        catalog.apply(action)
    return catalog.schema()


def test_columns_come_go_and_are_renamed() -> None:
    schema = replayed(
        "CREATE TABLE t (a int, b text NOT NULL); ALTER TABLE t ADD c int, DROP a; ALTER TABLE t RENAME b TO d;"
        " ALTER TABLE t RENAME TO u; ALTER TABLE u ALTER c TYPE bigint, ALTER d DROP NOT NULL;"
    )
    table = schema.table("u")
    assert schema.table("t") is None
    assert table is not None
    assert {name: (c.type, c.not_null) for name, c in table.columns.items()} == {
        "c": ("bigint", False),
        "d": ("text", False),
    }


def test_a_validated_check_proves_not_null() -> None:
    before = replayed("CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;")
    after = replayed(
        "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;"
        " ALTER TABLE t VALIDATE CONSTRAINT c;"
    )
    tables = before.table("t"), after.table("t")
    assert [table.proves_not_null("a") for table in tables if table] == [False, True]


def test_indexes_and_keys_serve_a_foreign_key() -> None:
    schema = replayed("CREATE TABLE t (a int, b int, c int, PRIMARY KEY (a, b)); CREATE INDEX i ON t (c) WHERE a > 1;")
    table = schema.table("t")
    assert table is not None
    assert [table.covering(("a",)), table.covering(("b",)), table.covering(("c",))] == [True, False, False]
    assert [held.columns for held in table.constraints if held.holds is Holds.PRIMARY] == [("a", "b")]


def test_a_column_takes_its_indexes_and_constraints_along() -> None:
    table = replayed("CREATE TABLE t (a int UNIQUE, b int); CREATE INDEX i ON t (a); ALTER TABLE t DROP a;").table("t")
    assert table is not None
    assert (table.constraints, table.indexes) == ((), ())


def test_a_primary_key_using_an_index_has_its_columns() -> None:
    table = replayed(
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a);"
        " ALTER TABLE t ADD CONSTRAINT p PRIMARY KEY USING INDEX i;"
    ).table("t")
    assert table is not None
    assert [(held.holds, held.columns) for held in table.constraints] == [(Holds.PRIMARY, ("a",))]
    assert table.columns["a"].not_null


def test_a_schema_that_was_taken_does_not_change() -> None:
    catalog = Catalog()
    for action in actions("CREATE TABLE t (a int);"):
        catalog.apply(action)
    taken = catalog.schema()
    for action in actions("DROP TABLE t; CREATE TYPE m AS ENUM ('a');"):
        catalog.apply(action)
    assert taken.table("t") is not None
    assert (catalog.schema().table("t"), catalog.schema().enums) == (None, {"m": ("a",)})


def test_what_a_change_of_type_costs_on_postgresql() -> None:
    """The first four cost nothing and the others write the table anew, as measured on PostgreSQL 15."""
    free = [
        ("character varying(20)", "character varying(80)"),
        ("character varying(20)", "text"),
        ("numeric(10,2)", "numeric(12,2)"),
        ("timestamp(3) with time zone", "timestamp with time zone"),
    ]
    rewritten = [
        ("character varying(80)", "character varying(20)"),
        ("integer", "bigint"),
        ("numeric(10,2)", "numeric(10,4)"),
        ("text", "jsonb"),
        ("uuid", "character varying"),
    ]
    assert {conversion(old, new) for old, new in free} == {Conversion.FREE}
    assert {conversion(old, new) for old, new in rewritten} == {Conversion.REWRITE}
    assert conversion("", "bigint") is Conversion.UNKNOWN
    assert conversion("text", "text", "lower(a)") is Conversion.REWRITE
    assert narrows("bigint", "integer") and not narrows("integer", "bigint")
