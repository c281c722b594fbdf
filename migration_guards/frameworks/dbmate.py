"""dbmate: numbered SQL files with `-- migrate:up` and `-- migrate:down` sections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from migration_guards.builders.sql_files import NOTHING_TO_UNDO, Head, SqlRunner, below, sections
from migration_guards.model import Migration, Operation, Script, Source, Statement, Wrap
from migration_guards.sql.reader import whole
from rules.core.codebase import Codebase, Unreadable
from rules.core.finding import Edit
from rules.core.source import Span

_SECTION = re.compile(rb"^(?:\xef\xbb\xbf)?--[ \t]*migrate:(up|down)\b([^\r\n]*)", re.I | re.M)
_APART = re.compile(rb"\btransaction:false\b", re.I)


class Dbmate(SqlRunner):
    """dbmate. A section runs in a transaction; with `transaction:false` it is still sent as one query. A file may hold
    several pairs of sections."""

    name = "dbmate"

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        return head.speaks("migrate:") and path.name[:1].isdigit()

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        whole(content, 0, 0, source.dialect)
        found = list(sections(content, _SECTION))
        up = [one for one in found if one[0][1].lower() == b"up"]
        back = [one for one in found if one[0][1].lower() == b"down"]
        if not up:
            raise Unreadable("it has no section `-- migrate:up`")
        undone = below(back, content, source.dialect) if back else None
        if len(up) > 1:
            forward = tuple(one for n, part in enumerate(up) for one in _grouped(part, n, content, source))
            return Script(forward, undone, Wrap.NONE, str(source.order[0]))
        wrap = Wrap.SCRIPT if _APART.search(up[0][0][2]) else Wrap.FILE
        return Script(below(up, content, source.dialect), undone, wrap, str(source.order[0]))

    def leave(self, operation: Operation) -> tuple[Edit, ...] | None:
        heads = [m for m in _SECTION.finditer(operation.migration.content) if m[1].lower() == b"up"]
        head = heads[0]
        if len(heads) > 1 or len(operation.migration.script.up) > 1 or _APART.search(head[2]):
            return None
        end = head.start() + len(head[0].rstrip())
        return (Edit(operation.path, Span(end, end), b" transaction:false"),)

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        text = f"-- migrate:up\n{sql}\n-- migrate:down\n{NOTHING_TO_UNDO}"
        return {f"{migration.source.history}/{number}_{name}.sql": text}


def _grouped(part: tuple[re.Match[bytes], Span], number: int, content: bytes, source: Source) -> Iterator[Statement]:
    """The statements of one section among several: in a transaction of their own, unless one stands there alone."""
    listed = below([part], content, source.dialect)
    alone = len(listed) == 1 and _APART.search(part[0][2]) is not None
    for statement in listed:
        yield statement if alone else replace(statement, group=f"section {number}")
