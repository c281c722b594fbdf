"""What a statement of PostgreSQL does: one function a kind of node, found by the node's name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from migration_guards.actions import (
    MAX_VALUES,
    Action,
    CreateIndex,
    CreateTable,
    Delete,
    Insert,
    Load,
    Lock,
    Maintain,
    Other,
    Policy,
    Reindex,
    Select,
    Setting,
    Transaction,
    Trigger,
    Truncate,
    Update,
)
from migration_guards.objects import AddEnumValue, AlterDomain, CreateEnum, CreateObject, RenameEnumValue
from migration_guards.sql.postgres import objects
from migration_guards.sql.postgres.alter import commanded
from migration_guards.sql.postgres.definitions import (
    always,
    calls,
    column,
    columns_of,
    constraint,
    index,
    joined,
    nodes,
    table_of,
)
from migration_guards.sql.postgres.parser import pb


def actions(node: Any) -> Iterator[Action]:
    """What one statement does; `Other` when it is of no concern."""
    kind = str(node.WhichOneof("node"))
    handler = globals().get(f"_{kind}") or getattr(objects, kind, None)
    if handler is None:
        yield Other(what=kind.removesuffix("_stmt").replace("_", " "))
        return
    yield from handler(getattr(node, kind))


def _create_stmt(node: Any) -> Iterator[Action]:
    elements = {"column_def": [], "constraint": [], "table_like_clause": []}  # type: dict[str, list[Any]]
    for element in node.table_elts:
        kind = element.WhichOneof("node")
        elements[kind].append(getattr(element, kind))
    parents = [table_of(parent.range_var) for parent in node.inh_relations]
    yield CreateTable(
        table_of(node.relation),
        tuple(column(definition) for definition in elements["column_def"]),
        tuple(constraint(definition) for definition in elements["constraint"]),
        if_not_exists=node.if_not_exists,
        temporary=node.relation.relpersistence == "t",
        unlogged=node.relation.relpersistence == "u",
        partition_of=parents[0] if parents and node.HasField("partbound") else "",
        partition_by=_partitioned(node),
        like=table_of(elements["table_like_clause"][0].relation) if elements["table_like_clause"] else "",
    )


def _partitioned(node: Any) -> str:
    if not node.HasField("partspec"):
        return ""
    return str(pb.PartitionStrategy.Name(node.partspec.strategy)).removeprefix("PARTITION_STRATEGY_").lower()


def _create_foreign_table_stmt(node: Any) -> Iterator[Action]:
    yield from _create_stmt(node.base_stmt)


def _create_table_as_stmt(node: Any) -> Iterator[Action]:
    name = table_of(node.into.rel)
    if node.objtype == pb.OBJECT_MATVIEW:
        yield CreateObject("", "materialized view", name)
        return
    temporary = node.into.rel.relpersistence == "t"
    yield CreateTable(name, if_not_exists=node.if_not_exists, temporary=temporary, from_select=not node.into.skip_data)


def _alter_table_stmt(node: Any) -> Iterator[Action]:
    table = table_of(node.relation)
    for command in node.cmds:
        yield from commanded(table, command.alter_table_cmd, node.objtype)


def _index_stmt(node: Any) -> Iterator[Action]:
    made = index(node)
    yield CreateIndex(made.table, made, node.concurrent, node.if_not_exists)


def _truncate_stmt(node: Any) -> Iterator[Action]:
    for relation in node.relations:
        yield Truncate(table_of(relation.range_var), node.behavior == pb.DROP_CASCADE)


def _within(node: Any) -> Iterator[Action]:
    """What the data-modifying parts of a WITH clause do."""
    for item in node.with_clause.ctes:
        query = item.common_table_expr.ctequery
        if query.WhichOneof("node") != "select_stmt":
            yield from actions(query)


def _literals(node: Any) -> tuple[str, ...]:
    """The texts in a statement, the first `MAX_VALUES` of them."""
    constants = (one for one in nodes(node, "a_const") if one.WhichOneof("val") == "sval")
    return tuple(constant.sval.sval for constant in islice(constants, MAX_VALUES))


def _insert_stmt(node: Any) -> Iterator[Action]:
    yield from _within(node)
    source = node.select_stmt.select_stmt
    tables = [table_of(item.range_var) for item in source.from_clause if item.WhichOneof("node") == "range_var"]
    selected = [
        item.res_target.val.column_ref.fields[-1].string.sval or "*"
        for item in source.target_list
        if item.res_target.val.WhichOneof("node") == "column_ref"
    ]
    yield Insert(
        table_of(node.relation),
        tuple(item.res_target.name for item in node.cols),
        tables[0] if tables else "",
        tuple(selected),
        _literals(source),
        source.HasField("where_clause"),
    )


def _update_stmt(node: Any) -> Iterator[Action]:
    yield from _within(node)
    restricted = bool(node.from_clause) or _restricts(node)
    names = tuple(item.res_target.name for item in node.target_list)
    yield Update(table_of(node.relation), names, restricted and _restricts(node), _literals(node))


def _delete_stmt(node: Any) -> Iterator[Action]:
    yield from _within(node)
    yield Delete(table_of(node.relation), _restricts(node))


def _restricts(node: Any) -> bool:
    return bool(node.HasField("where_clause")) and not always(node.where_clause)


def _merge_stmt(node: Any) -> Iterator[Action]:
    yield from _within(node)
    yield Load(table_of(node.relation), "merge")


def _copy_stmt(node: Any) -> Iterator[Action]:
    if node.is_from:
        yield Load(table_of(node.relation), "copy program" if node.is_program else "copy")
    else:
        yield Other(what="copy to")


def _select_stmt(node: Any) -> Iterator[Action]:
    yield from _within(node)
    if node.HasField("into_clause"):
        yield CreateTable(table_of(node.into_clause.rel), from_select=True)
    else:
        yield Select(calls=calls(node))


def _call_stmt(node: Any) -> Iterator[Action]:
    yield Select(calls=(joined(node.funccall.funcname),))


def _prepare_stmt(node: Any) -> Iterator[Action]:
    yield from actions(node.query)


def _explain_stmt(node: Any) -> Iterator[Action]:
    yield from actions(node.query)


def _vacuum_stmt(node: Any) -> Iterator[Action]:
    options = {option.def_elem.defname for option in node.options}
    what = ("vacuum full" if "full" in options else "vacuum") if node.is_vacuumcmd else "analyze"
    for relation in node.rels or [None]:
        yield Maintain(table_of(relation.vacuum_relation.relation) if relation else "", what)


def _cluster_stmt(node: Any) -> Iterator[Action]:
    yield Maintain(table_of(node.relation) if node.HasField("relation") else "", "cluster")


def _refresh_mat_view_stmt(node: Any) -> Iterator[Action]:
    yield Maintain(table_of(node.relation), "refresh", node.concurrent)


def _reindex_stmt(node: Any) -> Iterator[Action]:
    what = pb.ReindexObjectType.Name(node.kind).removeprefix("REINDEX_OBJECT_").lower()
    name = table_of(node.relation) if node.HasField("relation") else node.name
    options = {option.def_elem.defname for option in node.params}
    yield Reindex(name if what == "table" else "", what, name, "concurrently" in options)


_MODES = (
    "", "access share", "row share", "row exclusive", "share update exclusive", "share", "share row exclusive",
    "exclusive", "access exclusive",
)  # fmt: skip


def _lock_stmt(node: Any) -> Iterator[Action]:
    for relation in node.relations:
        yield Lock(table_of(relation.range_var), _MODES[node.mode])


_STEPS = {
    pb.TRANS_STMT_BEGIN: "begin", pb.TRANS_STMT_START: "begin", pb.TRANS_STMT_COMMIT: "commit",
    pb.TRANS_STMT_ROLLBACK: "rollback", pb.TRANS_STMT_PREPARE: "commit",
}  # fmt: skip


def _transaction_stmt(node: Any) -> Iterator[Action]:
    yield Transaction(what=_STEPS.get(node.kind, "savepoint"))


def _variable_set_stmt(node: Any) -> Iterator[Action]:
    values = [objects.constant(argument.a_const) for argument in node.args if argument.WhichOneof("node") == "a_const"]
    yield Setting("", node.name.lower(), ", ".join(values), node.is_local)


def _create_trig_stmt(node: Any) -> Iterator[Action]:
    yield Trigger(table_of(node.relation), node.trigname, "create")


def _create_policy_stmt(node: Any) -> Iterator[Action]:
    yield Policy(table_of(node.table), node.policy_name, "create", not node.permissive)


def _alter_policy_stmt(node: Any) -> Iterator[Action]:
    yield Policy(table_of(node.table), node.policy_name, "alter")


def _create_enum_stmt(node: Any) -> Iterator[Action]:
    yield CreateEnum("", joined(node.type_name), columns_of(node.vals))


def _alter_enum_stmt(node: Any) -> Iterator[Action]:
    name = joined(node.type_name)
    if node.old_val:
        yield RenameEnumValue("", name, node.old_val, node.new_val)
    else:
        yield AddEnumValue("", name, node.new_val, bool(node.new_val_neighbor), node.skip_if_new_val_exists)


_DOMAIN = {
    "C": "add constraint", "X": "drop constraint", "V": "validate constraint", "O": "set not null",
    "N": "drop not null",
}  # fmt: skip


def _alter_domain_stmt(node: Any) -> Iterator[Action]:
    definition = getattr(node, "def").constraint
    yield AlterDomain("", joined(node.type_name), _DOMAIN.get(node.subtype, "other"), definition.skip_validation)
