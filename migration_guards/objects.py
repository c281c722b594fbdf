"""What a migration can do to views, functions, types and other things that are no tables."""

from __future__ import annotations

from dataclasses import dataclass

from migration_guards.actions import Action


@dataclass(frozen=True, slots=True)
class CreateObject(Action):
    """A view, function or other object is made. `what`: `view`, `materialized view`, `function`, `procedure`,
    `sequence`, `extension`, `schema`, `database`, `type`, `domain`, `event`, ... `body` holds what a function does."""

    what: str = ""
    name: str = ""
    replace: bool = False
    volatility: str = ""
    body: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class DropObject(Action):
    what: str = ""
    name: str = ""
    cascade: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class RenameObject(Action):
    what: str = ""
    name: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class SetSchema(Action):
    what: str = ""
    name: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class CreateEnum(Action):
    name: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddEnumValue(Action):
    name: str = ""
    value: str = ""
    placed: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class RenameEnumValue(Action):
    name: str = ""
    value: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class AlterDomain(Action):
    """`what`: `add constraint`, `validate constraint`, `drop constraint`, `set not null`, `drop not null`, `other`."""

    name: str = ""
    what: str = ""
    not_valid: bool = False
