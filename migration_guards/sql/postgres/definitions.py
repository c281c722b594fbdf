"""Names, types, columns, constraints and indexes in PostgreSQL's syntax tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.message import Message

from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.sql.postgres.parser import pb, written

_SPELLED = {
    "int4": "integer", "int": "integer", "int8": "bigint", "int2": "smallint", "float4": "real",
    "float8": "double precision", "bool": "boolean", "varchar": "character varying", "bpchar": "character",
    "timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone",
    "timetz": "time with time zone", "time": "time without time zone", "decimal": "numeric", "varbit": "bit varying",
    "serial4": "serial", "serial8": "bigserial", "serial2": "smallserial",
}  # fmt: skip
SERIALS = frozenset({"serial", "bigserial", "smallserial"})
_ACTIONS = {"c": "cascade", "n": "set null", "d": "set default", "r": "restrict"}


def joined(parts: Iterable[Any]) -> str:
    """A qualified name; the schema `public` and the system's own are left out."""
    names = [part.string.sval for part in parts]
    if len(names) > 1 and names[-2] in ("public", "pg_catalog"):
        names = names[-1:]
    return ".".join(names)


def table_of(relation: Any) -> str:
    schema = relation.schemaname
    return f"{schema}.{relation.relname}" if schema and schema != "public" else str(relation.relname)


def nodes(root: Message, kind: str) -> Iterator[Any]:
    """Every node of a kind (`func_call`, `column_ref`, ...) below a message, itself included, as they are written."""
    waiting = [root]
    while waiting:
        message = waiting.pop()
        inner: list[Message] = []
        for field, value in message.ListFields():
            if field.type != field.TYPE_MESSAGE:
                continue
            if field.name == kind and field.containing_type is pb.Node.DESCRIPTOR:
                yield value
            inner.extend([value] if isinstance(value, Message) else value)
        waiting.extend(reversed(inner))


def calls(root: Message) -> tuple[str, ...]:
    """The functions that are called in an expression or query; CURRENT_TIMESTAMP and its like by that name."""
    named = [joined(call.funcname) for call in nodes(root, "func_call")]
    special = [
        pb.SQLValueFunctionOp.Name(v.op).removeprefix("SVFOP_").lower() for v in nodes(root, "sqlvalue_function")
    ]
    return tuple(sorted({*named, *special}))


def type_name(node: Any) -> str:
    """A type with its arguments: `character varying(80)`, `numeric(10,2)`, `text[]`."""
    base = joined(node.names)
    base = _SPELLED.get(base, base)
    numbers = [str(m.a_const.ival.ival) for m in node.typmods if m.WhichOneof("node") == "a_const"]
    if numbers and not base.startswith("interval"):
        head, _, tail = base.partition(" with")
        base = f"{head}({','.join(numbers)}){_ + tail if _ else ''}"
    return base + "[]" * len(node.array_bounds)


def columns_of(items: Iterable[Any]) -> tuple[str, ...]:
    return tuple(item.string.sval for item in items)


def column(node: Any) -> Column:
    """A column definition with what its constraints say."""
    found = {item.constraint.contype: item.constraint for item in node.constraints}
    kind = type_name(node.type_name)
    default = found.get(pb.CONSTR_DEFAULT)
    generated = found.get(pb.CONSTR_GENERATED)
    check = found.get(pb.CONSTR_CHECK)
    foreign = found.get(pb.CONSTR_FOREIGN)
    return Column(
        node.colname,
        kind,
        not_null=bool(found.keys() & {pb.CONSTR_NOTNULL, pb.CONSTR_PRIMARY, pb.CONSTR_IDENTITY}) or kind in SERIALS,
        default=written(default.raw_expr) if default else "",
        calls=calls(default.raw_expr) if default else (),
        identity=pb.CONSTR_IDENTITY in found or kind in SERIALS,
        generated=("virtual" if getattr(generated, "generated_kind", "s") == "v" else "stored") if generated else "",
        primary=pb.CONSTR_PRIMARY in found,
        unique=pb.CONSTR_UNIQUE in found,
        references=_reference(foreign) if foreign else None,
        check=written(check.raw_expr) if check else "",
        collation=joined(node.coll_clause.collname) if node.HasField("coll_clause") else "",
    )


def _reference(node: Any) -> Reference:
    return Reference(table_of(node.pktable), columns_of(node.pk_attrs), _ACTIONS.get(node.fk_del_action, ""))


_HOLDS = {
    pb.CONSTR_PRIMARY: Holds.PRIMARY, pb.CONSTR_UNIQUE: Holds.UNIQUE, pb.CONSTR_FOREIGN: Holds.FOREIGN,
    pb.CONSTR_CHECK: Holds.CHECK, pb.CONSTR_EXCLUSION: Holds.EXCLUDE, pb.CONSTR_NOTNULL: Holds.NOT_NULL,
}  # fmt: skip


def constraint(node: Any) -> Constraint:
    """A table constraint."""
    holds = _HOLDS.get(node.contype, Holds.UNKNOWN)
    foreign = holds is Holds.FOREIGN
    return Constraint(
        holds,
        node.conname,
        columns_of(node.fk_attrs if foreign else node.keys),
        _reference(node) if foreign else None,
        written(node.raw_expr) if node.HasField("raw_expr") else "",
        node.skip_validation,
        node.indexname,
        node.is_enforced or holds not in (Holds.CHECK, Holds.FOREIGN),
        tuple(_not_null(node.raw_expr)) if holds is Holds.CHECK else (),
    )


def _not_null(node: Any) -> Iterator[str]:
    """The columns of `a IS NOT NULL [AND b IS NOT NULL ...]`."""
    kind = node.WhichOneof("node")
    if kind == "null_test" and node.null_test.nulltesttype == pb.IS_NOT_NULL:
        fields = node.null_test.arg.column_ref.fields
        if len(fields) == 1:
            yield fields[0].string.sval
    elif kind == "bool_expr" and node.bool_expr.boolop == pb.AND_EXPR:
        for part in node.bool_expr.args:
            yield from _not_null(part)


def index(node: Any) -> Index:
    """What CREATE INDEX makes."""
    names = []
    for item in node.index_params:
        element = item.index_elem
        names.append(element.name or f"({written(element.expr)})")
    return Index(
        node.idxname,
        table_of(node.relation),
        tuple(names),
        node.unique,
        node.access_method if node.access_method != "btree" else "",
        node.HasField("where_clause"),
        not node.relation.inh,
    )


def always(where: Any) -> bool:
    """Whether a condition is a constant or compares a thing with itself."""
    kind = where.WhichOneof("node")
    if kind == "a_const":
        return True
    if kind == "bool_expr" and where.bool_expr.boolop == pb.OR_EXPR:
        return any(always(part) for part in where.bool_expr.args)
    if kind == "bool_expr" and where.bool_expr.boolop == pb.AND_EXPR:
        return all(always(part) for part in where.bool_expr.args)
    if kind != "a_expr":
        return False
    left, right = where.a_expr.lexpr, where.a_expr.rexpr
    if all(side.WhichOneof("node") == "a_const" for side in (left, right)):
        return True
    same = left.WhichOneof("node") == right.WhichOneof("node")
    return same and written(left) != "" and written(left) == written(right)
