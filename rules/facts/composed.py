"""Texts that are put together from values: templates, f-strings, `%`, `format` and sums."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from rules.core.source import Span
from rules.facts.sightings import Source
from rules.syntax.program import Assign, Binary, Bind, Call, Const, Expr, Function, Items, Member, Name, Record, Text
from rules.syntax.walk import walk

PERCENT = re.compile(r"%(?:\((\w+)\))?[-+# 0-9.]*[sdrif]")
BRACES = re.compile(r"\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")
MAX_DEPTH = 6

Piece: TypeAlias = "str | Expr"
NOTHING = Const(Span(0, 0), None)


def pieces(source: Source, part: Expr | None, around: Sequence[Function] = (), depth: int = 0) -> list[Piece]:
    """A text as its constant pieces and the values between them. A name stands for what it is given once in the
    functions around it."""
    if isinstance(part, Const) and isinstance(part.value, str):
        return [part.value]
    if depth > MAX_DEPTH or part is None:
        return [part] if part is not None else []
    if isinstance(part, Text):
        return [piece for inner in part.parts for piece in pieces(source, inner, around, depth + 1)]
    if isinstance(part, Binary) and part.op == "+":
        return [*pieces(source, part.left, around, depth + 1), *pieces(source, part.right, around, depth + 1)]
    if isinstance(part, Binary) and part.op == "%" and isinstance(part.left, Const):
        return _filled(str(part.left.value), PERCENT, *_values(part.right))
    if isinstance(part, Call) and isinstance(part.callee, Member) and is_composed(part):
        named: dict[str | None, Expr] = {given.name: given.value for given in part.arguments if given.name}
        plain = [given.value for given in part.arguments if not given.name]
        return _filled(str(source.constant(part.callee.of)), BRACES, plain, named)
    if isinstance(part, Name) and (value := _given_once(part.id, around)) is not None:
        return pieces(source, value, around, depth + 1) if is_composed(value) else [part]
    return [part]


def is_composed(part: Expr | None) -> bool:
    """Whether an expression is a text, or puts one together."""
    if isinstance(part, Call):
        return isinstance(part.callee, Member) and part.callee.name == "format" and isinstance(part.callee.of, Const)
    return isinstance(part, Text | Binary) or (isinstance(part, Const) and isinstance(part.value, str))


def _values(right: Expr) -> tuple[list[Expr], dict[str | None, Expr]]:
    if isinstance(right, Record):
        return [], {str(e.key.value): e.value for e in right.entries if isinstance(e.key, Const)}
    return (list(right.values) if isinstance(right, Items) else [right]), {}


def _filled(form: str, hole: re.Pattern[str], plain: list[Expr], named: dict[str | None, Expr]) -> list[Piece]:
    found: list[Piece] = []
    end = 0
    waiting = iter(plain)
    for match in hole.finditer(form):
        said = match[1] or ""
        value = plain[int(said)] if said.isdigit() and int(said) < len(plain) else named.get(said)
        found += [form[end : match.start()], value if value is not None else next(waiting, NOTHING)]
        end = match.end()
    return [*found, form[end:]]


def _given_once(name: str, around: Sequence[Function]) -> Expr | None:
    """The value that a name is given in the innermost function that gives it one, if that happens once."""
    for function in around:
        values = list(_gifts(name, function))
        if values or any(param.name == name for param in function.params):
            return values[0] if len(values) == 1 else None
    return None


def _gifts(name: str, function: Function) -> Iterator[Expr | None]:
    for part in walk(function.body.statements, into_functions=False):
        if isinstance(part, Bind | Assign) and isinstance(part.target, Name) and part.target.id == name:
            yield part.value
