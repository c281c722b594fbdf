"""Django's model fields as columns (Django 5.2, database backends' `data_types`)."""

from __future__ import annotations

from migration_guards.definitions import Column, Reference
from migration_guards.model import Dialect
from migration_guards.programs import Scope, Step, callee_name
from rules.syntax.program import Call, Expr, Name

_POSTGRES = {
    "AutoField": "integer", "BigAutoField": "bigint", "SmallAutoField": "smallint", "BinaryField": "bytea",
    "BooleanField": "boolean", "NullBooleanField": "boolean", "DateField": "date",
    "DateTimeField": "timestamp with time zone", "DurationField": "interval", "FloatField": "double precision",
    "IntegerField": "integer", "BigIntegerField": "bigint", "SmallIntegerField": "smallint",
    "PositiveIntegerField": "integer", "PositiveBigIntegerField": "bigint", "PositiveSmallIntegerField": "smallint",
    "GenericIPAddressField": "inet", "JSONField": "jsonb", "TextField": "text", "TimeField": "time without time zone",
    "UUIDField": "uuid", "HStoreField": "hstore", "SearchVectorField": "tsvector",
}  # fmt: skip
_MYSQL = {
    "AutoField": "int", "BigAutoField": "bigint", "SmallAutoField": "smallint", "BinaryField": "longblob",
    "BooleanField": "bool", "DateField": "date", "DateTimeField": "datetime(6)", "DurationField": "bigint",
    "FloatField": "double precision", "IntegerField": "int", "BigIntegerField": "bigint",
    "SmallIntegerField": "smallint", "PositiveIntegerField": "int unsigned",
    "PositiveBigIntegerField": "bigint unsigned", "PositiveSmallIntegerField": "smallint unsigned",
    "GenericIPAddressField": "char(39)", "JSONField": "json", "TextField": "longtext", "TimeField": "time(6)",
    "UUIDField": "char(32)",
}  # fmt: skip
_SIZED = {
    "CharField": 0, "SlugField": 50, "EmailField": 254, "URLField": 200, "FileField": 100, "ImageField": 100,
    "FilePathField": 100,
}  # fmt: skip
RELATIONS = frozenset({"ForeignKey", "OneToOneField"})
MANY = frozenset({"ManyToManyField", "TaggableManager"})
VIRTUAL = frozenset({"GenericRelation", "GenericForeignKey"})


def field_of(expr: Expr | None, scope: Scope) -> Step | None:
    """The call that makes a field; None when the source does not show it."""
    value = scope.value(expr)
    return Step(value, scope) if isinstance(value, Call) else None


def kind_of(field: Step) -> str:
    return callee_name(field.call)


def type_of(field: Step, dialect: Dialect) -> str:
    """The column's type; empty for fields that are not Django's own."""
    kind = kind_of(field)
    varchar = "varchar" if dialect is Dialect.MYSQL else "character varying"
    if kind in _SIZED:
        size = field.scope.const(field.argument(-1, "max_length"))
        size = size if isinstance(size, int) else _SIZED[kind]
        return f"{varchar}({size})" if size else varchar
    if kind == "DecimalField":
        numbers = [field.scope.const(field.argument(-1, name)) for name in ("max_digits", "decimal_places")]
        shown = ",".join(str(number) for number in numbers if isinstance(number, int))
        return f"numeric({shown})" if shown else "numeric"
    if kind == "ArrayField":
        inner = field_of(field.argument(0, "base_field"), field.scope)
        return f"{type_of(inner, dialect)}[]" if inner and type_of(inner, dialect) else ""
    return (_MYSQL if dialect is Dialect.MYSQL else _POSTGRES).get(kind, "")


def column_of(name: str, field: Step, app: str, dialect: Dialect) -> Column:
    """The column of a field that has one."""
    kind = kind_of(field)
    primary = field.flag("primary_key") is True
    relation = kind in RELATIONS
    explicit = field.string(-1, "db_column")
    reference = Reference(table_of(field.argument(0, "to"), field.scope, app)) if relation else None
    constrained = field.flag("db_constraint") is not False
    database_default = field.argument(-1, "db_default")
    filled = field.argument(-1, "default") is not None or field.flag("auto_now_add") is True
    shown = field.scope.string(database_default) or callee_name_of(database_default)
    return Column(
        explicit or (f"{name}_id" if relation else name),
        type_of(field, dialect),
        not_null=field.flag("null") is not True,
        default=(shown or "(not shown)") if database_default is not None else "(set by Django)" if filled else "",
        calls=(shown.lower(),) if database_default is not None and isinstance(database_default, Call) and shown else (),
        identity=kind.endswith("AutoField"),
        generated=("stored" if field.flag("db_persist") is True else "virtual") if kind == "GeneratedField" else "",
        primary=primary,
        unique=(field.flag("unique") is True or kind == "OneToOneField") and not primary,
        references=reference if constrained and reference and reference.table else None,
    )


def callee_name_of(expr: Expr | None) -> str:
    return callee_name(expr) if isinstance(expr, Call) else expr.id if isinstance(expr, Name) else ""


def table_of(expr: Expr | None, scope: Scope, app: str) -> str:
    """The table of a model that is named `app.Model` or `Model`; empty when it is a setting."""
    named = scope.string(expr)
    if not named:
        return ""
    label, dot, model = named.rpartition(".")
    return f"{label if dot else app}_{model}".lower()
