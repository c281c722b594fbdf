"""What operations cost on PostgreSQL.

Lock modes are those of the documentation of PostgreSQL 17, Explicit Locking and ALTER TABLE; rewrites and scans were
measured on PostgreSQL 15 by pg_locks, relfilenode and the scan counters of pg_stat_xact_user_tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    AlterIdentity,
    AlterStorage,
    AlterTable,
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
    Lock,
    Maintain,
    Policy,
    Reindex,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    RowSecurity,
    SetDefault,
    SetNotNull,
    Trigger,
    Truncate,
    ValidateConstraint,
)
from migration_guards.definitions import Holds
from migration_guards.dialects.postgres_types import Conversion, conversion
from migration_guards.model import Operation
from migration_guards.objects import SetSchema
from migration_guards.schema import Schema


class Mode(IntEnum):
    """PostgreSQL's table locks, the weakest first."""

    NONE = 0
    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")

    @property
    def blocks_writes(self) -> bool:
        return self >= Mode.SHARE


@dataclass(frozen=True, slots=True)
class Effect:
    """The strongest lock that an operation takes, on which tables, and whether its time grows with the table."""

    lock: Mode
    tables: tuple[str, ...]
    long: bool = False


VOLATILE = frozenset({
    "clock_timestamp", "timeofday", "random", "random_normal", "gen_random_uuid", "uuid_generate_v1",
    "uuid_generate_v1mc", "uuid_generate_v4", "uuid_generate_v7", "uuidv4", "uuidv7", "nextval", "setval", "currval",
    "lastval", "gen_random_bytes", "gen_salt", "txid_current", "pg_current_xact_id", "setseed", "pg_sleep",
})  # fmt: skip
"""Functions that give another value on every call: as a default they rewrite the table. From pg_proc."""

STEADY = frozenset({
    "now", "current_timestamp", "current_date", "current_time", "localtime", "localtimestamp",
    "transaction_timestamp", "statement_timestamp", "current_user", "session_user", "user", "current_role",
    "current_schema", "current_database", "current_setting", "timezone", "to_timestamp", "date_trunc", "date_part",
    "extract", "age", "make_date", "make_interval", "lower", "upper", "md5", "concat", "coalesce", "nullif", "format",
    "to_char", "to_json", "to_jsonb", "jsonb_build_object", "json_build_object", "jsonb_build_array",
    "json_build_array", "array_length", "encode", "decode", "sha256", "length", "trim", "btrim", "ltrim", "rtrim",
    "substring", "replace", "row_to_json", "abs", "floor", "ceil", "round", "greatest", "least", "uuid_nil",
    "st_geomfromtext", "pg_backend_pid",
})  # fmt: skip
"""Functions that give one value for the whole statement; CURRENT_TIMESTAMP is `now`. From pg_proc."""


def volatile(calls: tuple[str, ...], schema: Schema) -> bool | None:
    """Whether a default that calls these functions is worked out for every row; None when a function is unknown."""
    names = [name.rpartition(".")[2] for name in calls]
    known = [name in VOLATILE or (schema.volatility.get(name) == "volatile") for name in names]
    if any(known):
        return True
    return False if all(name in STEADY or name in schema.volatility for name in names) else None


def effect(operation: Operation) -> Effect | None:
    """What an operation locks on PostgreSQL; None when it locks no table in a way that blocks writers."""
    action = operation.action
    if action.table and operation.on_new_table and not isinstance(action, CreateTable):
        return None
    found = _effect(action, operation.before)
    if found is None:
        return None
    tables = tuple(table for table in found.tables if table and not operation.before.is_new(table))
    return Effect(found.lock, tables, found.long) if tables else None


_EXCLUSIVE = (
    AddColumn, DropColumn, RenameColumn, RenameTable, SetDefault, DropDefault, DropNotNull, SetNotNull, AlterType,
    DropConstraint, RowSecurity, Policy, SetSchema, DropTable, Truncate, AlterStorage, AlterIdentity,
)  # fmt: skip


