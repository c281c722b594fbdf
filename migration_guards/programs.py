"""What a program that is a migration calls, in order, with the values that its source shows.

Nothing is run: names are looked up among the file's own constants, loops over lists that are written out are unrolled,
both arms of a condition are taken, and local functions are followed where they are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rules.core.source import Span
from rules.syntax.program import (
    Argument,
    Assign,
    Attempt,
    Binary,
    Bind,
    Call,
    Choose,
    Const,
    Do,
    Each,
    Expr,
    Function,
    If,
    Items,
    Logic,
    Member,
    Name,
    Not,
    Opaque,
    Program,
    Record,
    Return,
    Stmt,
    Text,
)
from rules.syntax.walk import walk

UNKNOWN = "prodgate_unknown"
"""Stands in SQL for a value that the source does not show."""

WRAPPERS = frozenset({"text", "f", "raw", "literal", "DDL", "sql", "dedent", "quoted_name", "SQL", "_"})
"""Calls that only mark a text as SQL, a name or a literal."""

LOOPS = frozenset({"forEach", "map", "each"})
CALLBACKS = LOOPS | {"transaction", "then", "finally", "catch", "withTransaction"}
"""Calls that run the function they are given."""

MAX_DEPTH = 8
MAX_TURNS = 200
_PLACES = re.compile(r"\{[^{}]*\}|%\(\w+\)s|%s")


@dataclass(frozen=True)
class Fragment:
    """SQL put together from the source. `pieces` map its bytes to the file's: (offset here, offset there, length).
    `known` is false when a part of it is not shown by the source."""

    text: str
    at: Span
    pieces: tuple[tuple[int, int, int], ...]
    known: bool = True

    def place(self, span: Span) -> Span:
        """Where bytes of this text stand in the file; the whole expression where they do not stand as they are."""
        start, end = self._offset(span.start), self._offset(span.end - 1)
        if start is None or end is None or end < start:
            return self.at
        return Span(start, end + 1)

    def _offset(self, here: int) -> int | None:
        for first, there, length in self.pieces:
            if first <= here < first + length:
                return there + here - first
        return None


@dataclass(frozen=True)
class Scope:
    """Names and what they stand for in the file."""

    content: bytes
    names: Mapping[str, Expr] = field(default_factory=dict)

    def value(self, expr: Expr | None, depth: int = 0) -> Expr | None:
        """An expression with names resolved as far as the file shows."""
        while isinstance(expr, Name) and expr.id in self.names and depth < MAX_DEPTH:
            expr, depth = self.names[expr.id], depth + 1
        if isinstance(expr, Member) and depth < MAX_DEPTH:
            owner = self.value(expr.of, depth + 1)
            if isinstance(owner, Record):
                found = [e.value for e in owner.entries if isinstance(e.key, Const) and e.key.value == expr.name]
                return self.value(found[-1], depth + 1) if found else expr
        return expr

    def string(self, expr: Expr | None) -> str | None:
        """The text of an expression; None when the source does not show all of it."""
        fragment = self.sql(expr)
        return fragment.text if fragment is not None and fragment.known else None

    def strings(self, expr: Expr | None) -> tuple[str, ...]:
        """The texts of a list, or of one text; those that are not shown are left out."""
        expr = self.value(expr)
        listed = expr.values if isinstance(expr, Items) else (expr,)
        return tuple(text for one in listed if (text := self.string(one)) is not None)

    def const(self, expr: Expr | None) -> str | int | float | bool | None:
        expr = self.value(expr)
        return expr.value if isinstance(expr, Const) else None

    def record(self, expr: Expr | None) -> dict[str, Expr]:
        """The entries of an object or dictionary whose keys are shown, spread ones included."""
        expr = self.value(expr)
        found: dict[str, Expr] = {}
        for entry in expr.entries if isinstance(expr, Record) else ():
            if entry.key is None:
                found.update(self.record(entry.value))
            elif (name := self.string(entry.key)) is not None or isinstance(entry.key, Name):
                found[name if name is not None else str(getattr(entry.key, "id", ""))] = entry.value
        return found

    def sql(self, expr: Expr | None) -> Fragment | None:
        """The text of an expression with `UNKNOWN` for what is not shown; None when it is no text at all."""
        outer = expr.at if expr is not None else Span(0, 0)
        parts = list(self._parts(self.value(expr), 0))
        if not any(isinstance(part, Const) and part.value is not None for part in parts):
            return None
        text, pieces, known = "", list[tuple[int, int, int]](), True
        for part in parts:
            if not isinstance(part, Const) or part.value is None:
                text, known = text + UNKNOWN, False
                continue
            value = str(part.value)
            raw, encoded = self.content[part.at.start : part.at.end], value.encode()
            start = raw.find(encoded)
            if encoded and start >= 0:
                pieces.append((len(text.encode()), part.at.start + start, len(encoded)))
            text += value
        return Fragment(text, outer, tuple(pieces), known)

    def _parts(self, expr: Expr | None, depth: int) -> Iterator[Expr | None]:
        if depth > MAX_DEPTH * 4:
            yield None
        elif isinstance(expr, Text):
            for part in expr.parts:
                yield from self._parts(self.value(part), depth + 1)
        elif isinstance(expr, Binary) and expr.op == "+":
            yield from self._parts(self.value(expr.left), depth + 1)
            yield from self._parts(self.value(expr.right), depth + 1)
        elif (
            isinstance(expr, Call) and isinstance(expr.callee, Member) and expr.callee.name in ("join", "trim", "strip")
        ):
            yield from self._joined(expr, depth)
        elif (template := self._template(expr)) is not None:
            yield from self._filled(template)
        elif isinstance(expr, Call) and callee_name(expr) in WRAPPERS and expr.arguments:
            yield from self._parts(self.value(expr.arguments[0].value), depth + 1)
        elif isinstance(expr, Opaque) and len(expr.parts) == 1:
            yield from self._parts(self.value(expr.parts[0]), depth + 1)
        else:
            yield expr

    def _template(self, expr: Expr | None) -> Const | None:
        """The text of `"...".format(...)` and `"..." % ...`."""
        owner = expr.left if isinstance(expr, Binary) and expr.op == "%" else None
        if isinstance(expr, Call) and isinstance(expr.callee, Member) and expr.callee.name == "format":
            owner = expr.callee.of
        found = self.value(owner)
        return found if isinstance(found, Const) and isinstance(found.value, str) else None

    def _filled(self, template: Const) -> Iterator[Expr | None]:
        """What stands between a template's places, and nothing known in them."""
        for number, text in enumerate(_PLACES.split(str(template.value))):
            if number:
                yield None
            yield Const(template.at, text)

    def _joined(self, call: Call, depth: int) -> Iterator[Expr | None]:
        assert isinstance(call.callee, Member)
        owner = self.value(call.callee.of)
        argument = self.value(call.arguments[0].value) if call.arguments else None
        if call.callee.name != "join":
            yield from self._parts(owner, depth + 1)
            return
        items, glue = (owner, argument) if isinstance(owner, Items) else (argument, owner)
        if not isinstance(items, Items):
            yield None
            return
        for number, item in enumerate(items.values):
            if number and glue is not None:
                yield glue
            yield from self._parts(self.value(item), depth + 1)

    def bound(self, target: Expr, value: Expr) -> Scope:
        """This scope with one more name."""
        return Scope(self.content, {**self.names, target.id: value}) if isinstance(target, Name) else self


