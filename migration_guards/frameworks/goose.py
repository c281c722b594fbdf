"""goose: numbered SQL files with `-- +goose Up` and `-- +goose Down` sections, in any folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from migration_guards.builders.sql_files import Head, SqlRunner, below, on_top, sections
from migration_guards.frameworks.framework import Late
from migration_guards.model import Migration, Operation, Script, Source, Statement, Wrap
from migration_guards.sql.reader import whole
from migration_guards.sql.rewrite import BUILDS, builds_only
from rules.core.codebase import Codebase, Unreadable
from rules.core.finding import Edit
from rules.core.source import Span

_SECTION = re.compile(rb"^(?:\xef\xbb\xbf)?--[ \t]*\+goose[ \t]+(up|down)\b[^\n]*$", re.I | re.M)
_BLOCK = re.compile(rb"^(?:\xef\xbb\xbf)?--[ \t]*\+goose[ \t]+statement(begin|end)\b[^\n]*$", re.I | re.M)
_APART = re.compile(rb"^(?:\xef\xbb\xbf)?--[ \t]*\+goose[ \t]+no[ \t]+transaction\b", re.I | re.M)


class Goose(SqlRunner):
    """goose (annotations as in its documentation). A file runs in a transaction, both ways, unless it says
    `NO TRANSACTION`; what stands between `StatementBegin` and `StatementEnd` is sent as one query."""

    name = "goose"
    late = Late.REFUSED

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        return head.speaks("+goose") and path.name[:1].isdigit()

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        whole(content, 0, 0, source.dialect)
        found = list(sections(content, _SECTION))
        up = [one for one in found if one[0][1].lower() == b"up"]
        back = [one for one in found if one[0][1].lower() == b"down"]
        if not up:
            raise Unreadable("it has no section `-- +goose Up`")
        blocks = list(_blocks(content))
        apart = _APART.search(content) is not None
        forward = below(up, content, source.dialect)
        if apart:
            forward = tuple(_together(forward, blocks))
        wrap = Wrap.NONE if apart else Wrap.FILE
        return Script(forward, below(back, content, source.dialect) if back else None, wrap, str(source.order[0]))

    def leave(self, operation: Operation) -> tuple[Edit, ...] | None:
        down = operation.migration.script.down or ()
        if not builds_only(operation) or not all(isinstance(c.action, BUILDS) for s in down for c in s.clauses):
            return None
        return (on_top(operation.path, operation.migration.content, "-- +goose NO TRANSACTION"),)

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        return {f"{migration.source.history}/{number}_{name}.sql": f"-- +goose Up\n{sql}"}


def _blocks(content: bytes) -> Iterator[Span]:
    """The bytes between `StatementBegin` and `StatementEnd`; raises `Unreadable` where one lacks the other."""
    start: int | None = None
    for mark in _BLOCK.finditer(content):
        begins = mark[1].lower() == b"begin"
        if begins is (start is not None):
            break
        if start is not None:
            yield Span(start, mark.start())
        start = mark.end() if begins else None
    else:
        if start is None:
            return
    raise Unreadable("`-- +goose StatementBegin` and `StatementEnd` do not match")


def _together(statements: Iterable[Statement], blocks: list[Span]) -> Iterator[Statement]:
    """The statements of a file without a transaction: those of one block, if several, are one query."""
    listed = list(statements)
    homes = [next((n for n, b in enumerate(blocks) if b.start <= s.span.start < b.end), None) for s in listed]
    for statement, home in zip(listed, homes, strict=True):
        several = home is not None and homes.count(home) > 1
        yield replace(statement, group=f"block {home}") if several else statement