def _effect(action: Action, schema: Schema) -> Effect | None:
    table = action.table
    if isinstance(action, AddColumn) and action.column.references:
        return Effect(Mode.ACCESS_EXCLUSIVE, (table, action.column.references.table), _long(action, schema))
    if isinstance(action, _EXCLUSIVE):
        return Effect(Mode.ACCESS_EXCLUSIVE, (table,), _long(action, schema))
    if isinstance(action, AddConstraint):
        return _constraint(action)
    if isinstance(action, CreateIndex | DropIndex | Reindex):
        return _index(action, schema)
    if isinstance(action, CreateTable):
        return _created(action)
    if isinstance(action, AttachPartition | DetachPartition):
        strong = isinstance(action, DetachPartition) and not action.concurrently
        return Effect(Mode.ACCESS_EXCLUSIVE, (table,) if strong else (action.partition,), not strong)
    return _others(action)


def _long(action: Action, schema: Schema) -> bool:
    """Whether the operation reads or writes the whole table while it holds its lock."""
    if isinstance(action, AddColumn):
        column = action.column
        computed = bool(column.default) and volatile(column.calls, schema) is not False
        return column.identity or column.generated == "stored" or computed
    if isinstance(action, SetNotNull):
        table = schema.table(action.table)
        return not (table and table.proves_not_null(action.name))
    if isinstance(action, AlterType):
        known = schema.column(action.table, action.name)
        old = action.old or (known.type if known else "")
        return conversion(old, action.type, action.using) is not Conversion.FREE
    return isinstance(action, AlterStorage)


def _constraint(action: AddConstraint) -> Effect:
    held = action.constraint
    if held.holds is Holds.FOREIGN and held.references:
        tables = (action.table, held.references.table)
        return Effect(Mode.SHARE_ROW_EXCLUSIVE, tables, not held.not_valid and held.enforced)
    scans = not held.not_valid and held.enforced and not held.using_index
    return Effect(Mode.ACCESS_EXCLUSIVE, (action.table,), scans)


def _index(action: CreateIndex | DropIndex | Reindex, schema: Schema) -> Effect | None:
    if action.concurrently:
        return None
    if isinstance(action, CreateIndex):
        return Effect(Mode.SHARE, (action.table,), True)
    name = action.name
    table = action.table or schema.table_of_index(name) or name
    return Effect(Mode.ACCESS_EXCLUSIVE, (table,), isinstance(action, Reindex))


def _created(action: CreateTable) -> Effect | None:
    if action.partition_of:
        return Effect(Mode.ACCESS_EXCLUSIVE, (action.partition_of,))
    referenced = [held.references.table for held in action.constraints if held.references]
    referenced += [column.references.table for column in action.columns if column.references]
    return Effect(Mode.SHARE_ROW_EXCLUSIVE, tuple(referenced)) if referenced else None


_BY_NAME = {mode.title.lower(): mode for mode in Mode}


def _others(action: Action) -> Effect | None:
    if isinstance(action, Trigger):
        exclusive = action.what in ("drop", "rename")
        return Effect(Mode.ACCESS_EXCLUSIVE if exclusive else Mode.SHARE_ROW_EXCLUSIVE, (action.table,))
    if isinstance(action, Maintain) and action.what in ("vacuum full", "cluster", "refresh"):
        exclusive = not action.concurrently
        return Effect(Mode.ACCESS_EXCLUSIVE if exclusive else Mode.EXCLUSIVE, (action.table,), True)
    if isinstance(action, Lock):
        return Effect(_BY_NAME.get(action.mode, Mode.ACCESS_EXCLUSIVE), (action.table,))
    if isinstance(action, AlterTable | RenameConstraint | ValidateConstraint):
        weak = isinstance(action, ValidateConstraint) or action_is_weak(action)
        return None if weak else Effect(Mode.ACCESS_EXCLUSIVE, (action.table,))
    return None


def action_is_weak(action: Action) -> bool:
    """Whether this ALTER TABLE takes no more than SHARE UPDATE EXCLUSIVE (statistics, storage options)."""
    weak = ("set statistics", "set options", "reset options", "set rel options", "reset rel options", "cluster on")
    return isinstance(action, AlterTable) and action.what in weak
