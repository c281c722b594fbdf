"""Atlas: SQL files beside an `atlas.sum` that holds the hash of each."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from migration_guards.builders.sql_files import Head, SqlRunner, above, beside, on_top
from migration_guards.frameworks.framework import Checksum, Late
from migration_guards.model import Dialect, Intent, Operation, Source, Wrap
from migration_guards.sql.marks import addressed
from migration_guards.sql.rewrite import builds_only
from rules.core.codebase import Codebase
from rules.core.finding import Edit

SUM = "atlas.sum"
_APART = re.compile(rb"^--[ \t]*atlas:txmode[ \t]+none\b", re.M)


class Atlas(SqlRunner):
    """Atlas. A file runs in a transaction unless its head says `-- atlas:txmode none`. It remembers the bytes of what
    ran, and refuses what is older than the newest.

    `atlas.sum` has to follow every edit: a fix brings the new sum along, where the one that stands there is the one
    that this module makes of the files as they are, and is not offered elsewhere.
    """

    name = "atlas"
    rank = 2
    checksum = Checksum.BYTES
    late = Late.REFUSED

    def sources(self, code: Codebase) -> Iterable[Source]:
        sealed: dict[str, tuple[tuple[str, bytes], ...]] = {}
        for source in super().sources(code):
            if source.history not in sealed:
                sealed[source.history] = tuple(_beneath(source.history, code))
            yield replace(source, sealed=sealed[source.history])

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        kept = str(path.with_name(SUM)) in code.files
        return (kept or head.speaks("atlas:txmode")) and not path.name.endswith(".down.sql")

    def way_back(self, path: PurePosixPath, code: Codebase) -> str:
        return beside(path, code)

    def configured(self, history: str, code: Codebase) -> Dialect | None:
        said = (addressed(code.text(place) or b"") for place in above(f"{history}/1.sql", code, "atlas.hcl"))
        return next((dialect for dialect in said if dialect is not None), None)

    def wrap(self, source: Source, content: bytes) -> Wrap:
        return Wrap.NONE if _APART.search(_top(content)) else Wrap.FILE

    def forgotten(self, path: str, code: Codebase) -> str:
        kept = str(PurePosixPath(path).with_name(SUM))
        listed = (code.text(kept) or b"").decode(errors="replace").splitlines() if kept in code.files else None
        name = PurePosixPath(path).name
        return "" if listed is None or any(line.startswith(f"{name} ") for line in listed) else kept

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        sealed = operation.migration.source.sealed
        edits = super().rewrite(operation, intent) if intent is Intent.CONCURRENTLY else None
        if edits is None or not sealed:
            return edits
        files = [(name, content) for name, content in sealed if name != SUM]
        if dict(sealed).get(SUM, b"").replace(b"\r\n", b"\n") != summed(files):
            return None
        place = PurePosixPath(operation.path)
        after = [(name, _applied(c, edits) if name == place.name else c) for name, c in files]
        return (*edits, Edit(str(place.with_name(SUM)), None, summed(after)))

    def leave(self, operation: Operation) -> tuple[Edit, ...] | None:
        content = operation.migration.content
        if not builds_only(operation) or content.startswith(b"\xef\xbb\xbf"):
            return None
        own_lines = b"\r\n" not in content
        return (on_top(operation.path, content, "-- atlas:txmode none\n"),) if own_lines else None


def _beneath(history: str, code: Codebase) -> Iterable[tuple[str, bytes]]:
    """The SQL files of a folder and its sum, by name; nothing where there is no sum."""
    home = "" if history == "." else f"{history}/"
    if f"{home}{SUM}" not in code.files:
        return
    for path in sorted(code.files):
        name = path.removeprefix(home)
        if path.startswith(home) and "/" not in name and name.endswith((".sql", SUM)):
            yield name, code.text(path) or b""


def _top(content: bytes) -> bytes:
    """The comments of the file itself: those that a blank line parts from the first statement."""
    lines = content.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if line.strip() and not line.startswith(b"--")), len(lines))
    last = max((n for n in range(first) if not lines[n].strip()), default=0 if first < len(lines) else first)
    return b"".join(lines[:last])


def _applied(content: bytes, edits: Sequence[Edit]) -> bytes:
    for edit in sorted(edits, key=lambda one: one.span.start if one.span else 0, reverse=True):
        if edit.span is not None:
            content = content[: edit.span.start] + edit.text + content[edit.span.end :]
    return content


def summed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """The text of `atlas.sum` for some files in order: each line holds the hash of all up to it, the first the hash of
    the lines."""
    running, total, lines = hashlib.sha256(), hashlib.sha256(), list[str]()
    for name, content in files:
        running.update(name.encode() + content)
        shown = base64.b64encode(running.digest()).decode()
        total.update(f"{name}{shown}".encode())
        lines.append(f"{name} h1:{shown}\n")
    return f"h1:{base64.b64encode(total.digest()).decode()}\n{''.join(lines)}".encode()
