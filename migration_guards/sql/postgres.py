"""PostgreSQL by its own parser. The only module that imports postgast (libpg_query, PostgreSQL 17 grammar)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import postgast
from google.protobuf.message import DecodeError
from postgast import pg_query_pb2 as pb

from migration_guards.model import Clause, Kind, Reading
from migration_guards.sql import tokens

MAX_OPERATORS = 1_000
MAX_DEPTH = 200
"""libpg_query recurses over both; beyond these it may overflow its stack and end the process."""

_SEMICOLON, _OPEN, _CLOSE = ord(";"), ord("("), ord(")")
_OPERATORS = frozenset(map(ord, "+-*/%^<>=")) | {pb.Token.Value("Op"), pb.Token.Value("TYPECAST")}
_COMMENTS = frozenset({pb.Token.Value("SQL_COMMENT"), pb.Token.Value("C_COMMENT")})
_UNARY = frozenset({pb.Token.Value("NOT")})


class NotScanned(Exception):
    """The text has no tokens of PostgreSQL; the message says why."""


def split(content: bytes) -> Iterator[tuple[int, int, bool]]:
    """Byte spans of the statements, and whether each is shallow enough for the parser; raises `NotScanned`."""
    try:
        found = postgast.scan(content.decode()).tokens
    except postgast.PgQueryError as problem:
        raise NotScanned(str(problem)) from None
    start = end = -1
    depth = deepest = operators = begins = 0
    atomic = pb.Token.Value("ATOMIC")
    for token in found:
        if token.token in _COMMENTS:
            continue
        if token.token == _SEMICOLON and depth <= 0 and not begins:
            if start >= 0:
                yield start, end, deepest <= MAX_DEPTH and operators <= MAX_OPERATORS
            start, depth, deepest, operators = -1, 0, 0, 0
            continue
        begins += token.token == atomic
        if begins and token.token == pb.Token.Value("END_P"):
            begins -= 1
        depth += (token.token == _OPEN) - (token.token == _CLOSE)
        deepest = max(deepest, depth)
        operators += token.token in _OPERATORS or token.token in _UNARY
        start = token.start if start < 0 else start
        end = token.end
    if start >= 0:
        yield start, end, deepest <= MAX_DEPTH and operators <= MAX_OPERATORS


def read(text: str, shallow: bool) -> tuple[Reading, tuple[Clause, ...]]:
    """What one statement does. Text that the parser refuses is read by its tokens; none known there is opaque."""
    if shallow:
        try:
            statements = postgast.parse(text).stmts
            return Reading.EXACT, tuple(clause for raw in statements for clause in _clauses(raw.stmt))
        except (postgast.PgQueryError, DecodeError):
            pass
    found = tokens.clauses(text)
    if all(clause.kind is Kind.OTHER for clause in found):
        return Reading.OPAQUE, (Clause(Kind.OPAQUE),)
    return Reading.TOKENS, found


def _clauses(node: Any) -> Iterator[Clause]:
    kind = node.WhichOneof("node")
    statement = getattr(node, kind)
    if kind == "drop_stmt" and statement.remove_type == pb.OBJECT_TABLE:
        for item in statement.objects:
            yield Clause(Kind.DROP_TABLE, ".".join(part.string.sval for part in item.list.items))
    elif kind == "truncate_stmt":
        for item in statement.relations:
            yield Clause(Kind.TRUNCATE, _table(item.range_var))
    elif kind == "delete_stmt":
        yield Clause(Kind.DELETE, _table(statement.relation), has_where=_restricts(statement))
    elif kind == "update_stmt":
        yield Clause(Kind.UPDATE, _table(statement.relation), has_where=_restricts(statement))
    elif kind == "index_stmt":
        table = _table(statement.relation)
        yield Clause(Kind.CREATE_INDEX, table, statement.idxname, concurrent=statement.concurrent)
    elif kind == "create_stmt":
        yield Clause(Kind.CREATE_TABLE, _table(statement.relation))
    elif kind == "create_table_as_stmt":
        yield Clause(Kind.CREATE_TABLE, _table(statement.into.rel))
    elif kind == "alter_table_stmt" and statement.objtype == pb.OBJECT_TABLE:
        for command in statement.cmds:
            yield from _altered(_table(statement.relation), command.alter_table_cmd)
    else:
        yield Clause(Kind.OTHER)


def _altered(table: str, command: Any) -> Iterator[Clause]:
    if command.subtype == pb.AT_DropColumn:
        yield Clause(Kind.DROP_COLUMN, table, command.name)
    elif command.subtype == pb.AT_AddColumn:
        column = getattr(command, "def").column_def
        found = {item.constraint.contype for item in column.constraints}
        serial = any(part.string.sval.endswith("serial") for part in column.type_name.names)
        filled = {pb.CONSTR_DEFAULT, pb.CONSTR_IDENTITY, pb.CONSTR_GENERATED}
        yield Clause(
            Kind.ADD_COLUMN,
            table,
            column.colname,
            not_null=bool(found & {pb.CONSTR_NOTNULL, pb.CONSTR_PRIMARY}),
            has_default=bool(found & filled) or serial,
        )


def _table(relation: Any) -> str:
    return f"{relation.schemaname}.{relation.relname}" if relation.schemaname else str(relation.relname)


def _restricts(statement: Any) -> bool:
    """Whether there is a WHERE that is not a constant or a comparison of a thing with itself."""
    if not statement.HasField("where_clause"):
        return False
    where = statement.where_clause
    kind = where.WhichOneof("node")
    if kind == "a_const":
        return False
    if kind == "a_expr":
        sides = [getattr(where.a_expr, side) for side in ("lexpr", "rexpr")]
        if all(side.WhichOneof("node") == "a_const" for side in sides):
            return False
        plain = [postgast.deparse(_wrapped(side)) for side in sides]
        return bool(plain[0] != plain[1])
    return True


def _wrapped(node: Any) -> Any:
    target = pb.Node(res_target=pb.ResTarget(val=node))
    statement = pb.RawStmt(
        stmt=pb.Node(
            select_stmt=pb.SelectStmt(target_list=[target], limit_option=pb.LIMIT_OPTION_DEFAULT, op=pb.SETOP_NONE)
        )
    )
    return pb.ParseResult(version=170000, stmts=[statement])
