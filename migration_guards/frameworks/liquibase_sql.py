"""Liquibase's formatted SQL: files that begin with `--liquibase formatted sql`, with `--changeset author:id` lines."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

from migration_guards.builders.numbering import plain
from migration_guards.builders.sql_files import Head, SqlRunner, sections
from migration_guards.frameworks.framework import Checksum
from migration_guards.frameworks.liquibase import history_of, meant, place_of
from migration_guards.model import Migration, Operation, Script, Source, Statement, Wrap
from migration_guards.programs import Fragment
from migration_guards.sql.reader import statements, whole
from migration_guards.sql.rewrite import BUILDS
from rules.core.codebase import Codebase
from rules.core.finding import Edit
from rules.core.source import Span

_SET = re.compile(rb"^[ \t]*--[ \t]*changeset[ \t]+(\S+:[^\s]+)([^\r\n]*)", re.I | re.M)
_ROLLBACK = re.compile(rb"^[ \t]*--[ \t]*rollback[ \t]+([^\r\n]*)", re.I | re.M)
_APART = re.compile(rb"\brunInTransaction:\"?false\b", re.I)
_DBMS = re.compile(rb"\bdbms:(\"[^\"]*\"|\S+)", re.I)
_NO_SQL = frozenset({b"empty", b"not required"})


class LiquibaseSql(SqlRunner):
    """Liquibase with formatted SQL. Each changeset runs in a transaction of its own, unless it says
    `runInTransaction:false`. It remembers each changeset, so that a file may grow."""

    name = "liquibase SQL"
    checksum = Checksum.BYTES

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        return head.speaks("liquibase")

    def history(self, path: PurePosixPath) -> str:
        return history_of(str(path))

    def order(self, path: PurePosixPath) -> tuple[int | str, ...]:
        return (place_of(str(path)),)

    def repeats(self, path: PurePosixPath) -> bool:
        return True

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        whole(content, 0, 0, source.dialect)
        up: list[Statement] = []
        for number, (line, span) in enumerate(sections(content, _SET)):
            dbms = _DBMS.search(line[2])
            if dbms is None or meant(dbms[1].decode().strip('"'), source.dialect):
                group = "" if _APART.search(line[2]) else f"changeset {number}"
                found = whole(content, span.start, span.end, source.dialect)
                up += [replace(one, group=group) for one in found]
        undone = _undone(content)
        back = None if undone is None else statements(undone.text, source.dialect, undone.place)
        return Script(tuple(up), back, Wrap.NONE, place_of(source.path))

    def leave(self, operation: Operation) -> tuple[Edit, ...] | None:
        mine = operation.statement.group
        peers = [peer for peer in operation.peers if peer.statement.group == mine]
        if not all(isinstance(peer.action, BUILDS) for peer in peers):
            return None
        heads = [m for m in _SET.finditer(operation.migration.content) if m.start() < operation.where.span.start]
        if _APART.search(heads[-1][2]):
            return None
        end = heads[-1].start() + len(heads[-1][0].rstrip())
        return (Edit(operation.path, Span(end, end), b" runInTransaction:false"),)

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        """A changeset at the end of the same file: another file would have to be included somewhere."""
        content = migration.content
        end = len(content)
        author = next((m[1].decode().partition(":")[0] for m in _SET.finditer(content)), "")
        if not author:
            return None
        gap = "\n" if content.endswith(b"\n") else "\n\n"
        text = f"{gap}--changeset {author}:{plain(slug)}\n{sql}--rollback empty\n"
        return (Edit(migration.path, Span(end, end), text.encode()),)


def _undone(content: bytes) -> Fragment | None:
    """The SQL of the rollback lines, each line at its place; None where there is none."""
    lines = [m for m in _ROLLBACK.finditer(content) if m[1].strip().lower() not in _NO_SQL]
    text, pieces = b"", list[tuple[int, int, int]]()
    for line in lines:
        pieces.append((len(text), line.start(1), len(line[1])))
        text += line[1] + b"\n"
    if not lines:
        return None
    return Fragment(text.decode(), Span(lines[0].start(), lines[-1].end()), tuple(pieces))
