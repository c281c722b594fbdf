"""DO blocks and function bodies: the SQL inside, and what is put together at run time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from migration_guards.sql.postgres.parser import Refused, parse_block, scan

_QUERIES = {"PLpgSQL_stmt_execsql": "sqlstmt", "PLpgSQL_stmt_perform": "expr", "PLpgSQL_stmt_fors": "query"}
_DYNAMIC = {"PLpgSQL_stmt_dynexecute": "query", "PLpgSQL_stmt_dynfors": "query"}


@dataclass(frozen=True, slots=True)
class Inner:
    """SQL inside a block. `dynamic`: it is an expression whose value is run. Its line counts from the body's first."""

    text: str
    line: int
    dynamic: bool


def inner(statement: str) -> list[Inner]:
    """What a DO block or CREATE FUNCTION statement in PL/pgSQL runs, in order; raises `Refused`."""
    return list(_found(parse_block(statement), 1))


def _found(value: Any, line: int) -> Iterator[Inner]:
    if isinstance(value, list):
        for item in value:
            yield from _found(item, line)
    elif isinstance(value, dict):
        for kind, content in value.items():
            if not isinstance(content, dict):
                yield from _found(content, line)
                continue
            here = content.get("lineno", line)
            field = _QUERIES.get(kind) or _DYNAMIC.get(kind)
            query = content.get(field, {}).get("PLpgSQL_expr", {}).get("query") if field else None
            if query:
                yield Inner(query, here, kind in _DYNAMIC)
            yield from _found(content, here)


def literal(expression: str) -> str | None:
    """The text of an expression that is one string constant; None for anything else."""
    try:
        tokens = scan(expression.encode())
    except Refused:
        return None
    raw = expression.strip()
    if len(tokens) != 1 or not raw.startswith("'") or not raw.endswith("'"):
        return None
    return raw[1:-1].replace("''", "'")


def body_start(statement: bytes) -> int:
    """The offset of a dollar-quoted body within its statement; 0 when it is quoted otherwise."""
    for token in scan(statement):
        text = statement[token.start : token.end]
        if text.startswith(b"$") and b"$" in text[1:]:
            return int(token.start) + text.index(b"$", 1) + 1
    return 0
