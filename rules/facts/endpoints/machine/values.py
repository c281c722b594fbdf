"""What an expression can stand for when nothing outside the repository is ever called.

Everything known is itself; everything else is a symbol that remembers where it came from, so that `app.get("/x", f)`
is a call of the attribute `get` of what `express()` made. Symbols also remember what was called on them, in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.core.source import Span
from rules.syntax.program import Class, Function, Scalar


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, before anybody asked for its line."""

    path: str
    span: Span


NOWHERE = Place("", Span(0, 0))


@dataclass(eq=False)
class Value:
    """Identity is what tells two values apart."""


@dataclass(eq=False)
class Known(Value):
    """A constant. A default is one that configuration may replace."""

    value: Scalar
    is_default: bool = False


@dataclass(eq=False)
class Regex(Value):
    source: str


@dataclass(eq=False)
class Listed(Value):
    """A sequence. An open one may hold more than is known. Only its maker may change it."""

    values: list[Value]
    is_open: bool = False
    maker: object = None


@dataclass(eq=False)
class Keyed(Value):
    """A dictionary or object, open and owned like `Listed`."""

    entries: dict[str, Value]
    is_open: bool = False
    maker: object = None


@dataclass(eq=False)
class Env:
    """Names in force. Only its maker may change it."""

    names: dict[str, Value]
    path: str
    parent: Env | None = None
    maker: object = None

    def holder(self, name: str) -> Env | None:
        env: Env | None = self
        while env is not None and name not in env.names:
            env = env.parent
        return env


@dataclass(eq=False)
class Closure(Value):
    """A function with the names around it, bound to an object where it is a method."""

    function: Function
    env: Env
    this: Value | None = None
    owner: ClassValue | None = None
    attributes: dict[str, Value] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return Place(self.env.path, self.function.at)


@dataclass(eq=False)
class ClassValue(Value):
    """A class of the repository. `wrapped` is what decorators from outside made of it, if there are any."""

    definition: Class
    env: Env
    bases: tuple[Value, ...]
    members: dict[str, Value | None] = field(default_factory=dict)
    wrapped: Value | None = None

    @property
    def place(self) -> Place:
        return Place(self.env.path, self.definition.at)


@dataclass(eq=False)
class Super(Value):
    """An object seen as one of the bases of a class."""

    owner: ClassValue
    this: Value


@dataclass(eq=False)
class Space(Value):
    """A module of the repository as a value."""

    path: str


@dataclass(eq=False)
class Deferred(Value):
    """A name of another module (the module itself without one), looked up when it is used."""

    path: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """What held when a function returned: the conditions that it had met, and whether an identity was asked for."""

    under: tuple[object, ...] = ()
    consulted: bool = False


@dataclass(eq=False)
class Either(Value):
    """One of several values; which one depends on what is not known. `ways` tells of each how it came about."""

    options: tuple[Value, ...]
    ways: tuple[Way, ...] = ()


@dataclass(eq=False)
class Symbol(Value):
    """Something that is not known in itself.

    `attributes` were assigned, `asked` were only looked at. `uses` are the calls on it or on its attributes, in order.
    """

    attributes: dict[str, Value] = field(default_factory=dict, kw_only=True)
    asked: dict[str, Attribute] = field(default_factory=dict, kw_only=True)
    uses: list[Made] = field(default_factory=list, kw_only=True)


@dataclass(eq=False)
class Extern(Symbol):
    """A dotted name that no file of the repository defines: `fastapi.Depends`, `express.Router`, `process`."""

    name: str


@dataclass(eq=False)
class Attribute(Symbol):
    of: Value
    name: str


@dataclass(eq=False)
class Picked(Symbol):
    """An element of something, by a key."""

    of: Value
    key: Value


