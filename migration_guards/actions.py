"""What a migration can do to a database: one value per kind of clause, the same for every dialect and runner."""

from __future__ import annotations

from dataclasses import dataclass

from migration_guards.definitions import NO_COLUMN, NO_CONSTRAINT, NO_INDEX, Column, Constraint, Holds, Index


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a clause does. `table` is empty where no table is concerned."""

    table: str = ""


@dataclass(frozen=True, slots=True)
class CreateTable(Action):
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    if_not_exists: bool = False
    temporary: bool = False
    unlogged: bool = False
    partition_of: str = ""
    partition_by: str = ""
    from_select: bool = False
    like: str = ""
    options: tuple[tuple[str, str], ...] = ()
    """MySQL's table options: (`engine`, `innodb`), (`charset`, `utf8mb4`)."""


@dataclass(frozen=True, slots=True)
class DropTable(Action):
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class RenameTable(Action):
    new: str = ""


@dataclass(frozen=True, slots=True)
class Truncate(Action):
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class AddColumn(Action):
    column: Column = NO_COLUMN
    if_not_exists: bool = False
    position: str = ""
    """MySQL: `first`, or the column that it stands after."""


@dataclass(frozen=True, slots=True)
class DropColumn(Action):
    name: str = ""
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class RenameColumn(Action):
    name: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class AlterType(Action):
    """The type of a column changes. `using` is the conversion's text, `old` the type before where it is said."""

    name: str = ""
    type: str = ""
    using: str = ""
    collation: str = ""
    old: str = ""


@dataclass(frozen=True, slots=True)
class ModifyColumn(Action):
    """The whole column is said again: MySQL's MODIFY and CHANGE, and the builders of most runners. `column.name`
    differs from `name` when it is renamed. `restated`: type and nullability are written even where they stay."""

    name: str = ""
    column: Column = NO_COLUMN
    position: str = ""
    restated: bool = False


@dataclass(frozen=True, slots=True)
class SetNotNull(Action):
    name: str = ""


@dataclass(frozen=True, slots=True)
class DropNotNull(Action):
    name: str = ""


@dataclass(frozen=True, slots=True)
class SetDefault(Action):
    name: str = ""
    default: str = ""
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DropDefault(Action):
    name: str = ""


@dataclass(frozen=True, slots=True)
class AlterIdentity(Action):
    """ADD, SET or DROP of IDENTITY, or DROP EXPRESSION: `what` is `add`, `set`, `drop` or `drop expression`."""

    name: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class AddConstraint(Action):
    constraint: Constraint = NO_CONSTRAINT


@dataclass(frozen=True, slots=True)
class DropConstraint(Action):
    """`holds` is UNKNOWN where the statement does not say it; the schema may know."""

    name: str = ""
    holds: Holds = Holds.UNKNOWN
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class ValidateConstraint(Action):
    name: str = ""


@dataclass(frozen=True, slots=True)
class RenameConstraint(Action):
    name: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class CreateIndex(Action):
    index: Index = NO_INDEX
    concurrently: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropIndex(Action):
    """`table` is empty in PostgreSQL and SQLite unless the schema knows it."""

    name: str = ""
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class RenameIndex(Action):
    name: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class AttachIndex(Action):
    """ALTER INDEX `name` ATTACH PARTITION `partition`."""

    name: str = ""
    partition: str = ""


@dataclass(frozen=True, slots=True)
class Reindex(Action):
    """`what` is `index`, `table`, `schema`, `database` or `system`."""

    what: str = ""
    name: str = ""
    concurrently: bool = False


@dataclass(frozen=True, slots=True)
class AttachPartition(Action):
    partition: str = ""
    default: bool = False


@dataclass(frozen=True, slots=True)
class DetachPartition(Action):
    partition: str = ""
    concurrently: bool = False


@dataclass(frozen=True, slots=True)
class ChangePartitions(Action):
    """MySQL: `what` is `add`, `drop`, `truncate`, `remove`, `reorganize`, `exchange`, `partition by`, ..."""

    what: str = ""


@dataclass(frozen=True, slots=True)
class AlterStorage(Action):
    """How a table is kept. `what`: `logged`, `unlogged`, `access method`, `tablespace`, `engine`, `charset`,
    `row format`, `force`, `options`."""

    what: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class AlterOnline(Action):
    """MySQL's ALGORITHM= and LOCK= of the same ALTER TABLE, lower case, empty when not said."""

    algorithm: str = ""
    lock: str = ""


@dataclass(frozen=True, slots=True)
class RowSecurity(Action):
    """`what`: `enable`, `disable`, `force`, `no force`."""

    what: str = ""


@dataclass(frozen=True, slots=True)
class Policy(Action):
    """A row policy is created, altered or dropped: `what` is `create`, `alter` or `drop`."""

    name: str = ""
    what: str = ""
    restrictive: bool = False


@dataclass(frozen=True, slots=True)
class Trigger(Action):
    """`what`: `create`, `drop`, `enable`, `disable`, `rename`. `name` is `all` or `user` for whole groups."""

    name: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class AlterTable(Action):
    """Another change of a table: `what` in the field's words (`replica identity`, `inherit`, `set statistics`, ...)."""

    what: str = ""


@dataclass(frozen=True, slots=True)
class Insert(Action):
    """`values` holds the literal texts of the first rows, at most `MAX_VALUES`, for rules on what is written."""

    columns: tuple[str, ...] = ()
    from_select: str = ""
    """The first table that the rows come from, for INSERT ... SELECT."""
    selected: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    filtered: bool = False


MAX_VALUES = 200


@dataclass(frozen=True, slots=True)
class Update(Action):
    """`restricted`: there is a WHERE that is not always true."""

    columns: tuple[str, ...] = ()
    restricted: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete(Action):
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Load(Action):
    """COPY, LOAD DATA, or MERGE: rows come in from elsewhere."""

    what: str = ""


@dataclass(frozen=True, slots=True)
class Select(Action):
    """A query; `calls` are the functions it calls."""

    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Maintain(Action):
    """`what`: `vacuum`, `vacuum full`, `cluster`, `repack`, `analyze`, `optimize`, `refresh`."""

    what: str = ""
    concurrently: bool = False


@dataclass(frozen=True, slots=True)
class Lock(Action):
    """LOCK TABLE in a mode, lower case."""

    mode: str = ""


@dataclass(frozen=True, slots=True)
class Privilege(Action):
    """`what`: `grant`, `revoke`, `drop owned`, `reassign owned`, `alter system`, `alter role`, `drop role`.
    `broad`: ALL or to PUBLIC, or a role that becomes superuser."""

    what: str = ""
    broad: bool = False


@dataclass(frozen=True, slots=True)
class Transaction(Action):
    """`what`: `begin`, `commit`, `rollback`, `savepoint`."""

    what: str = ""


@dataclass(frozen=True, slots=True)
class Setting(Action):
    """SET, RESET and PRAGMA: the name in lower case, the value as written without quotes, empty after RESET."""

    name: str = ""
    value: str = ""
    local: bool = False


@dataclass(frozen=True, slots=True)
class Code(Action):
    """The runner calls code of the application: its name, and whether a way back is given."""

    name: str = ""
    reversible: bool = False


@dataclass(frozen=True, slots=True)
class Dynamic(Action):
    """SQL that is put together at run time: what it will do cannot be read. `text` is what is known of it."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Opaque(Action):
    """A statement or call that no reader understands."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Other(Action):
    """Understood, and of no concern to any guard. `what` is its first words in lower case."""

    what: str = ""
