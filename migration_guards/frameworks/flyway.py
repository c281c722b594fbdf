"""Flyway: `V<version>__<name>.sql`, `U<version>__<name>.sql` for the way back, `R__<name>.sql` for what runs again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from migration_guards.builders.numbering import after, deed
from migration_guards.builders.sql_files import NOTHING_TO_UNDO, SQL_FILES, Head, SqlRunner
from migration_guards.frameworks.framework import Checksum, Late
from migration_guards.model import Dialect, Migration, Operation, Source, Wrap
from migration_guards.sql.marks import addressed
from migration_guards.sql.reader import whole
from migration_guards.sql.rewrite import BUILDS, builds_only
from rules.core.codebase import Codebase, Fact
from rules.core.finding import Edit

_FILE = re.compile(r"^([VU])(\d+(?:[._]\d+)*)__.+\.sql$")
_REPEATED = re.compile(r"^R__.+\.sql$")
_CONFIGURATIONS = re.compile(
    r"(?:^|/)(?:flyway\.(?:conf|toml)|application[\w.-]*\.(?:properties|ya?ml)|pom\.xml|build\.gradle(?:\.kts)?)$"
)
_APART = re.compile(rb"^[ \t]*executeInTransaction[ \t]*=[ \t]*false\b", re.I | re.M)
MAX_BYTES = 200_000
MAX_PARTS = 8


class Flyway(SqlRunner):
    """Flyway. A file runs in a transaction, unless its statements are such as PostgreSQL refuses there, or a `.conf`
    beside it says `executeInTransaction=false`. It remembers the bytes of what ran; a file that begins with `R__` runs
    again when it changes."""

    name = "flyway"
    rank = 2
    checksum = Checksum.BYTES
    late = Late.REFUSED

    def owns(self, path: PurePosixPath, head: Head, code: Codebase) -> bool:
        match = _FILE.match(path.name)
        return _REPEATED.match(path.name) is not None or (match is not None and match[1] == "V")

    def order(self, path: PurePosixPath) -> tuple[int | str, ...]:
        """The parts of the version, missing ones as 0, then the name. What runs again comes last."""
        parts = _parts(path.name)
        return (*parts, *[0] * (MAX_PARTS - len(parts)), path.name) if parts else (path.name,)

    def repeats(self, path: PurePosixPath) -> bool:
        return _REPEATED.match(path.name) is not None

    def way_back(self, path: PurePosixPath, code: Codebase) -> str:
        match = _FILE.match(path.name)
        return code.get(UNDONE).get((str(path.parent), match[2]), "") if match else ""

    def wrapped(self, path: PurePosixPath, code: Codebase) -> Wrap | None:
        content = code.text(f"{path}.conf")
        return Wrap.NONE if content is not None and _APART.search(content) else None

    def configured(self, history: str, code: Codebase) -> Dialect | None:
        """The one dialect of the addresses in the configurations of Flyway and Spring."""
        said = [addressed((code.text(path) or b"")[:MAX_BYTES]) for path in code.files if _CONFIGURATIONS.search(path)]
        found = {dialect for dialect in said if dialect is not None}
        return found.pop() if len(found) == 1 else None

    def wrap(self, source: Source, content: bytes) -> Wrap:
        actions = [c.action for s in whole(content, 0, len(content), source.dialect) for c in s.clauses]
        alone = all(isinstance(action, BUILDS) and action.concurrently for action in actions)
        return Wrap.NONE if actions and alone else Wrap.FILE

    def leave(self, operation: Operation) -> tuple[Edit, ...] | None:
        return () if builds_only(operation) else None

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        places = [PurePosixPath(path) for path in code.files]
        names = [place.name for place in places if str(place.parent) == migration.source.history]
        newest = max((name for name in names if name.startswith("V") and _parts(name)), key=_parts, default="")
        match = _FILE.match(newest)
        if match is None:
            return None
        last = re.split(r"[._]", match[2])[-1]
        made = self.written(migration, match[2].removesuffix(last) + after(last), deed(slug), sql)
        return tuple(Edit(path, None, text.encode()) for path, text in made.items())

    def written(self, migration: Migration, number: str, name: str, sql: str) -> Mapping[str, str]:
        home = migration.source.history
        undo = {f"{home}/U{number}__{name}.sql": NOTHING_TO_UNDO} if migration.source.down else {}
        return {f"{home}/V{number}__{name}.sql": sql, **undo}


def _undone(code: Codebase) -> Mapping[tuple[str, str], str]:
    places = [PurePosixPath(path) for path in code.get(SQL_FILES)]
    found = [(place, match) for place in places if (match := _FILE.match(place.name)) and match[1] == "U"]
    return {(str(place.parent), match[2]): str(place) for place, match in found}


UNDONE: Fact[Mapping[tuple[str, str], str]] = Fact("undo migrations of flyway", _undone)
"""The `U` files by folder and version."""


def _parts(name: str) -> list[int]:
    """The numbers of a version: `V1_2_3__x.sql` is 1, 2, 3. None in a file that runs again."""
    match = _FILE.match(name)
    return [int(part) for part in re.split(r"[._]", match[2])] if match else []
