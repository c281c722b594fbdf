"""Liquibase: changesets in formatted SQL, XML and YAML, each in a transaction of its own."""

from __future__ import annotations

import pytest

from migration_guards.actions import (
    AddColumn,
    AddConstraint,
    AlterType,
    CreateIndex,
    CreateTable,
    DropColumn,
    Dynamic,
    Opaque,
    SetDefault,
)
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from tests.migration_guards.repository import guards, operations, paths, said, undone, unread

XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<databaseChangeLog xmlns="urn:x">
  <changeSet id="1" author="a">
    <preConditions><not><tableExists tableName="t"/></not></preConditions>
    <comment>a &gt; b</comment>
    <createTable tableName="t" remarks="a > b">
      <column name="id" type="BIGINT" autoIncrement="true"><constraints primaryKey="true"/></column>
      <column name="at" type="timestamp" defaultValueComputed="now()"><constraints nullable="false"/></column>
    </createTable>
    <rollback><dropTable tableName="t"/></rollback>
  </changeSet>
  <changeSet id="2" author="a" runInTransaction="false">
    <sql splitStatements="true"><![CDATA[
      CREATE INDEX CONCURRENTLY i ON é (a) WHERE a < 3;
    ]]></sql>
  </changeSet>
  <changeSet id="3" author="a">
    <addColumn tableName="u"><column name="c" type="int"/><column name="d" type="text"/></addColumn>
    <dropColumn tableName="u" columnName="e"/>
    <modifyDataType tableName="u" columnName="f" newDataType="BIGINT"/>
    <addForeignKeyConstraint constraintName="fk" baseTableName="u" baseColumnNames="t_id" referencedTableName="t"
        referencedColumnNames="id" onDelete="CASCADE"/>
    <createIndex tableName="u" indexName="j" unique="true"><column name="c"/><column name="d"/></createIndex>
    <addDefaultValue tableName="u" columnName="c" defaultValueNumeric="1"/>
    <sqlFile path="more.sql"/>
    <inventedChange tableName="u"/>
    <sql dbms="mysql">DROP TABLE never</sql>
  </changeSet>
  <changeSet id="4" author="a" dbms="oracle"><dropTable tableName="never"/></changeSet>
</databaseChangeLog>
"""
YAML = """\
databaseChangeLog:
  - preConditions:
      - runningAs: {username: x}
  - changeSet:
      id: 1
      author: a
      changes:
        - createTable:
            tableName: t
            columns:
              - column:
                  name: id
                  type: BIGINT
                  autoIncrement: true
                  constraints: {primaryKey: true}
        - addNotNullConstraint: {tableName: é, columnName: c}
      rollback:
        - dropTable: {tableName: t}
  - changeSet:
      id: 2
      author: a
      runInTransaction: false
      changes:
        - sql:
            sql: |
              -- first
              DROP TABLE a;
              DROP TABLE b;
        - delete: {tableName: c, where: "1 = 2"}
        - delete: {tableName: d}
"""
SQL = """\
--liquibase formatted sql

--changeset a:1 dbms:postgresql
CREATE TABLE t (a int);
ALTER TABLE t ADD b int;
--rollback ALTER TABLE t DROP b;
--rollback DROP TABLE
--rollback t;

