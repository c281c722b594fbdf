"""The schema by replay: what a database looks like after the migrations that ran."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterIdentity,
    AlterType,
    AttachPartition,
    CreateIndex,
    CreateTable,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    DropTable,
    ModifyColumn,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenameTable,
    SetDefault,
    SetNotNull,
    ValidateConstraint,
)
from migration_guards.definitions import Column, Constraint, Holds, Index
from migration_guards.objects import AddEnumValue, CreateEnum, CreateObject, DropObject, RenameEnumValue, RenameObject
from migration_guards.schema import Schema, Table


class Catalog:
    """A schema that actions are applied to. While `new` is set, tables are marked as made by the change."""

    def __init__(self, start: Schema | None = None) -> None:
        start = start or Schema()
        self.new = False
        self._tables = dict(start.tables)
        self._enums = dict(start.enums)
        self._views = dict(start.views)
        self._volatility = dict(start.volatility)
        self._now: Schema | None = None

    def schema(self) -> Schema:
        """The schema as it is now; later actions do not change it."""
        if self._now is None:
            self._now = Schema(dict(self._tables), dict(self._enums), dict(self._views), dict(self._volatility))
        return self._now

    def apply(self, action: Action) -> None:
        """Applies one action. What it says of unknown tables is kept as far as it goes."""
        handler = _HANDLERS.get(type(action))
        if handler is not None:
            handler(self, action)
            self._now = None

    def _table(self, name: str) -> Table:
        return self._tables.get(name, Table(name))

    def _put(self, table: Table) -> None:
        self._tables[table.name] = table

    def _change(self, name: str, column: str, **values: Any) -> None:
        table = self._table(name)
        known = table.columns.get(column, Column(column))
        self._put(replace(table, columns={**table.columns, column: replace(known, **values)}))

    def _create_table(self, action: CreateTable) -> None:
        if action.if_not_exists and action.table in self._tables:
            return
        table = Table(
            action.table,
            {column.name: column for column in action.columns},
            (),
            action.indexes,
            self.new,
            action.partition_by,
            action.partition_of,
            action.temporary,
        )
        source = self._tables.get(action.like)
        if source is not None:
            table = replace(table, columns={**source.columns, **table.columns})
        self._put(table)
        for column in action.columns:
            self._column_constraints(action.table, column)
        for constraint in action.constraints:
            self._constrain(action.table, constraint)

    def _column_constraints(self, table: str, column: Column) -> None:
        if column.primary:
            self._constrain(table, Constraint(Holds.PRIMARY, f"{table}_pkey", (column.name,)))
        if column.unique:
            self._constrain(table, Constraint(Holds.UNIQUE, f"{table}_{column.name}_key", (column.name,)))
        if column.references:
            name = f"{table}_{column.name}_fkey"
            self._constrain(table, Constraint(Holds.FOREIGN, name, (column.name,), column.references))

    def _constrain(self, name: str, constraint: Constraint) -> None:
        table = self._table(name)
        if constraint.using_index and (
            index := next((i for i in table.indexes if i.name == constraint.using_index), None)
        ):
            constraint = replace(constraint, columns=index.columns, name=constraint.name or index.name)
        self._put(replace(table, constraints=(*table.constraints, constraint)))
        if constraint.holds is Holds.PRIMARY or (constraint.holds is Holds.NOT_NULL and not constraint.not_valid):
            for column in constraint.columns:
                if column in table.columns:
                    self._change(name, column, not_null=True)

    def _add_column(self, action: AddColumn) -> None:
        table = self._table(action.table)
        if action.if_not_exists and action.column.name in table.columns:
            return
        self._put(replace(table, columns={**table.columns, action.column.name: action.column}))
        self._column_constraints(action.table, action.column)

    def _drop_column(self, action: DropColumn) -> None:
        table = self._tables.get(action.table)
        if table is None:
            return
        columns = {name: column for name, column in table.columns.items() if name != action.name}
        constraints = tuple(held for held in table.constraints if action.name not in held.columns)
        indexes = tuple(index for index in table.indexes if action.name not in index.columns)
        self._put(replace(table, columns=columns, constraints=constraints, indexes=indexes))

    def _rename_column(self, action: RenameColumn) -> None:
        table = self._tables.get(action.table)
        if table is None:
            return

        def renamed(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(action.new if name == action.name else name for name in names)

        columns = {
            (action.new if name == action.name else name): (
                replace(column, name=action.new) if name == action.name else column
            )
            for name, column in table.columns.items()
        }
        constraints = tuple(
            replace(held, columns=renamed(held.columns), proves=renamed(held.proves)) for held in table.constraints
        )
        indexes = tuple(replace(index, columns=renamed(index.columns)) for index in table.indexes)
        self._put(replace(table, columns=columns, constraints=constraints, indexes=indexes))

    def _modify_column(self, action: ModifyColumn) -> None:
        if action.column.name != action.name:
            self._rename_column(RenameColumn(action.table, action.name, action.column.name))
        table = self._table(action.table)
        self._put(replace(table, columns={**table.columns, action.column.name: action.column}))

    def _rename_table(self, action: RenameTable) -> None:
        table = self._tables.pop(action.table, None)
        if table is not None:
            indexes = tuple(replace(index, table=action.new) for index in table.indexes)
            self._put(replace(table, name=action.new, indexes=indexes))

    def _drop_table(self, action: DropTable) -> None:
        self._tables.pop(action.table, None)

    def _alter_type(self, action: AlterType) -> None:
        self._change(action.table, action.name, type=action.type)

    def _set_not_null(self, action: SetNotNull) -> None:
        self._change(action.table, action.name, not_null=True)

    def _drop_not_null(self, action: DropNotNull) -> None:
        self._change(action.table, action.name, not_null=False)

    def _set_default(self, action: SetDefault) -> None:
        self._change(action.table, action.name, default=action.default, calls=action.calls)

    def _drop_default(self, action: DropDefault) -> None:
        self._change(action.table, action.name, default="", calls=())

    def _alter_identity(self, action: AlterIdentity) -> None:
        if action.what == "drop expression":
            self._change(action.table, action.name, generated="")
        else:
            self._change(action.table, action.name, identity=action.what != "drop")

    def _add_constraint(self, action: AddConstraint) -> None:
        self._constrain(action.table, action.constraint)

    def _each_constraint(self, table: str, change: Callable[[Constraint], Constraint | None]) -> None:
        known = self._tables.get(table)
        if known is not None:
            kept = tuple(held for old in known.constraints if (held := change(old)) is not None)
            self._put(replace(known, constraints=kept))

    def _drop_constraint(self, action: DropConstraint) -> None:
        def change(held: Constraint) -> Constraint | None:
            primary = action.holds is Holds.PRIMARY and held.holds is Holds.PRIMARY and not action.name
            return None if primary or (action.name and held.name == action.name) else held

        self._each_constraint(action.table, change)

    def _validate(self, action: ValidateConstraint) -> None:
        held = self._table(action.table).constraint(action.name)
        self._each_constraint(action.table, lambda c: replace(c, not_valid=False) if c.name == action.name else c)
        if held is not None and held.holds is Holds.NOT_NULL:
            for column in held.columns:
                self._change(action.table, column, not_null=True)

    def _rename_constraint(self, action: RenameConstraint) -> None:
        self._each_constraint(action.table, lambda c: replace(c, name=action.new) if c.name == action.name else c)

    def _create_index(self, action: CreateIndex) -> None:
        table = self._table(action.index.table)
        if action.if_not_exists and any(index.name == action.index.name for index in table.indexes):
            return
        self._put(replace(table, indexes=(*table.indexes, action.index)))

    def _each_index(self, name: str, table: str, change: Callable[[Index], Index | None]) -> None:
        for known in list(self._tables.values()):
            if (not table or known.name == table) and any(index.name == name for index in known.indexes):
                kept = tuple(
                    index for old in known.indexes if (index := change(old) if old.name == name else old) is not None
                )
                self._put(replace(known, indexes=kept))

    def _drop_index(self, action: DropIndex) -> None:
        self._each_index(action.name, action.table, lambda index: None)

    def _rename_index(self, action: RenameIndex) -> None:
        self._each_index(action.name, action.table, lambda index: replace(index, name=action.new))

    def _attach(self, action: AttachPartition) -> None:
        if action.partition in self._tables:
            self._put(replace(self._tables[action.partition], partition_of=action.table))
        if not self._table(action.table).partition_by:
            self._put(replace(self._table(action.table), partition_by="unknown"))

    def _detach(self, action: DetachPartition) -> None:
        if action.partition in self._tables:
            self._put(replace(self._tables[action.partition], partition_of=""))

    def _create_enum(self, action: CreateEnum) -> None:
        self._enums[action.name] = action.values

    def _add_enum_value(self, action: AddEnumValue) -> None:
        self._enums[action.name] = (*self._enums.get(action.name, ()), action.value)

    def _rename_enum_value(self, action: RenameEnumValue) -> None:
        values = self._enums.get(action.name, ())
        self._enums[action.name] = tuple(action.new if value == action.value else value for value in values)

    def _create_object(self, action: CreateObject) -> None:
        if action.what in ("view", "materialized view"):
            self._views[action.name] = action.what == "materialized view"
        elif action.what == "function":
            self._volatility[action.name] = action.volatility or "volatile"

    def _drop_object(self, action: DropObject) -> None:
        self._views.pop(action.name, None)
        if action.what == "type":
            self._enums.pop(action.name, None)

    def _rename_object(self, action: RenameObject) -> None:
        if action.what == "type" and action.name in self._enums:
            self._enums[action.new] = self._enums.pop(action.name)
            self._retype(action.name, action.new)

    def _retype(self, old: str, new: str) -> None:
        for table in list(self._tables.values()):
            for column in table.columns.values():
                if column.type in (old, f"{old}[]"):
                    self._change(table.name, column.name, type=column.type.replace(old, new))


def differences(action: ModifyColumn, schema: Schema) -> list[Action]:
    """What saying a whole column again changes on a server that has no such clause; nothing where it is not known."""
    old, new = schema.column(action.table, action.name), action.column
    found: list[Action] = []
    if old is None:
        if action.restated and new.type:
            found.append(AlterType(action.table, action.name, new.type))
        if action.restated and new.not_null:
            found.append(SetNotNull(action.table, action.name))
        return found
    if old.type and new.type and old.type != new.type:
        found.append(AlterType(action.table, action.name, new.type))
    if old.not_null != new.not_null:
        found.append((SetNotNull if new.not_null else DropNotNull)(action.table, action.name))
    if new.unique and not old.unique:
        found.append(AddConstraint(action.table, Constraint(Holds.UNIQUE, columns=(action.name,))))
    if new.name != action.name:
        found.append(RenameColumn(action.table, action.name, new.name))
    return found


_HANDLERS: Mapping[type[Action], Callable[[Catalog, Any], None]] = {
    CreateTable: Catalog._create_table,
    DropTable: Catalog._drop_table,
    RenameTable: Catalog._rename_table,
    AddColumn: Catalog._add_column,
    DropColumn: Catalog._drop_column,
    RenameColumn: Catalog._rename_column,
    ModifyColumn: Catalog._modify_column,
    AlterType: Catalog._alter_type,
    SetNotNull: Catalog._set_not_null,
    DropNotNull: Catalog._drop_not_null,
    SetDefault: Catalog._set_default,
    DropDefault: Catalog._drop_default,
    AlterIdentity: Catalog._alter_identity,
    AddConstraint: Catalog._add_constraint,
    DropConstraint: Catalog._drop_constraint,
    ValidateConstraint: Catalog._validate,
    RenameConstraint: Catalog._rename_constraint,
    CreateIndex: Catalog._create_index,
    DropIndex: Catalog._drop_index,
    RenameIndex: Catalog._rename_index,
    AttachPartition: Catalog._attach,
    DetachPartition: Catalog._detach,
    CreateEnum: Catalog._create_enum,
    AddEnumValue: Catalog._add_enum_value,
    RenameEnumValue: Catalog._rename_enum_value,
    CreateObject: Catalog._create_object,
    DropObject: Catalog._drop_object,
    RenameObject: Catalog._rename_object,
}