@dataclass(frozen=True)
class Step:
    """A call that the program makes, with the names as they stand there."""

    call: Call
    scope: Scope

    def argument(self, position: int, *names: str) -> Expr | None:
        """The argument at a position, or by one of its names; None when it is not given."""
        for given in self.call.arguments:
            if given.name in names:
                return given.value
        plain = [given.value for given in self.call.arguments if given.name is None and not given.spread]
        return plain[position] if 0 <= position < len(plain) else None

    def string(self, position: int, *names: str) -> str | None:
        return self.scope.string(self.argument(position, *names))

    def flag(self, *names: str) -> bool | None:
        """A named argument that is True or False; None when it is neither."""
        value = self.scope.const(self.argument(-1, *names))
        return value if isinstance(value, bool) else None


def top(program: Program) -> Scope:
    """The scope of the file itself."""
    names: dict[str, Expr] = {}
    for statement in program.statements:
        if isinstance(statement, Bind) and isinstance(statement.target, Name):
            names[statement.target.id] = statement.value
        elif (
            isinstance(statement, Do)
            and isinstance(statement.value, Assign)
            and isinstance(statement.value.target, Name)
        ):
            names[statement.value.target.id] = statement.value.value
    return Scope(program.content, names)


def steps(statements: Iterable[Stmt], scope: Scope, depth: int = 0) -> Iterator[Step]:
    """The calls of some statements, in order. Of a chain of calls the outermost stands for all."""
    for statement in statements:
        if isinstance(statement, Do):
            yield from _evaluated(statement.value, scope, depth)
        elif isinstance(statement, Bind):
            yield from _evaluated(statement.value, scope, depth)
            scope = scope.bound(statement.target, statement.value)
        elif isinstance(statement, Return):
            if statement.value is not None:
                yield from _evaluated(statement.value, scope, depth)
        elif isinstance(statement, If):
            yield from _evaluated(statement.test, scope, depth)
            yield from steps(statement.then, scope, depth)
            yield from steps(statement.other, scope, depth)
        elif isinstance(statement, Each):
            yield from _turns(statement, scope, depth)
        elif isinstance(statement, Attempt):
            yield from steps(statement.body, scope, depth)
            for handler in statement.handlers:
                yield from steps(handler.body, scope, depth)
            yield from steps(statement.finish, scope, depth)


