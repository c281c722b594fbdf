"""PostgreSQL's own parser (libpg_query, PostgreSQL 17 grammar). The only module that imports postgast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import postgast
from google.protobuf.message import DecodeError
from postgast import pg_query_pb2 as pb

__all__ = ["Refused", "name_end", "parse", "parse_block", "pb", "scan", "segments", "split", "written"]

MAX_OPERATORS = 1_000
MAX_DEPTH = 200
"""libpg_query recurses over both; beyond these it may overflow its stack and end the process."""

_SEMICOLON, _OPEN, _CLOSE, _COMMA = ord(";"), ord("("), ord(")"), ord(",")
_OPERATORS = frozenset(map(ord, "+-*/%^<>=")) | {pb.Token.Value("Op"), pb.Token.Value("TYPECAST")}
_COMMENTS = frozenset({pb.Token.Value("SQL_COMMENT"), pb.Token.Value("C_COMMENT")})
_NOT, _ATOMIC, _END = pb.Token.Value("NOT"), pb.Token.Value("ATOMIC"), pb.Token.Value("END_P")
_CASE = pb.Token.Value("CASE")


class Refused(Exception):
    """The text is not PostgreSQL, or too deep to be read safely; the message says why."""


def scan(content: bytes) -> list[Any]:
    """The tokens without comments, their offsets in bytes; raises `Refused`."""
    try:
        return [token for token in postgast.scan(content.decode()).tokens if token.token not in _COMMENTS]
    except postgast.PgQueryError as problem:
        raise Refused(str(problem)) from None


def split(content: bytes) -> Iterator[tuple[int, int, bool]]:
    """Byte spans of the statements, and whether each is shallow enough for the parser; raises `Refused`."""
    start = end = -1
    depth = deepest = operators = 0
    bodies: list[int] = []
    for token in scan(content):
        kind = token.token
        if kind == _SEMICOLON and depth <= 0 and not bodies:
            if start >= 0:
                yield start, end, deepest <= MAX_DEPTH and operators <= MAX_OPERATORS
            start, depth, deepest, operators = -1, 0, 0, 0
            continue
        if kind == _ATOMIC or (bodies and kind == _CASE):
            bodies.append(kind)
        elif bodies and kind == _END:
            bodies.pop()
        depth += (kind == _OPEN) - (kind == _CLOSE)
        deepest = max(deepest, depth)
        operators += kind in _OPERATORS or kind == _NOT
        start = token.start if start < 0 else start
        end = token.end
    if start >= 0:
        yield start, end, deepest <= MAX_DEPTH and operators <= MAX_OPERATORS


def segments(statement: bytes, after: int) -> list[tuple[int, int]]:
    """Byte spans of what stands between the commas of a statement, from the offset `after` on."""
    spans: list[tuple[int, int]] = []
    start = end = -1
    depth = 0
    for token in scan(statement):
        if token.start < after:
            continue
        if token.token == _COMMA and depth == 0:
            spans.append((start, end))
            start = -1
            continue
        depth += (token.token == _OPEN) - (token.token == _CLOSE)
        start = token.start if start < 0 else start
        end = token.end
    return [*spans, (start, end)] if start >= 0 else spans


def name_end(statement: bytes, start: int) -> int:
    """Where the qualified name that begins at the byte `start` ends, a trailing `*` included."""
    end, dotted = start, True
    for token in scan(statement):
        if token.start < start:
            continue
        text = statement[token.start : token.end]
        if not dotted and text not in (b".", b"*"):
            break
        end, dotted = token.end, text == b"."
    return end


def parse(text: str) -> list[Any]:
    """The syntax tree's statements; raises `Refused`. Only for text that `split` called shallow."""
    try:
        return [raw.stmt for raw in postgast.parse(text).stmts]
    except (postgast.PgQueryError, DecodeError) as problem:
        raise Refused(str(problem)) from None


def parse_block(text: str) -> Any:
    """The body of a DO block or a PL/pgSQL function as plain values; raises `Refused`."""
    try:
        return postgast.parse_plpgsql(text)
    except (postgast.PgQueryError, DecodeError, ValueError) as problem:
        raise Refused(str(problem)) from None


def written(expression: Any) -> str:
    """An expression of the syntax tree as SQL; empty where it cannot be printed."""
    if expression.WhichOneof("node") == "a_const" and expression.a_const.WhichOneof("val") == "ival":
        return str(expression.a_const.ival.ival)
    target = pb.Node(res_target=pb.ResTarget(val=expression))
    select = pb.SelectStmt(target_list=[target], limit_option=pb.LIMIT_OPTION_DEFAULT, op=pb.SETOP_NONE)
    statement = pb.RawStmt(stmt=pb.Node(select_stmt=select))
    try:
        return str(postgast.deparse(pb.ParseResult(version=170000, stmts=[statement]))).removeprefix("SELECT ")
    except (postgast.PgQueryError, DecodeError):
        return ""