@dataclass(frozen=True, slots=True)
class Arguments:
    """`more` holds what was spread into the call without being known."""

    positional: tuple[Value, ...] = ()
    named: Mapping[str, Value] = field(default_factory=dict)
    more: tuple[Value, ...] = ()

    @property
    def all(self) -> tuple[Value, ...]:
        return (*self.positional, *self.named.values(), *self.more)

    def get(self, position: int | None, name: str = "") -> Value | None:
        """An argument by its name, else by its position."""
        if name in self.named:
            return self.named[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None


@dataclass(eq=False)
class Made(Symbol):
    """The result of calling something that is not known. `under` are the places of the conditions around the call."""

    callee: Value
    arguments: Arguments
    place: Place
    order: int
    under: tuple[Place, ...] = ()

    @property
    def method(self) -> str:
        """The last name of what was called."""
        return self.callee.name.rpartition(".")[2] if isinstance(self.callee, Extern | Attribute) else ""


@dataclass(eq=False)
class Instance(Symbol):
    """An object of a class of the repository."""

    cls: ClassValue | Closure
    arguments: Arguments
    place: Place
    order: int


@dataclass(eq=False)
class Given(Symbol):
    """A parameter: what a framework or an unknown caller passes in. `role` says what it is."""

    role: str
    name: str = ""
    annotation: Value | None = None


@dataclass(eq=False)
class Mixed(Symbol):
    """Computed from other values: a comparison, a sum, a text, a negation."""

    op: str
    parts: tuple[Value, ...]


@dataclass(eq=False)
class Unknown(Symbol):
    reason: str


NOTHING = Known(None)


def join(values: Sequence[Value], ways: Sequence[Way] = ()) -> Value:
    """One value for what may be any of these. Of values that are the same, what held for all of them is kept."""
    options: list[Value] = []
    kept: list[Way] = []
    for position, value in enumerate(values):
        outer = ways[position] if ways else Way()
        inner = value.ways if isinstance(value, Either) and value.ways else ()
        for number, option in enumerate(value.options if isinstance(value, Either) else (value,)):
            way = _after(outer, inner[number]) if inner else outer
            same = next((i for i, other in enumerate(options) if _same(option, other)), None)
            if same is None:
                options.append(option)
                kept.append(way)
            else:
                kept[same] = _common(kept[same], way)
    if len(options) > MAX_OPTIONS:
        return Unknown("too many possible values")
    told = tuple(kept) if any(way.under or way.consulted for way in kept) else ()
    return Either(tuple(options), told) if len(options) > 1 else options[0] if options else NOTHING


def _after(outer: Way, inner: Way) -> Way:
    return Way((*inner.under, *outer.under), outer.consulted or inner.consulted)


def _common(one: Way, other: Way) -> Way:
    return Way(tuple(c for c in one.under if c in other.under), one.consulted and other.consulted)


MAX_OPTIONS = 20


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, Known) and isinstance(other, Known):
        return type(one.value) is type(other.value) and one.value == other.value
    if isinstance(one, Extern) and isinstance(other, Extern):
        return one.name == other.name
    return one is other


def name_of(value: Value | None) -> str:
    """A symbol as it would be written from outside: `express.Router().get`; empty where there is no such name."""
    parts: list[str] = []
    while True:
        if isinstance(value, Attribute):
            parts.append("." + value.name)
            value = value.of
        elif isinstance(value, Made):
            parts.append("()")
            value = value.callee
        elif isinstance(value, Picked):
            parts.append("[]")
            value = value.of
        elif isinstance(value, Extern):
            return value.name + "".join(reversed(parts))
        elif isinstance(value, Given):
            return f"<{value.role}>" + "".join(reversed(parts))
        elif isinstance(value, Instance) and (base := outside_base(value.cls)):
            return base + "()" + "".join(reversed(parts))
        else:
            return ""


def outside_base(cls: Value) -> str:
    """The name of the nearest base class that the repository does not define; empty when there is none."""
    return name_of(foreign_base(cls))


def foreign_base(cls: Value) -> Value | None:
    """The nearest base class that the repository does not define: a name, or what a call outside gives."""
    return next((base for base in lineage(cls) if isinstance(base, Extern | Attribute | Made)), None)


def lineage(cls: Value) -> list[Value]:
    """A class and its bases, nearest first, close to Python's method resolution order."""
    found: list[Value] = []
    pending: list[Value] = [cls]
    while pending and len(found) < 60:
        current = pending.pop(0)
        if isinstance(current, Picked):
            current = current.of
        if current in found:
            found.remove(current)
        found.append(current)
        if isinstance(current, ClassValue):
            pending = [*current.bases, *pending]
    return found


def text_of(value: Value | None) -> str | None:
    """The text that a value is known to be."""
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def scalar_of(value: Value | None) -> Any:
    """The constant that a value is known to be, else None."""
    return value.value if isinstance(value, Known) else None
