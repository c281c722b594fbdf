"""The permissions of Django REST framework: all that are named are asked, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from rules.facts.endpoints.caller.inspector import Layer
from rules.facts.endpoints.machine.values import (
    ClassValue,
    Either,
    Instance,
    Listed,
    Made,
    Mixed,
    Place,
    Unknown,
    Value,
    lineage,
    name_of,
)
from rules.facts.endpoints.model import Origin
from rules.facts.endpoints.routing.django_calls import asks_permission, granted

BASE = "rest_framework.permissions.BasePermission"


def permissions(listed: Value | None, origin: Origin, place: Place) -> Iterator[Layer]:
    """The layers of a list of permissions; none where nothing is asked, which is the default of the framework."""
    if isinstance(listed, Either):
        values = [join_of(listed)]
    else:
        values = list(listed.values) if isinstance(listed, Listed) else []
        if listed is not None and not isinstance(listed, Listed):
            values = [Unknown("which permissions are asked is decided when it runs")]
    for value in values:
        found = _asked(value)
        if found is not None:
            yield Layer(found, origin, place, asks_permission, granted)


def join_of(listed: Either) -> Value:
    """One permission for several lists of which one is asked: what each of them asks first."""
    firsts = [next(filter(None, map(_asked, o.values)), None) if isinstance(o, Listed) else o for o in listed.options]
    if any(first is None for first in firsts):
        return Unknown("which permissions are asked is decided when it runs")
    return Either(tuple(first for first in firsts if first is not None))


def _asked(value: Value) -> Value | None:
    """What a permission comes to: a class to ask, a name of the library; None where it lets everybody pass."""
    if isinstance(value, Made) and not value.arguments.all:
        value = value.callee
    if isinstance(value, Instance):
        value = value.cls
    if isinstance(value, Mixed) and value.op in ("|", "&"):
        parts = [_asked(part) for part in value.parts]
        if value.op == "|":
            return None if None in parts else parts[0]
        return next((part for part in parts if part is not None), None)
    if isinstance(value, ClassValue):
        return _of_class(value)
    return None if name_of(value).endswith((".AllowAny", ".BasePermission")) else value


def _of_class(cls: ClassValue) -> Value | None:
    """A class that decides itself, or the one of the library that it inherits the decision from."""
    for base in lineage(cls):
        if isinstance(base, ClassValue):
            if any(method.name == "has_permission" for method in base.definition.methods):
                return cls
        elif name_of(base):
            return _asked(base)
    return None


def limits(own: Value | None, default: Value | None) -> tuple[str, ...]:
    """The throttles of a view: its own, else those of the settings."""
    listed = own if own is not None else default
    return tuple(name_of(one) or "throttle" for one in listed.values) if isinstance(listed, Listed) else ()
