"""What a source file does, in the few forms that Python and JavaScript share.

A reader lowers a syntax tree to these forms. Whoever follows calls and conditions need not know which language it was.
What has no form here becomes `Opaque` and keeps its parts; awaiting and type assertions vanish. `at` is in bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from rules.core.source import Span

Scalar: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, eq=False, slots=True)
class Const:
    """A literal. JavaScript's undefined and null are both None."""

    at: Span
    value: Scalar


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """A regular expression literal."""

    at: Span
    source: str


@dataclass(frozen=True, eq=False, slots=True)
class Text:
    """A string with values in it."""

    at: Span
    parts: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Name:
    at: Span
    id: str


@dataclass(frozen=True, eq=False, slots=True)
class Member:
    at: Span
    of: Expr
    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Index:
    at: Span
    of: Expr
    key: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Argument:
    """`name` is None for a positional one; a spread one stands for several."""

    value: Expr
    name: str | None = None
    spread: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    at: Span
    callee: Expr
    arguments: tuple[Argument, ...]
    new: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Spread:
    at: Span
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Items:
    """A list, tuple, set or array; as a target it takes a sequence apart."""

    at: Span
    values: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Entry:
    """One key of a record; without a key the value is spread."""

    key: Expr | None
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Record:
    """A dictionary or object; as a target it takes one apart."""

    at: Span
    entries: tuple[Entry, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Default:
    """A target with the value that stands in when there is none."""

    at: Span
    target: Expr
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Param:
    """`spread` is the number of stars; `keeps` says that the value becomes an attribute of the new object."""

    target: Expr
    annotation: Expr | None = None
    default: Expr | None = None
    spread: int = 0
    keeps: bool = False
    decorators: tuple[Expr, ...] = ()

    @property
    def name(self) -> str:
        return self.target.id if isinstance(self.target, Name) else ""


class Body:
    """The statements of a function, lowered when somebody looks."""

    def __init__(self, lower: Callable[[], tuple[Stmt, ...]]) -> None:
        self._lower = lower

    @cached_property
    def statements(self) -> tuple[Stmt, ...]:
        return self._lower()


@dataclass(frozen=True, eq=False, slots=True)
class Function:
    """`within` is the function or class around it. An arrow has no `this` of its own."""

    at: Span
    name: str
    params: tuple[Param, ...]
    body: Body
    decorators: tuple[Expr, ...] = ()
    is_async: bool = False
    is_arrow: bool = False
    is_getter: bool = False
    is_static: bool = False
    within: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """A member of a class that is no method."""

    name: str
    value: Expr | None
    annotation: Expr | None = None
    decorators: tuple[Expr, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Class:
    at: Span
    name: str
    bases: tuple[Expr, ...]
    fields: tuple[Field, ...]
    methods: tuple[Function, ...]
    decorators: tuple[Expr, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Logic:
    """`and`, `or` and `??`."""

    at: Span
    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Not:
    at: Span
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Compare:
    """`op` is one of == != < > <= >= in is-a; negations other than != are wrapped in `Not`."""

    at: Span
    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Binary:
    at: Span
    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Choose:
    """A conditional expression."""

    at: Span
    test: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Assign:
    """An assignment used as a value."""

    at: Span
    target: Expr
    value: Expr
    declares: bool


@dataclass(frozen=True, eq=False, slots=True)
class Collect:
    """A comprehension with one loop."""

    at: Span
    element: Expr
    target: Expr
    over: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Yield:
    at: Span
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Opaque:
    at: Span
    parts: tuple[Expr, ...] = ()
    reason: str = ""


Expr: TypeAlias = (
    "Const | Pattern | Text | Name | Member | Index | Call | Spread | Items | Record | Default | Function | Class | "
    "Logic | Not | Compare | Binary | Choose | Assign | Collect | Yield | Opaque"
)


@dataclass(frozen=True, eq=False, slots=True)
class Do:
    at: Span
    value: Expr


@dataclass(frozen=True, eq=False, slots=True)
class Bind:
    """Gives a target a value. `declares` makes a new name in the innermost scope."""

    at: Span
    target: Expr
    value: Expr
    declares: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class If:
    at: Span
    test: Expr
    then: tuple[Stmt, ...]
    other: tuple[Stmt, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Each:
    """A loop over values; a loop under a condition has neither target nor values."""

    at: Span
    target: Expr | None
    over: Expr | None
    body: tuple[Stmt, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Handler:
    """Without kinds it takes every error."""

    kinds: tuple[Expr, ...]
    target: Expr | None
    body: tuple[Stmt, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Attempt:
    at: Span
    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    finish: tuple[Stmt, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Return:
    at: Span
    value: Expr | None


@dataclass(frozen=True, eq=False, slots=True)
class Raise:
    at: Span
    value: Expr | None


@dataclass(frozen=True, eq=False, slots=True)
class Stop:
    """Leaves a loop, or goes on with its next turn."""

    at: Span


@dataclass(frozen=True, eq=False, slots=True)
class Import:
    """Binds local names: each is a name of the module, or the module itself where that is None."""

    at: Span
    module: str
    names: tuple[tuple[str | None, str], ...] = ()
    everything: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Export:
    """Offers names (own name, offered name), of another module if one is given; all of its names if `everything`."""

    at: Span
    module: str | None
    names: tuple[tuple[str, str], ...] = ()
    everything: bool = False


Stmt: TypeAlias = "Do | Bind | If | Each | Attempt | Return | Raise | Stop | Import | Export"


@dataclass(frozen=True, eq=False)
class Program:
    """One file. `errors` are the lines (from 1) around which its syntax was not understood."""

    path: str
    content: bytes = field(repr=False)
    statements: tuple[Stmt, ...]
    errors: tuple[int, ...] = ()
