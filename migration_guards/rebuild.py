"""Tables that are rebuilt: made anew under another name, filled from the old one, which is dropped and replaced.

SQLite has no other way to change a column (its documentation of ALTER TABLE, Making Other Kinds Of Table Schema
Changes), and some runners do the same elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from migration_guards.actions import CreateTable, DropTable, Insert, RenameTable
from migration_guards.model import Operation
from migration_guards.schema import Table


@dataclass(frozen=True, slots=True)
class Rebuild:
    """`old` as it was before, None where it is not known; `made` creates what takes its place, `copied` fills it."""

    name: str
    old: Table | None
    made: CreateTable
    copied: Insert | None
    place: Operation


def rebuild_of(dropped: Operation) -> Rebuild | None:
    """The rebuild that a DROP TABLE belongs to, or None."""
    action = dropped.action
    if not isinstance(action, DropTable):
        return None
    for other in dropped.peers:
        step = other.action
        if not isinstance(step, RenameTable):
            continue
        if other.number > dropped.number and step.new == action.table:
            return _rebuild(dropped, action.table, action.table, step.table)
        if other.number < dropped.number and step.new == action.table:
            return _rebuild(dropped, step.table, action.table, step.table)
    return None


def _rebuild(dropped: Operation, name: str, source: str, target: str) -> Rebuild | None:
    made = next((o for o in dropped.peers if isinstance(o.action, CreateTable) and o.action.table == target), None)
    if made is None:
        return None
    assert isinstance(made.action, CreateTable)
    copied = [o.action for o in dropped.earlier if isinstance(o.action, Insert) and o.action.table == target]
    filled = next((one for one in copied if one.from_select in (source, name)), None)
    old = dropped.before.table(source)
    return Rebuild(name, old, made.action, filled, made)


def is_stepping_aside(renamed: Operation) -> bool:
    """Whether a table is renamed only so that a new one can take its name in the same file."""
    action = renamed.action
    return isinstance(action, RenameTable) and any(
        isinstance(other.action, CreateTable) and other.action.table == action.table for other in renamed.later
    )
