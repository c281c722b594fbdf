"""Views, functions, types, privileges and their like: what is made, dropped, renamed and moved in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migration_guards.actions import (
    Action,
    DropIndex,
    DropTable,
    Policy,
    Privilege,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenameTable,
    Trigger,
)
from migration_guards.objects import CreateObject, DropObject, RenameObject, SetSchema
from migration_guards.sql.postgres.definitions import joined, table_of
from migration_guards.sql.postgres.parser import pb

_CALLED = {
    pb.OBJECT_MATVIEW: "materialized view", pb.OBJECT_TABCONSTRAINT: "constraint", pb.OBJECT_FOREIGN_TABLE: "table",
}  # fmt: skip
_ON_TABLE = frozenset({pb.OBJECT_TRIGGER, pb.OBJECT_POLICY, pb.OBJECT_RULE})


def _called(kind: int) -> str:
    return _CALLED.get(kind) or str(pb.ObjectType.Name(kind)).removeprefix("OBJECT_").replace("_", " ").lower()


def constant(node: Any) -> str:
    """A constant's value as text."""
    kind = node.WhichOneof("val")
    if kind is None:
        return "null"
    value = getattr(node, kind)
    return str(
        getattr(value, {"fval": "fval", "sval": "sval", "ival": "ival", "boolval": "boolval"}.get(kind, "bsval"))
    )


def _parts(item: Any) -> list[Any]:
    kind = item.WhichOneof("node")
    if kind == "list":
        return list(item.list.items)
    if kind == "object_with_args":
        return list(item.object_with_args.objname)
    if kind == "type_name":
        return list(item.type_name.names)
    return [item]


def drop_stmt(node: Any) -> Iterator[Action]:
    cascade = node.behavior == pb.DROP_CASCADE
    for item in node.objects:
        parts = _parts(item)
        name = joined(parts)
        if node.remove_type in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
            yield DropTable(name, cascade, node.missing_ok)
        elif node.remove_type == pb.OBJECT_INDEX:
            yield DropIndex("", name, node.concurrent, node.missing_ok, cascade)
        elif node.remove_type in _ON_TABLE:
            table, own = joined(parts[:-1]), parts[-1].string.sval
            policy = node.remove_type == pb.OBJECT_POLICY
            yield Policy(table, own, "drop") if policy else Trigger(table, own, "drop")
        else:
            yield DropObject("", _called(node.remove_type), name, cascade, node.missing_ok)


def dropdb_stmt(node: Any) -> Iterator[Action]:
    yield DropObject("", "database", node.dbname, False, node.missing_ok)


def drop_owned_stmt(node: Any) -> Iterator[Action]:
    yield Privilege("", "drop owned", True)


def drop_role_stmt(node: Any) -> Iterator[Action]:
    yield Privilege("", "drop role")


def reassign_owned_stmt(node: Any) -> Iterator[Action]:
    yield Privilege("", "reassign owned", True)


def alter_system_stmt(node: Any) -> Iterator[Action]:
    yield Privilege("", "alter system", True)


def _role(node: Any, what: str) -> Iterator[Action]:
    options = {option.def_elem.defname: option.def_elem.arg for option in node.options}
    powers = [options[name] for name in ("superuser", "bypassrls", "createrole") if name in options]
    yield Privilege("", what, any(power.boolean.boolval for power in powers))


def alter_role_stmt(node: Any) -> Iterator[Action]:
    yield from _role(node, "alter role")


def create_role_stmt(node: Any) -> Iterator[Action]:
    yield from _role(node, "create role")


def grant_stmt(node: Any) -> Iterator[Action]:
    public = any(item.role_spec.roletype == pb.ROLESPEC_PUBLIC for item in node.grantees)
    tables = [table_of(item.range_var) for item in node.objects if item.WhichOneof("node") == "range_var"]
    broad = public or not node.privileges
    for table in tables or [""]:
        yield Privilege(table, "grant" if node.is_grant else "revoke", broad)


def rename_stmt(node: Any) -> Iterator[Action]:
    table = table_of(node.relation) if node.HasField("relation") else ""
    kind = node.rename_type
    if kind in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
        yield RenameTable(table, _beside(table, node.newname))
    elif kind == pb.OBJECT_COLUMN:
        yield RenameColumn(table, node.subname, node.newname)
    elif kind == pb.OBJECT_TABCONSTRAINT:
        yield RenameConstraint(table, node.subname, node.newname)
    elif kind == pb.OBJECT_INDEX:
        yield RenameIndex("", table, _beside(table, node.newname))
    elif kind in _ON_TABLE:
        policy = kind == pb.OBJECT_POLICY
        yield Policy(table, node.subname, "alter") if policy else Trigger(table, node.subname, "rename")
    else:
        name = table or node.subname or joined(_parts(node.object))
        yield RenameObject("", _called(kind), name, _beside(name, node.newname))


def _beside(old: str, new: str) -> str:
    """The new name in the schema of the old one."""
    schema, dot, _ = old.rpartition(".")
    return f"{schema}{dot}{new}"


def alter_object_schema_stmt(node: Any) -> Iterator[Action]:
    table = table_of(node.relation) if node.HasField("relation") else ""
    is_table = node.object_type == pb.OBJECT_TABLE
    name = table or joined(_parts(node.object))
    yield SetSchema(table if is_table else "", _called(node.object_type), name, node.newschema)


def view_stmt(node: Any) -> Iterator[Action]:
    yield CreateObject("", "view", table_of(node.view), node.replace)


def create_function_stmt(node: Any) -> Iterator[CreateObject]:
    options = {option.def_elem.defname: option.def_elem.arg for option in node.options}
    volatility = options["volatility"].string.sval if "volatility" in options else "volatile"
    what = "procedure" if node.is_procedure else "function"
    yield CreateObject("", what, joined(node.funcname), node.replace, volatility=volatility)


def alter_function_stmt(node: Any) -> Iterator[Action]:
    yield CreateObject("", "function", joined(node.func.objname), True)


def create_seq_stmt(node: Any) -> Iterator[Action]:
    yield CreateObject("", "sequence", table_of(node.sequence))


def create_extension_stmt(node: Any) -> Iterator[Action]:
    yield CreateObject("", "extension", node.extname)


def create_schema_stmt(node: Any) -> Iterator[Action]:
    yield CreateObject("", "schema", node.schemaname)


def createdb_stmt(node: Any) -> Iterator[Action]:
    yield CreateObject("", "database", node.dbname)


def create_domain_stmt(node: Any) -> Iterator[Action]:
    yield CreateObject("", "domain", joined(node.domainname))


def composite_type_stmt(node: Any) -> Iterator[Action]:
    yield CreateObject("", "type", table_of(node.typevar))


def rule_stmt(node: Any) -> Iterator[Action]:
    yield Trigger(table_of(node.relation), node.rulename, "create")
