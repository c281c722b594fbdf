"""PostgreSQL text to statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from migration_guards.actions import Action, Dynamic
from migration_guards.model import Clause
from migration_guards.sql.postgres import blocks, objects
from migration_guards.sql.postgres.definitions import nodes
from migration_guards.sql.postgres.parser import Refused, name_end, parse, segments, split
from migration_guards.sql.postgres.statements import actions
from rules.core.source import Span

__all__ = ["Refused", "clauses", "split"]

MAX_NESTING = 5
"""Blocks inside EXECUTE inside blocks; deeper ones are dynamic."""


def clauses(text: str, nesting: int = 0) -> tuple[Clause, ...]:
    """What one statement does, spans in bytes of the text; raises `Refused` when the parser refuses it."""
    raw = text.encode()
    found: list[Clause] = []
    for node in parse(text):
        kind = node.WhichOneof("node")
        if kind == "alter_table_stmt":
            found += _altered(raw, node)
        elif kind == "do_stmt":
            found += _block(text, nesting, "a DO block")
        elif kind == "create_function_stmt":
            body = tuple(_body(text, node.create_function_stmt, nesting))
            found += [
                Clause(replace(action, body=body), Span(0, len(raw)))
                for action in objects.create_function_stmt(node.create_function_stmt)
            ]
        else:
            found += [Clause(action, Span(0, len(raw))) for action in actions(node)]
    return tuple(found)


def _altered(raw: bytes, node: Any) -> Iterator[Clause]:
    statement = node.alter_table_stmt
    places = segments(raw, name_end(raw, statement.relation.location))
    done = list(actions(node))
    for number, action in enumerate(done):
        start, end = places[number] if len(places) == len(done) else (0, len(raw))
        yield Clause(action, Span(start, end))


def _block(text: str, nesting: int, inside: str) -> Iterator[Clause]:
    raw = text.encode()
    try:
        listed = blocks.inner(text)
    except Refused:
        yield Clause(Dynamic(text="a block that the parser cannot read"), Span(0, len(raw)), inside)
        return
    start = blocks.body_start(raw)
    for piece in listed:
        span = _place(raw, start, piece)
        for action in _run(piece, nesting):
            yield Clause(action, span, inside)


def _run(piece: blocks.Inner, nesting: int) -> list[Action]:
    text = blocks.literal(piece.text) if piece.dynamic else piece.text
    if text is None or nesting >= MAX_NESTING:
        return [Dynamic(text=piece.text)]
    try:
        shallow = all(safe for _, _, safe in split(text.encode()))
        return [clause.action for clause in clauses(text, nesting + 1)] if shallow else [Dynamic(text=text[:200])]
    except Refused:
        return [Dynamic(text=text)]


def _place(raw: bytes, start: int, piece: blocks.Inner) -> Span:
    """Where the inner statement stands: its text is searched from its line on."""
    line_start = start
    for _ in range(piece.line - 1):
        line_start = raw.find(b"\n", line_start) + 1 or line_start
    wanted = piece.text.encode()
    at = raw.find(wanted, line_start)
    if at < 0:
        at = raw.find(wanted.split(b" ", 1)[-1], line_start)
    return Span(at, at + len(wanted)) if at >= 0 else Span(line_start, len(raw))


def _body(text: str, node: Any, nesting: int) -> Iterator[Action]:
    """What a function in SQL or PL/pgSQL does when it is called."""
    for statement in nodes(node.sql_body, "list"):
        for item in statement.items:
            yield from actions(item)
    options = {option.def_elem.defname: option.def_elem.arg for option in node.options}
    if "as" not in options:
        return
    language = options["language"].string.sval.lower() if "language" in options else ""
    if language == "sql":
        yield from _run(blocks.Inner(options["as"].list.items[0].string.sval, 1, False), nesting)
        return
    try:
        listed = blocks.inner(text)
    except Refused:
        return
    for piece in listed:
        yield from _run(piece, nesting)
