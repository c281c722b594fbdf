"""The commands of ALTER TABLE in PostgreSQL's syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterIdentity,
    AlterStorage,
    AlterTable,
    AlterType,
    AttachIndex,
    AttachPartition,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    RowSecurity,
    SetDefault,
    SetNotNull,
    Trigger,
    ValidateConstraint,
)
from migration_guards.sql.postgres.definitions import calls, column, constraint, joined, table_of, type_name
from migration_guards.sql.postgres.parser import pb, written

_STORAGE = {
    pb.AT_SetLogged: "logged", pb.AT_SetUnLogged: "unlogged", pb.AT_SetAccessMethod: "access method",
    pb.AT_SetTableSpace: "tablespace",
}  # fmt: skip
_SECURITY = {
    pb.AT_EnableRowSecurity: "enable", pb.AT_DisableRowSecurity: "disable", pb.AT_ForceRowSecurity: "force",
    pb.AT_NoForceRowSecurity: "no force",
}  # fmt: skip
_TRIGGERS = {
    pb.AT_EnableTrig: ("", "enable"), pb.AT_EnableAlwaysTrig: ("", "enable"), pb.AT_EnableReplicaTrig: ("", "enable"),
    pb.AT_DisableTrig: ("", "disable"), pb.AT_EnableTrigAll: ("all", "enable"),
    pb.AT_DisableTrigAll: ("all", "disable"), pb.AT_EnableTrigUser: ("user", "enable"),
    pb.AT_DisableTrigUser: ("user", "disable"),
}  # fmt: skip
_IDENTITY = {pb.AT_AddIdentity: "add", pb.AT_SetIdentity: "set", pb.AT_DropIdentity: "drop"}


def commanded(table: str, command: Any, kind: int) -> Iterator[Action]:
    """What one command does to a table, or to the index or view that the statement names."""
    subtype = command.subtype
    name = command.name
    if subtype == pb.AT_AddColumn:
        yield AddColumn(table, column(_definition(command).column_def), command.missing_ok)
    elif subtype == pb.AT_DropColumn:
        yield DropColumn(table, name, command.behavior == pb.DROP_CASCADE, command.missing_ok)
    elif subtype == pb.AT_AlterColumnType:
        yield _retyped(table, name, _definition(command).column_def)
    elif subtype == pb.AT_ColumnDefault:
        yield _default(table, name, command)
    elif subtype in (pb.AT_SetNotNull, pb.AT_DropNotNull):
        yield SetNotNull(table, name) if subtype == pb.AT_SetNotNull else DropNotNull(table, name)
    elif subtype == pb.AT_AddConstraint:
        yield AddConstraint(table, constraint(_definition(command).constraint))
    elif subtype == pb.AT_DropConstraint:
        yield DropConstraint(table, name, cascade=command.behavior == pb.DROP_CASCADE, if_exists=command.missing_ok)
    elif subtype == pb.AT_ValidateConstraint:
        yield ValidateConstraint(table, name)
    elif subtype in (pb.AT_AttachPartition, pb.AT_DetachPartition):
        yield _partition(table, command, kind)
    else:
        yield _other(table, name, command)


def _definition(command: Any) -> Any:
    return getattr(command, "def")


def _retyped(table: str, name: str, definition: Any) -> Action:
    using = written(definition.raw_default) if definition.HasField("raw_default") else ""
    collation = joined(definition.coll_clause.collname) if definition.HasField("coll_clause") else ""
    return AlterType(table, name, type_name(definition.type_name), using, collation)


def _default(table: str, name: str, command: Any) -> Action:
    if not command.HasField("def"):
        return DropDefault(table, name)
    expression = _definition(command)
    return SetDefault(table, name, written(expression), calls(expression))


def _partition(table: str, command: Any, kind: int) -> Action:
    target = _definition(command).partition_cmd
    partition = table_of(target.name)
    if kind == pb.OBJECT_INDEX:
        return AttachIndex("", table, partition)
    if command.subtype == pb.AT_AttachPartition:
        return AttachPartition(table, partition, target.bound.is_default)
    return DetachPartition(table, partition, target.concurrent)


def _other(table: str, name: str, command: Any) -> Action:
    subtype = command.subtype
    if subtype in _STORAGE:
        return AlterStorage(table, _STORAGE[subtype], name)
    if subtype in _SECURITY:
        return RowSecurity(table, _SECURITY[subtype])
    if subtype in _TRIGGERS:
        group, what = _TRIGGERS[subtype]
        return Trigger(table, group or name, what)
    if subtype in _IDENTITY:
        return AlterIdentity(table, name, _IDENTITY[subtype])
    if subtype == pb.AT_DropExpression:
        return AlterIdentity(table, name, "drop expression")
    return AlterTable(table, _words(pb.AlterTableType.Name(subtype)))


def _words(name: str) -> str:
    """`AT_ReplicaIdentity` as `replica identity`."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name.removeprefix("AT_")).strip()
