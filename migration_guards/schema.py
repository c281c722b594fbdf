"""What a database looks like at a moment of its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from migration_guards.definitions import Column, Constraint, Holds, Index


@dataclass(frozen=True, slots=True)
class Table:
    """A table. `new`: the change that is judged creates it."""

    name: str
    columns: Mapping[str, Column] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    new: bool = False
    partition_by: str = ""
    partition_of: str = ""
    temporary: bool = False

    def constraint(self, name: str) -> Constraint | None:
        return next((held for held in self.constraints if held.name == name), None)

    def proves_not_null(self, column: str) -> bool:
        """Whether a valid CHECK shows that the column holds no null."""
        return any(not held.not_valid and column in held.proves for held in self.constraints)

    def covering(self, columns: tuple[str, ...]) -> bool:
        """Whether an index, or the index of a constraint, starts with these columns."""
        keys = [index.columns for index in self.indexes if not index.partial and index.valid]
        keys += [held.columns for held in self.constraints if held.holds in (Holds.PRIMARY, Holds.UNIQUE)]
        return any(set(key[: len(columns)]) == set(columns) for key in keys)


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables and enums that the migrations so far have made. A name that is absent is unknown, not missing:
    a history may begin in the middle."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    views: Mapping[str, bool] = field(default_factory=dict)
    """View by name, and whether it is a materialized one."""
    volatility: Mapping[str, str] = field(default_factory=dict)
    """Functions that the migrations made, and their declared volatility."""

    def table(self, name: str) -> Table | None:
        return self.tables.get(name)

    def is_new(self, name: str) -> bool:
        table = self.tables.get(name)
        return table is not None and (table.new or table.temporary)

    def column(self, table: str, name: str) -> Column | None:
        known = self.tables.get(table)
        return known.columns.get(name) if known else None

    def index(self, name: str) -> Index | None:
        return next((i for table in self.tables.values() for i in table.indexes if i.name == name), None)

    def table_of_index(self, name: str) -> str:
        """The table of an index, or of the constraint that carries it; empty when unknown."""
        for table in self.tables.values():
            if any(i.name == name for i in table.indexes) or table.constraint(name):
                return table.name
        return ""
