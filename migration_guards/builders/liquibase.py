"""Liquibase's change types, one function `on_<change>` each (documentation of Liquibase 4, Change Types)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterType,
    Code,
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
    Load,
    Opaque,
    Other,
    RenameColumn,
    RenameTable,
    SetDefault,
    SetNotNull,
    Update,
)
from migration_guards.builders.changelog import Element
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.objects import CreateObject, DropObject
from migration_guards.sql.reader import called

_QUIET = frozenset({"tagDatabase", "output", "empty", "stop", "setTableRemarks", "setColumnRemarks"})
_DEFAULTS = ("defaultValue", "defaultValueNumeric", "defaultValueBoolean", "defaultValueDate", "defaultValueComputed",
             "defaultValueSequenceNext")  # fmt: skip


def actions(change: Element) -> list[Action]:
    """What a change does; opaque where the type is not known."""
    handler: Callable[[Element], Iterable[Action]] | None = globals().get(f"on_{change.name}")
    if handler is not None:
        return list(handler(change))
    return [Other(what=change.name) if change.name in _QUIET else Opaque(reason=f"{change.name} is not known")]


def _table(change: Element, key: str = "tableName", schema: str = "schemaName") -> str:
    name, home = change.value(key), change.value(schema)
    return f"{home}.{name}" if home and home != "public" else name


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _default(element: Element) -> tuple[str, tuple[str, ...]]:
    """The default that an element gives, and the functions that it calls."""
    given = next((key for key in _DEFAULTS if element.value(key)), "")
    text = element.value(given) if given else ""
    return text, called(text) if given == "defaultValueComputed" else ()


def _column(element: Element) -> Column:
    rules = next(element.each("constraints"), Element("", element.at))
    default, calls = _default(element)
    far = rules.value("referencedTableName") or rules.value("references").partition("(")[0].strip()
    primary = rules.flag("primaryKey") is True
    return Column(
        element.value("name"),
        element.value("type").lower(),
        not_null=primary or rules.flag("nullable") is False,
        default=default,
        calls=calls,
        identity=element.flag("autoIncrement") is True,
        primary=primary,
        unique=rules.flag("unique") is True,
        references=Reference(far) if far else None,
    )


def on_createTable(change: Element) -> Iterator[Action]:
    columns = tuple(_column(one) for one in change.each("column"))
    yield CreateTable(_table(change), columns, if_not_exists=change.flag("ifNotExists") is True)


def on_dropTable(change: Element) -> Iterator[Action]:
    yield DropTable(_table(change), change.flag("cascadeConstraints") is True)


def on_renameTable(change: Element) -> Iterator[Action]:
    yield RenameTable(_table(change, "oldTableName"), change.value("newTableName"))


def on_addColumn(change: Element) -> Iterator[Action]:
    for one in change.each("column"):
        yield AddColumn(_table(change), _column(one))


def on_dropColumn(change: Element) -> Iterator[Action]:
    listed = [one.value("name") for one in change.each("column")]
    for name in listed or [change.value("columnName")]:
        yield DropColumn(_table(change), name)


def on_renameColumn(change: Element) -> Iterator[Action]:
    yield RenameColumn(_table(change), change.value("oldColumnName"), change.value("newColumnName"))


def on_modifyDataType(change: Element) -> Iterator[Action]:
    yield AlterType(_table(change), change.value("columnName"), change.value("newDataType").lower())


def on_addNotNullConstraint(change: Element) -> Iterator[Action]:
    name = change.value("columnName")
    if change.value("defaultNullValue"):
        yield Update(_table(change), (name,), restricted=True)
    yield SetNotNull(_table(change), name)


def on_dropNotNullConstraint(change: Element) -> Iterator[Action]:
    yield DropNotNull(_table(change), change.value("columnName"))


def on_addUniqueConstraint(change: Element) -> Iterator[Action]:
    columns, index = _names(change.value("columnNames")), change.value("forIndexName")
    held = Constraint(Holds.UNIQUE, change.value("constraintName"), columns, using_index=index)
    yield AddConstraint(_table(change), held)


def on_addPrimaryKey(change: Element) -> Iterator[Action]:
    columns, index = _names(change.value("columnNames")), change.value("forIndexName")
    held = Constraint(Holds.PRIMARY, change.value("constraintName"), columns, using_index=index)
    yield AddConstraint(_table(change), held)


def on_addForeignKeyConstraint(change: Element) -> Iterator[Action]:
    far = _table(change, "referencedTableName", "referencedTableSchemaName")
    reference = Reference(far, _names(change.value("referencedColumnNames")), change.value("onDelete").lower())
    columns = _names(change.value("baseColumnNames"))
    held = Constraint(Holds.FOREIGN, change.value("constraintName"), columns, reference)
    yield AddConstraint(_table(change, "baseTableName", "baseTableSchemaName"), held)


def on_createIndex(change: Element) -> Iterator[Action]:
    table = _table(change)
    columns = tuple(one.value("name") for one in change.each("column"))
    yield CreateIndex(table, Index(change.value("indexName"), table, columns, change.flag("unique") is True))


def on_dropIndex(change: Element) -> Iterator[Action]:
    yield DropIndex(_table(change), change.value("indexName"))


def on_dropForeignKeyConstraint(change: Element) -> Iterator[Action]:
    yield DropConstraint(
        _table(change, "baseTableName", "baseTableSchemaName"), change.value("constraintName"), Holds.FOREIGN
    )


def on_dropUniqueConstraint(change: Element) -> Iterator[Action]:
    yield DropConstraint(_table(change), change.value("constraintName"), Holds.UNIQUE)


def on_dropPrimaryKey(change: Element) -> Iterator[Action]:
    yield DropConstraint(_table(change), change.value("constraintName"), Holds.PRIMARY)


def on_addDefaultValue(change: Element) -> Iterator[Action]:
    default, calls = _default(change)
    yield SetDefault(_table(change), change.value("columnName"), default, calls)


def on_dropDefaultValue(change: Element) -> Iterator[Action]:
    yield DropDefault(_table(change), change.value("columnName"))


def on_insert(change: Element) -> Iterator[Action]:
    given = list(change.each("column"))
    values = tuple(value for one in given if (value := one.value("value")))
    yield Insert(_table(change), tuple(one.value("name") for one in given), values=values)


def on_update(change: Element) -> Iterator[Action]:
    columns = tuple(one.value("name") for one in change.each("column"))
    yield Update(_table(change), columns, restricted=bool(change.value("where")))


def on_delete(change: Element) -> Iterator[Action]:
    yield Delete(_table(change), restricted=bool(change.value("where")))


def on_loadData(change: Element) -> Iterator[Action]:
    yield Load(_table(change), "load data")


on_loadUpdateData = on_loadData


def on_createView(change: Element) -> Iterator[Action]:
    replaces = change.flag("replaceIfExists") is True
    yield CreateObject("", "view", _table(change, "viewName"), replace=replaces)


def on_dropView(change: Element) -> Iterator[Action]:
    yield DropObject("", "view", _table(change, "viewName"))


def on_sqlFile(change: Element) -> Iterator[Action]:
    yield Dynamic(text=f"the file {change.value('path') or 'that is not named'}")


def on_customChange(change: Element) -> Iterator[Action]:
    yield Code(name=change.value("class"))
