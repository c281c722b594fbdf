"""The operations of the migrations that a change brings."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import cast

import migration_guards.frameworks
from migration_guards.frameworks.framework import Framework, Part
from migration_guards.model import Dialect, Kind, Operation, Reading, Statement
from migration_guards.sql import postgres, tokens
from rules.core.codebase import Codebase, Fact, FileReader, Unreadable
from rules.core.source import locate


@lru_cache(maxsize=1)
def frameworks() -> tuple[Framework, ...]:
    """One of each runner that has a module in `frameworks`."""
    package = migration_guards.frameworks
    modules = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    return tuple(
        cast(Framework, value())
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__ and isinstance(vars(value).get("name"), str)
    )


def statements(path: str, content: bytes, part: Part, dialect: Dialect) -> tuple[Statement, ...]:
    """The statements of the up part; raises `Unreadable` when the file is no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("it is UTF-16; migrations are read as UTF-8")
    if b"\0" in content:
        raise Unreadable("it holds NUL bytes")
    try:
        text = content[part.start : part.end].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    shift = part.start + (3 if part.start == 0 and content.startswith(b"\xef\xbb\xbf") else 0)
    return tuple(_statements(path, content, text, shift, dialect))


def _statements(path: str, content: bytes, text: str, shift: int, dialect: Dialect) -> Iterator[Statement]:
    raw = text.encode()
    if dialect is Dialect.POSTGRES:
        try:
            for start, end, shallow in postgres.split(raw):
                piece = raw[start:end].decode()
                reading, clauses = postgres.read(piece, shallow)
                yield Statement(piece, locate(path, content, shift + start, shift + end), reading, clauses)
            return
        except postgres.NotScanned:
            pass
    for first, last in tokens.split(text):
        piece = text[first:last].rstrip()
        start = shift + len(text[:first].encode())
        where = locate(path, content, start, start + len(piece.encode()))
        yield Statement(piece, where, Reading.TOKENS, tokens.clauses(piece))


def _build(code: Codebase) -> tuple[Operation, ...]:
    found = [operation for framework in frameworks() for operation in _of_framework(framework, code)]
    created = {(o.dialect, o.clause.table) for o in found if o.clause.kind is Kind.CREATE_TABLE}
    return tuple(
        Operation(
            o.clause,
            o.where,
            o.statement,
            o.reading,
            o.dialect,
            o.path,
            o.alone,
            (o.dialect, o.clause.table) in created,
        )
        for o in found
    )


def _of_framework(framework: Framework, code: Codebase) -> Iterator[Operation]:
    before = code.base.files if code.base is not None else {}
    known = {entry.blob for entry in before.values()}
    fresh = [path for path in framework.migrations(code.files) if code.files[path].blob not in known]
    for path in fresh:
        settings = {name: code.text(name) or b"" for name in framework.wants(path) if name in code.files}
        content = code.text(path)
        if content is None:
            continue
        dialect = framework.dialect(path, content, settings)

        def read(name: str, raw: bytes, dialect: Dialect = dialect) -> tuple[Statement, ...]:
            return statements(name, raw, framework.up(raw), dialect)

        reader = FileReader(f"migration:{framework.name}", f"1:{dialect}", tuple[Statement, ...], read)
        listed = code.read_files(reader, [path]).get(path, ())
        for statement in listed:
            for clause in statement.clauses:
                yield Operation(
                    clause, statement.where, statement.text, statement.reading, dialect, path, len(listed) == 1, False
                )


OPERATIONS: Fact[Sequence[Operation]] = Fact("operations", _build)
