"""The tables and columns that the models of the program declare: Prisma's schema, Django's and SQLAlchemy's classes."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from migration_guards.builders.django import RELATIONS
from migration_guards.programs import Scope, Step, callee_name, dotted, top
from rules.core.codebase import Codebase, Fact, FileReader
from rules.core.source import Location, Span, locate
from rules.syntax.program import Bind, Call, Class, Const
from rules.syntax.python_program import python_program

_MODEL = re.compile(r"model\s+(\w+)\s*\{")
_FIELD = re.compile(r"(\w+)\s+(\w+)(\[\])?")
_MAPPED = re.compile(r'(?<!@)@map\("([^"]+)"\)')
_TABLE = re.compile(r'@@map\("([^"]+)"\)')


@dataclass(frozen=True, slots=True)
class Declared:
    """A column that a model declares; `column` is empty for the table itself."""

    table: str
    column: str
    where: Location


def _of_file(path: str, content: bytes) -> tuple[Declared, ...]:
    return tuple(_of_prisma(path, content) if path.endswith(".prisma") else _of_python(path, content))


def _of_prisma(path: str, content: bytes) -> Iterator[Declared]:
    """Prisma's schema is a format of lines: a model, its fields, its closing brace."""
    model: list[tuple[str, str, Span]] = []
    lines = content.decode("utf-8", "replace").splitlines(keepends=True)
    models = {match[1] for line in lines if (match := _MODEL.match(line.strip()))}
    offset = 0
    for line in lines:
        span = Span(offset, offset + len(line.encode()))
        offset = span.end
        text = line.strip()
        if match := _MODEL.match(text):
            model = [(match[1], text, span)]
        elif text == "}" and model:
            yield from _prisma_model(path, content, model, models)
            model = []
        elif model and text and not text.startswith("//"):
            model.append((text.split()[0], text, span))


def _prisma_model(
    path: str, content: bytes, model: Sequence[tuple[str, str, Span]], models: Container[str]
) -> Iterator[Declared]:
    """A model's columns; a field whose type is a model is a relation, which is none."""
    mapped = [match[1] for _, text, _ in model if (match := _TABLE.match(text))]
    table = mapped[0] if mapped else model[0][0]
    yield Declared(table, "", locate(path, content, model[0][2].start, model[0][2].end))
    for name, text, span in model[1:]:
        field = _FIELD.match(text)
        if field and field[2] not in models and "@relation" not in text and "@ignore" not in text:
            column = match[1] if (match := _MAPPED.search(text)) else name
            yield Declared(table, column, locate(path, content, span.start, span.end))


def _of_python(path: str, content: bytes) -> Iterator[Declared]:
    program = python_program(path, content)
    scope = top(program)
    for statement in program.statements:
        if isinstance(statement, Bind) and isinstance(statement.value, Class):
            yield from _of_class(path, content, statement.value, scope)


def _of_class(path: str, content: bytes, made: Class, scope: Scope) -> Iterator[Declared]:
    fields = {field.name: field.value for field in made.fields if field.value is not None}
    named = scope.string(fields.get("__tablename__"))
    is_django = any(dotted(base).endswith("models.Model") for base in made.bases)
    app = next((folder for folder in reversed(PurePosixPath(path).parts[:-1]) if folder != "models"), "")
    table = named or (f"{app}_{made.name}".lower() if is_django else "")
    if not table:
        return
    yield Declared(table, "", locate(path, content, made.at.start, made.at.start))
    for name, value in fields.items():
        if not isinstance(value, Call):
            continue
        kind = callee_name(value)
        if named and kind in ("Column", "mapped_column"):
            first = value.arguments[0].value if value.arguments and value.arguments[0].name is None else None
            column = str(first.value) if isinstance(first, Const) and isinstance(first.value, str) else name
            yield Declared(table, column, locate(path, content, value.at.start, value.at.end))
        elif is_django and (kind.endswith("Field") or kind in RELATIONS) and kind != "ManyToManyField":
            column = Step(value, scope).string(-1, "db_column") or (f"{name}_id" if kind in RELATIONS else name)
            yield Declared(table, column, locate(path, content, value.at.start, value.at.end))


_READER = FileReader("declared columns", "2", tuple[Declared, ...], _of_file)


def _build(code: Codebase) -> Mapping[tuple[str, str], Location]:
    paths = [path for path in code.files if path.endswith(".prisma") or _holds_models(PurePosixPath(path))]
    found = code.read_files(_READER, paths)
    return {(one.table, one.column): one.where for listed in found.values() for one in listed}


def _holds_models(path: PurePosixPath) -> bool:
    return (
        path.suffix == ".py" and "migrations" not in path.parts and any("model" in part.lower() for part in path.parts)
    )


DECLARED: Fact[Mapping[tuple[str, str], Location]] = Fact("declared columns", _build)
"""Where a model of the program declares a column, by table and column; with an empty column, where the table is."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A file whose models declare other columns than before: their names, and where the first of them stands."""

    columns: tuple[str, ...]
    where: Location


def _drifts(code: Codebase) -> Sequence[Drift]:
    if code.base is None:
        return []
    now, before = code.get(DECLARED), code.base.get(DECLARED)
    files = {where.path for where in before.values()} & {where.path for where in now.values()}
    changed: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(now.keys() ^ before.keys()):
        where = now.get(name) or before[name]
        if name[1] and where.path in files:
            changed.setdefault(where.path, []).append(name)
    return [_drift(path, names, now, code) for path, names in changed.items()]


def _drift(
    path: str, names: Sequence[tuple[str, str]], now: Mapping[tuple[str, str], Location], code: Codebase
) -> Drift:
    first = next((now[name] for name in names if name in now), None)
    content = code.text(path) or b""
    where = first or locate(path, content, 0, len(content.partition(b"\n")[0]))
    return Drift(tuple(".".join(name) for name in names), where)


DRIFT: Fact[Sequence[Drift]] = Fact("declared columns that changed", _drifts)
