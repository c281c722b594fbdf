"""Migrations that are SQL files."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from migration_guards.builders.numbering import deed, following, order_of
from migration_guards.frameworks.framework import Framework
from migration_guards.model import Dialect, Intent, Migration, Operation, Script, Source, Statement, Wrap
from migration_guards.servers import database, server
from migration_guards.sql.marks import BACKTICKS, marks, named
from migration_guards.sql.reader import whole
from migration_guards.sql.rewrite import BUILDS, rewritten
from rules.core.codebase import Codebase, Fact, FileReader
from rules.core.finding import Edit
from rules.core.source import Span

FOLDERS = frozenset({"migrations", "migration", "migrate"})
_APART = frozenset({
    "test", "tests", "__tests__", "spec", "testdata", "test-data", "fixtures", "fixture", "seed", "seeds", "seeders",
    "doc", "docs", "example", "examples", "samples", "node_modules", "vendor", "dumps", "snapshots",
})  # fmt: skip
_WHOLE = frozenset({"schema", "structure", "dump", "snapshot", "seed", "seeds", "fixtures"})
_DIRECTIVE = re.compile(
    rb"^(?:\xef\xbb\xbf)?--[ \t]*(\+goose[ \t]+\w+|migrate:(?:up|down)|atlas:\w+|liquibase[ \t]+formatted[ \t]+sql)",
    re.I | re.M,
)
NOTHING_TO_UNDO = "SELECT 1;\n"


@dataclass(frozen=True, slots=True)
class Head:
    """What a SQL file shows of its runner, the first words of its directives, and of its database."""

    directives: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def speaks(self, word: str) -> bool:
        return any(directive.startswith(word) for directive in self.directives)


def _head(path: str, content: bytes) -> Head:
    said = {b" ".join(match[1].lower().split()).decode() for match in _DIRECTIVE.finditer(content)}
    return Head(tuple(sorted(said)), tuple(sorted({str(mark) for mark in marks(content)})))


_HEADS = FileReader("SQL file", "1", Head, _head)


def is_apart(path: str) -> bool:
    """Whether a file stands among tests, examples, seeds, dumps or the code of others."""
    place = PurePosixPath(path)
    return bool({part.lower() for part in place.parts[:-1]} & _APART) or place.stem.lower() in _WHOLE


def _files(code: Codebase) -> Mapping[str, Head]:
    paths = [path for path in code.files if path.endswith(".sql") and not is_apart(path)]
    return {**dict.fromkeys(paths, Head()), **code.read_files(_HEADS, paths)}


SQL_FILES: Fact[Mapping[str, Head]] = Fact("SQL files", _files)
"""The SQL files of a tree that may be migrations. A file that is no text has an empty head."""


class SqlRunner(Framework):
    """A runner of SQL files: one file a migration, the way back in a section of it or in a file beside it."""

    def sources(self, code: Codebase) -> Iterable[Source]:
        heads = code.get(SQL_FILES)
        histories: dict[str, list[PurePosixPath]] = defaultdict(list)
        for path, head in heads.items():
            place = PurePosixPath(path)
            if self.owns(place, head, code):
                histories[self.history(place)].append(place)
        for history, places in histories.items():
            dialect = self.dialect(history, {mark for place in places for mark in heads[str(place)].marks}, code)
            for place in places:
                yield Source(
                    str(place), history, self.order(place), dialect, server(code, str(place), dialect),
                    self.way_back(place, code), self.wrapped(place, code), self.repeats(place),
                )  # fmt: skip

    @abstractmethod
    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        """Whether a SQL file is one of the runner's migrations."""

    def history(self, path: PurePosixPath) -> str:
        return str(path.parent)

    def order(self, path: PurePosixPath) -> tuple[int | str, ...]:
        return order_of(path.name)

    def way_back(self, path: PurePosixPath, code: Codebase) -> str:
        """The file with the way back; empty where there is none."""
        return ""

    def wrapped(self, path: PurePosixPath, code: Codebase) -> Wrap | None:
        """What another file says of this one's transaction."""
        return None

    def repeats(self, path: PurePosixPath) -> bool:
        """Whether the runner runs the file again when it changes."""
        return False

    def configured(self, history: str, code: Codebase) -> Dialect | None:
        """What the runner's own configuration says of the database."""
        return None

    def dialect(self, history: str, said: set[str], code: Codebase) -> Dialect:
        """The database of a history: by its folders, the runner's configuration, the words of its files, and what
        the repository says around it; PostgreSQL where nothing speaks."""
        known = named(PurePosixPath(history).parts) or self.configured(history, code)
        if known is not None:
            return known
        if Dialect.OTHER in said:
            return Dialect.OTHER
        spoken = said - {BACKTICKS}
        if len(spoken) == 1:
            return Dialect(spoken.pop())
        found, _ = database(code, f"{history}/migration.sql")
        if found is not Dialect.OTHER:
            return found
        return Dialect.MYSQL if said & {BACKTICKS, Dialect.MYSQL} else Dialect.POSTGRES

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        below = None if down is None else whole(down, 0, len(down), source.dialect)
        up = whole(content, 0, len(content), source.dialect)
        return Script(up, below, source.wrap or self.wrap(source, content), str(source.order[0]))

    def wrap(self, source: Source, content: bytes) -> Wrap:
        """How the runner puts a file into transactions."""
        return Wrap.FILE

    def rewrite(self, operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
        said = rewritten(operation, intent)
        if said is None or not operation.transaction or not self._needs_none(operation, intent):
            return said
        out = self.leave(operation)
        return None if out is None else (*out, *said)

    def _needs_none(self, operation: Operation, intent: Intent) -> bool:
        return intent is Intent.CONCURRENTLY and isinstance(operation.action, BUILDS)

    def leave(self, operation: Operation) -> tuple[Edit, ...] | None:
        """The edits that take a file out of its transaction; None where the runner cannot or it is not safe."""
        return None

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        number = following(code.files, migration.source.history)
        if number is None:
            return None
        home = f"{migration.source.history}/"
        paired = any(path.startswith(home) and path.endswith("down.sql") for path in code.files)
        made = self.written(migration, number, deed(slug), sql).items()
        kept = [(path, text) for path, text in made if paired or text != NOTHING_TO_UNDO]
        return tuple(Edit(path, None, text.encode()) for path, text in kept) or None

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        """The files of a new migration; none where the runner has more to keep in step. A file with nothing to undo is
        left out where the history gives no way back."""
        return {}


def on_top(path: str, content: bytes, line: str) -> Edit:
    """The edit that puts a line above everything else but a byte order mark."""
    start = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    return Edit(path, Span(start, start), f"{line}\n".encode())


def sections(content: bytes, marker: re.Pattern[bytes]) -> Iterator[tuple[re.Match[bytes], Span]]:
    """The lines that a marker matches, each with the bytes below it up to the next of them."""
    lines = list(marker.finditer(content))
    for line, following_line in zip(lines, [*lines[1:], None], strict=True):
        yield line, Span(line.end(), following_line.start() if following_line else len(content))


def below(found: Iterable[tuple[re.Match[bytes], Span]], content: bytes, dialect: Dialect) -> tuple[Statement, ...]:
    """The statements of some sections."""
    return tuple(one for _, span in found for one in whole(content, span.start, span.end, dialect))


def above(path: str, code: Codebase, name: str) -> Iterator[str]:
    """The files of a name in the folders that a path lies in, the nearest first."""
    return (place for parent in PurePosixPath(path).parents if (place := str(parent / name)) in code.files)


def in_folder(path: PurePosixPath, code: Codebase) -> str:
    """The `down.sql` in the folder of an `up.sql`; empty where there is none."""
    down = str(path.with_name("down.sql"))
    return down if down in code.files else ""


def beside(path: PurePosixPath, code: Codebase) -> str:
    """The `.down.sql` of an `.up.sql`; empty where there is none."""
    down = str(path.with_name(path.name.removesuffix(".up.sql") + ".down.sql"))
    return down if path.name.endswith(".up.sql") and down in code.files else ""