def _turns(loop: Each, scope: Scope, depth: int) -> Iterator[Step]:
    over = scope.value(loop.over)
    if loop.target is None or not isinstance(over, Items):
        yield from steps(loop.body, scope, depth)
        return
    for item in over.values[:MAX_TURNS]:
        yield from steps(loop.body, _taken(scope, loop.target, item), depth)


def _taken(scope: Scope, target: Expr, item: Expr) -> Scope:
    """The scope with a target bound to an item, a tuple taken apart."""
    if isinstance(target, Items) and isinstance(item, Items) and len(target.values) == len(item.values):
        for inner, value in zip(target.values, item.values, strict=True):
            scope = scope.bound(inner, value)
        return scope
    return scope.bound(target, item)


def _evaluated(expr: Expr, scope: Scope, depth: int) -> Iterator[Step]:
    if isinstance(expr, Call):
        yield from _called(expr, scope, depth)
    elif isinstance(expr, Assign | Not):
        yield from _evaluated(expr.value, scope, depth)
    elif isinstance(expr, Choose):
        yield from _evaluated(expr.then, scope, depth)
        yield from _evaluated(expr.other, scope, depth)
    elif isinstance(expr, Logic):
        yield from _evaluated(expr.left, scope, depth)
        yield from _evaluated(expr.right, scope, depth)
    elif isinstance(expr, Items):
        for value in expr.values:
            yield from _evaluated(value, scope, depth)


def _called(call: Call, scope: Scope, depth: int) -> Iterator[Step]:
    inner = scope.value(call.callee)
    if isinstance(inner, Function) and depth < MAX_DEPTH:
        yield from steps(inner.body.statements, _passed(inner, call.arguments, scope), depth + 1)
        return
    name = callee_name(call)
    if name in CALLBACKS and any(isinstance(scope.value(argument.value), Function) for argument in call.arguments):
        yield from _called_back(call, scope, depth)
        return
    if is_gathering(call):
        for argument in call.arguments:
            yield from _evaluated(scope.value(argument.value) or argument.value, scope, depth)
        return
    yield Step(call, scope)


def _called_back(call: Call, scope: Scope, depth: int) -> Iterator[Step]:
    """A call that runs the function it is given: once, or for each item of a list that is written out."""
    owner = call.callee.of if isinstance(call.callee, Member) else None
    if isinstance(owner, Call):
        yield from _called(owner, scope, depth)
    for argument in call.arguments:
        function = scope.value(argument.value)
        if not isinstance(function, Function) or depth >= MAX_DEPTH:
            continue
        items = scope.value(owner)
        turns = items.values[:MAX_TURNS] if isinstance(items, Items) and callee_name(call) in LOOPS else [None]
        for item in turns:
            given = (Argument(item),) if item is not None else ()
            yield from steps(function.body.statements, _passed(function, given, scope), depth + 1)


def is_gathering(call: Call) -> bool:
    """Whether a call only waits for several others, as Promise.all does."""
    return isinstance(call.callee, Member) and call.callee.name in ("all", "allSettled", "race")


def _passed(function: Function, arguments: tuple[Argument, ...], scope: Scope) -> Scope:
    inner = scope
    plain = [argument.value for argument in arguments if argument.name is None]
    named = {argument.name: argument.value for argument in arguments if argument.name}
    for number, param in enumerate(function.params):
        value = named.get(param.name) or (plain[number] if number < len(plain) else param.default)
        if value is not None:
            inner = inner.bound(param.target, scope.value(value) or value)
    return inner


def chain(call: Call) -> list[Call]:
    """The calls of `a.b(1).c(2)`, the first to run first."""
    links = [call]
    while isinstance(links[-1].callee, Member) and isinstance(links[-1].callee.of, Call):
        links.append(links[-1].callee.of)
    return links[::-1]


def callee_name(call: Call) -> str:
    """The last name of what is called: `execute` of `op.execute(...)`."""
    if isinstance(call.callee, Member):
        return call.callee.name
    return call.callee.id if isinstance(call.callee, Name) else ""


def dotted(expr: Expr | None) -> str:
    """`a.b.c` as text; calls within are left out: `op.get_bind().execute` is `op.get_bind.execute`."""
    names: list[str] = []
    while True:
        if isinstance(expr, Member):
            names.append(expr.name)
            expr = expr.of
        elif isinstance(expr, Call):
            expr = expr.callee
        else:
            break
    if isinstance(expr, Name):
        names.append(expr.id)
    return ".".join(reversed(names))


def inner_calls(expr: object) -> Iterator[Call]:
    """Every call in an expression, functions within entered."""
    for part in walk([expr]):
        if isinstance(part, Call):
            yield part