--changeset a:2 runInTransaction:false
CREATE INDEX CONCURRENTLY i ON t (a);
--rollback empty
--changeset a:3 dbms:"mysql,mariadb"
DROP TABLE never;
--changeset b:4
SELECT 1;
"""


def test_xml() -> None:
    files = {"db/changelog.xml": XML}
    found = operations(files)
    at = Column("at", "timestamp", not_null=True, default="now()", calls=("now",))
    assert [o.action for o in found if not o.transaction] == [
        CreateIndex("é", Index("i", "é", ("a",), partial=True), concurrently=True)
    ]
    assert [o.action for o in found if o.transaction] == [
        CreateTable("t", (Column("id", "bigint", not_null=True, identity=True, primary=True), at)),
        AddColumn("u", Column("c", "int")),
        AddColumn("u", Column("d", "text")),
        DropColumn("u", "e"),
        AlterType("u", "f", "bigint"),
        AddConstraint("u", Constraint(Holds.FOREIGN, "fk", ("t_id",), Reference("t", ("id",), "cascade"))),
        CreateIndex("u", Index("j", "u", ("c", "d"), unique=True)),
        SetDefault("u", "c", "1"),
        Dynamic(text="the file more.sql"),
        Opaque(reason="inventedChange is not known"),
    ]
    assert [o.transaction for o in found] == [1, 0, *[2] * 9]
    assert undone(files) == [["DropTable"]]


def test_places_in_xml() -> None:
    lines = {type(o.action).__name__: (o.where.line, o.where.end_line) for o in operations({"db/changelog.xml": XML})}
    assert lines["CreateTable"] == (6, 9)
    assert lines["DropColumn"] == (19, 19)
    assert lines["AddConstraint"] == (21, 22)
    (built,) = [o for o in operations({"db/changelog.xml": XML}) if o.transaction == 0]
    raw = XML.encode()[built.where.span.start : built.where.span.end]
    assert raw.decode() == "CREATE INDEX CONCURRENTLY i ON é (a) WHERE a < 3"


def test_yaml() -> None:
    files = {"db/changelog/1.yaml": YAML}
    assert said(files) == [
        ("CreateTable t", 1), ("SetNotNull é", 1), ("DropTable a", 0), ("DropTable b", 0), ("Delete c", 0),
        ("Delete d", 0),
    ]  # fmt: skip
    assert [o.where.line for o in operations(files)] == [9, 16, 27, 28, 29, 30]
    assert undone(files) == [["DropTable"]]
    assert said({"db/changelog/1.json": '{"databaseChangeLog": [{"changeSet": {"id": 1, "changes": []}}]}'}) == []


def test_formatted_sql() -> None:
    files = {"db/a.sql": SQL}
    assert said(files) == [("CreateTable t", 1), ("AddColumn t", 1), ("CreateIndex t", 0), ("Select", 2)]
    assert undone(files) == [["DropColumn", "DropTable"]]
    assert "concurrently-in-transaction" not in guards(files)
    assert "concurrently-in-transaction" in guards({"db/a.sql": SQL.replace(" runInTransaction:false", "")})


@pytest.mark.parametrize(
    ("path", "text", "more"),
    [
        ("db/a.sql", SQL, "--changeset b:5\nDROP TABLE users;\n"),
        ("db/changelog.yaml", YAML, "  - changeSet: {id: 5, changes: [{dropTable: {tableName: users}}]}\n"),
    ],
)
def test_a_changelog_may_grow(path: str, text: str, more: str) -> None:
    base = {path: text}
    assert [what for what, _ in said({path: text + more}, base)] == ["DropTable users"]
    assert "merged-migration-edited" not in guards({path: text + more}, base)


def test_the_order_of_changelogs_is_by_number() -> None:
    names = ["db/changelog/v10/1.sql", "db/changelog/v2/10.sql", "db/changelog/v2/9.sql"]
    assert [path for _, path in paths(dict.fromkeys(names, SQL))] == [names[2], names[1], names[0]]
    base = {names[2]: SQL, names[0]: SQL.replace(":1", ":9")}
    assert "migration-out-of-order" not in guards({**base, names[1]: SQL.replace(":1", ":7")}, base)


def test_a_changelog_that_only_includes_is_none() -> None:
    assert paths({"db/changelog.xml": '<databaseChangeLog><include file="a.xml"/></databaseChangeLog>'}) == []
    assert paths({"db/pom.xml": "<project/>", "db/values.yaml": "a: 1\n"}) == []


BOMB = """<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<databaseChangeLog><changeSet id="1" author="a"><sql>&b;</sql></changeSet></databaseChangeLog>
"""
EXTERNAL = """<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<databaseChangeLog><changeSet id="1" author="a"><sql>&a;</sql></changeSet></databaseChangeLog>
"""
ALIASES = "a: &a [x, x]\nb: &b [*a, *a]\ndatabaseChangeLog: [{changeSet: {id: 1, changes: [*b, *b]}}]\n"


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("db/changelog.xml", BOMB, "entities"),
        ("db/changelog.xml", EXTERNAL, "entities"),
        ("db/changelog.xml", "<databaseChangeLog><changeSet></databaseChangeLog>", "not XML"),
        ("db/changelog.yaml", ALIASES, "aliases"),
        ("db/changelog.yaml", "databaseChangeLog: [changeSet: {", "not YAML"),
        (
            "db/changelog.yaml",
            "databaseChangeLog: [{changeSet: " + "[" * 5_000 + "]" * 5_000 + "}]",
            "nested too deeply",
        ),
        ("db/changelog.json", '{"databaseChangeLog": [{"changeSet": {\0', "NUL"),
    ],
)
def test_what_is_broken_or_a_trap_is_unread(path: str, text: str, reason: str) -> None:
    found = unread({path: text})
    assert list(found) == [path]
    assert reason in found[path]


def test_deep_xml_is_read_or_unread_but_ends() -> None:
    deep = "<a>" * 5_000 + "</a>" * 5_000
    files = {"db/changelog.xml": f"<databaseChangeLog><changeSet id='1'/>{deep}</databaseChangeLog>"}
    assert said(files) == []


def test_utf_16_is_unread() -> None:
    assert list(unread({"db/changelog.xml": XML.encode("utf-16"), "db/a.sql": SQL.encode("utf-16")})) == []
    assert list(unread({"db/changelog.xml": b"\xff\xfe<databaseChangeLog><changeSet/>"})) == ["db/changelog.xml"]
