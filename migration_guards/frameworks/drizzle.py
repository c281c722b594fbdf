"""Drizzle Kit: numbered SQL files beside `meta/_journal.json`, statements parted by `--> statement-breakpoint`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from migration_guards.frameworks.framework import Framework
from migration_guards.model import Dialect, Script, Source, Wrap
from migration_guards.servers import server
from migration_guards.sql.reader import whole
from rules.core.codebase import Codebase

JOURNAL = "meta/_journal.json"
_DIALECTS = {
    "postgresql": Dialect.POSTGRES, "pg": Dialect.POSTGRES, "mysql": Dialect.MYSQL, "sqlite": Dialect.SQLITE,
    "turso": Dialect.SQLITE,
}  # fmt: skip


class Drizzle(Framework):
    """Drizzle Kit. All pending files run in one transaction; there is no way back."""

    name = "drizzle"

    def sources(self, code: Codebase) -> Iterable[Source]:
        for path in code.files:
            if path.endswith(f"/{JOURNAL}") or path == JOURNAL:
                home = path.removesuffix(JOURNAL)
                yield from self._listed(code, home, journal(code, path))

    def _listed(self, code: Codebase, home: str, said: Mapping[str, Any]) -> Iterable[Source]:
        dialect = _DIALECTS.get(str(said.get("dialect")), Dialect.OTHER)
        places = {str(e.get("tag")): n for n, e in enumerate(said.get("entries") or ()) if isinstance(e, dict)}
        for path in code.files:
            name = path.removeprefix(home)
            if path.startswith(home) and "/" not in name and name.endswith(".sql"):
                tag = name.removesuffix(".sql")
                order = (places.get(tag, len(places)), tag)
                yield Source(path, home.rstrip("/"), order, dialect, server(code, path, dialect))

    def forgotten(self, path: str, code: Codebase) -> str:
        home, _, name = path.rpartition("/")
        kept = f"{home}/{JOURNAL}" if home else JOURNAL
        tags = [entry.get("tag") for entry in journal(code, kept).get("entries") or () if isinstance(entry, dict)]
        return "" if name.removesuffix(".sql") in tags else kept

    def script(self, source: Source, content: bytes, down: bytes | None) -> Script:
        return Script(whole(content, 0, len(content), source.dialect), None, Wrap.ALL, str(source.order[-1]))


def journal(code: Codebase, path: str) -> Mapping[str, Any]:
    """The journal's content; empty where it cannot be read."""
    try:
        said = json.loads(code.text(path) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
