"""Liquibase: changelogs of changesets, in XML, YAML or JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from migration_guards.builders.calls import statement
from migration_guards.builders.changelog import Element, from_xml, from_yaml
from migration_guards.builders.liquibase import actions
from migration_guards.builders.sql_files import is_apart
from migration_guards.frameworks.framework import Checksum, Framework
from migration_guards.model import Dialect, Script, Source, Statement, Wrap
from migration_guards.servers import database, server
from migration_guards.sql import reader
from migration_guards.sql.marks import named
from rules.core.codebase import Codebase, FileReader
from rules.core.source import Span

_PLACE = re.compile(r"changelog|changeset|liquibase|migration|(?:^|/)db/", re.I)
_SUFFIXES = frozenset({".xml", ".yaml", ".yml", ".json"})
_ROOTS = frozenset({"changelog", "changelogs", "liquibase"})
_APART = frozenset({"preConditions", "validCheckSum", "comment", "modifySql", "rollback", "include", "property"})
_SERVERS = {
    "postgresql": Dialect.POSTGRES, "mysql": Dialect.MYSQL, "mariadb": Dialect.MYSQL, "sqlite": Dialect.SQLITE,
}  # fmt: skip


def _holds_changes(path: str, content: bytes) -> bool:
    return b"databaseChangeLog" in content and b"changeSet" in content


_CHANGELOGS = FileReader("liquibase changelog", "1", bool, _holds_changes)


class Liquibase(Framework):
    """Liquibase with changelogs in XML, YAML or JSON. Each changeset runs in a transaction of its own, unless it says
    `runInTransaction: false`. It remembers each changeset, so that a file may grow."""

    name = "liquibase"
    checksum = Checksum.BYTES

    def sources(self, code: Codebase) -> Iterable[Source]:
        files = [p for p in code.files if PurePosixPath(p).suffix in _SUFFIXES and _PLACE.search(p) and not is_apart(p)]
        for path, holds in code.read_files(_CHANGELOGS, files).items():
            if holds:
                dialect = dialect_of(path, code)
                version = server(code, path, dialect)
                yield Source(path, history_of(path), (place_of(path),), dialect, version, repeats=True)

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        root = from_xml(content) if source.path.endswith(".xml") else from_yaml(content)
        sets = [one for one in _each(root, "changeSet") if meant(one.value("dbms"), source.dialect)]
        read = _Changes(source.dialect, content)
        up = tuple(s for n, one in enumerate(sets) for s in read.changeset(one, n))
        undone = [back for one in sets for back in one.each("rollback")]
        down_ = tuple(s for back in undone for s in read.rollback(back)) if undone else None
        return Script(up, down_, Wrap.NONE, place_of(source.path))


def dialect_of(path: str, code: Codebase) -> Dialect:
    """The database of a changelog: by its folders, else by what the repository says; PostgreSQL when it is silent."""
    found = named(PurePosixPath(path).parts[:-1]) or database(code, path)[0]
    return Dialect.POSTGRES if found is Dialect.OTHER and not named(PurePosixPath(path).parts[:-1]) else found


def history_of(path: str) -> str:
    """The folder that a changelog belongs to: the outermost one called so, else its own."""
    parts = PurePosixPath(path).parts[:-1]
    end = next((n for n, part in enumerate(parts) if part.lower() in _ROOTS), len(parts) - 1)
    return "/".join(parts[: end + 1]) or "."


def place_of(path: str) -> str:
    """A path with its numbers widened, so that 2 comes before 10."""
    return re.sub(r"\d+", lambda number: number[0].zfill(20), path)


def meant(dbms: str, dialect: Dialect) -> bool:
    """Whether a list such as `postgresql, !h2` is about the dialect; an empty one is about all."""
    names = [name.strip().lower() for name in dbms.split(",") if name.strip()]
    wanted = [name for name in names if not name.startswith("!")]
    barred = {_SERVERS.get(name[1:]) for name in names if name.startswith("!")}
    if dialect in barred or "none" in wanted:
        return False
    return not wanted or "all" in wanted or any(_SERVERS.get(name, Dialect.OTHER) is dialect for name in wanted)


def _each(element: Element, name: str) -> Iterator[Element]:
    for one in element.inner:
        if one.name == name:
            yield one
        elif one.name not in _APART:
            yield from _each(one, name)


class _Changes:
    """The statements of changesets."""

    def __init__(self, dialect: Dialect, content: bytes) -> None:
        self._dialect = dialect
        self._content = content

    def changeset(self, one: Element, number: int) -> Iterator[Statement]:
        group = "" if one.flag("runInTransaction") is False else f"changeset {number}"
        for change in one.inner:
            if change.name not in _APART and change.name not in one.values:
                for said in self._change(change):
                    yield replace(said, group=group)

    def rollback(self, back: Element) -> Iterator[Statement]:
        if back.text.strip():
            yield from self._sql(back.text, back.text_at or back.at)
        for change in back.inner:
            yield from self._change(change)

    def _change(self, change: Element) -> Iterator[Statement]:
        if not meant(change.value("dbms"), self._dialect):
            return
        if change.name != "sql":
            yield statement(self._content, change.at, actions(change))
            return
        inner = next(change.each("sql"), change)
        yield from self._sql(inner.text, inner.text_at or inner.at)

    def _sql(self, text: str, at: Span) -> Iterator[Statement]:
        yield from reader.statements(
            text, self._dialect, lambda span: self._place(text.encode()[span.start : span.end], at)
        )

    def _place(self, piece: bytes, at: Span) -> Span:
        """Where some SQL stands in the file; where its lines are indented or escaped, from its first line on."""
        start = self._content.find(piece, at.start, at.end)
        if start >= 0:
            return Span(start, start + len(piece))
        start = self._content.find(piece.partition(b"\n")[0].strip(), at.start, at.end)
        return Span(start, at.end) if start >= 0 else at
