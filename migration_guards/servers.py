"""Which database a project runs on, and which version of it, as far as its files say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any

import yaml

from migration_guards.model import Dialect
from rules.core.codebase import Codebase, Fact, FileReader

_COMPOSE = re.compile(r"(?:docker-)?compose[\w.-]*\.ya?ml$")
_MANIFEST = re.compile(
    r"requirements[\w.-]*\.(?:txt|in)$|pyproject\.toml$|Pipfile$|setup\.(?:cfg|py)$|package\.json$|Gemfile$|go\.mod$"
    r"|pom\.xml$|build\.gradle(?:\.kts)?$|Cargo\.toml$"
)
_CONFIG = re.compile(
    r"alembic\.ini$|database\.ya?ml$|settings[\w.-]*\.py$|config(?:uration)?[\w.-]*\.py$|\.env\.[\w.-]+$"
)
_IMAGES = {
    "postgres": Dialect.POSTGRES, "postgis": Dialect.POSTGRES, "timescaledb": Dialect.POSTGRES,
    "pgvector": Dialect.POSTGRES, "postgresql": Dialect.POSTGRES, "mysql": Dialect.MYSQL, "mariadb": Dialect.MYSQL,
    "percona": Dialect.MYSQL,
}  # fmt: skip
_DRIVERS = re.compile(
    rb"(?P<postgres>\bpsycopg|\basyncpg\b|\bpg8000\b|['\"]pg['\"]|['\"]postgres['\"]|['\"]pg-promise['\"]|lib/pq\b"
    rb"|jackc/pgx|org\.postgresql|gem ['\"]pg['\"]|tokio-postgres)"
    rb"|(?P<mysql>\bpymysql\b|\bmysqlclient\b|\baiomysql\b|\basyncmy\b|['\"]mysql2?['\"]|go-sql-driver/mysql"
    rb"|mysql-connector|gem ['\"](?:mysql2|trilogy)['\"]|mariadb-java)"
    rb"|(?P<sqlite>['\"]better-sqlite3['\"]|['\"]sqlite3['\"]|\baiosqlite\b|go-sqlite3|gem ['\"]sqlite3['\"])",
    re.I,
)
_URLS = re.compile(
    rb"(?P<postgres>postgres(?:ql)?(?:\+\w+)?://|django\.db\.backends\.postgresql|adapter:\s*['\"]?(?:postgresql|postgis))"
    rb"|(?P<mysql>(?:mysql|mariadb)(?:\+\w+)?://|django\.db\.backends\.mysql|adapter:\s*['\"]?(?:mysql2|trilogy))"
    rb"|(?P<sqlite>sqlite(?:\+\w+)?:///|django\.db\.backends\.sqlite3|adapter:\s*['\"]?sqlite3)"
)
MAX_BYTES = 500_000


@dataclass(frozen=True, slots=True)
class Hint:
    """A file that names a database. The surest hints have the lowest rank: a server's image, an address, a driver."""

    folder: str
    rank: int
    dialect: Dialect
    version: tuple[int, ...] = ()


def _of_file(path: str, content: bytes) -> tuple[Hint, ...]:
    place = PurePosixPath(path)
    folder = str(place.parent)
    if _COMPOSE.search(place.name):
        return tuple(hint for image in _images(content) for hint in _of_image(folder, image))
    pattern, rank = (_DRIVERS, 2) if _MANIFEST.match(place.name) else (_URLS, 1)
    named = sorted({str(match.lastgroup) for match in pattern.finditer(content[:MAX_BYTES])})
    return tuple(Hint(folder, rank, Dialect(name)) for name in named)


_READER = FileReader("database hints", "1", tuple[Hint, ...], _of_file)


def _hints(code: Codebase) -> Sequence[Hint]:
    names = {path: path.rpartition("/")[2] for path in sorted(code.files)}
    speaking = [p for p, n in names.items() if _COMPOSE.search(n) or _MANIFEST.match(n) or _CONFIG.search(n)]
    return [hint for found in code.read_files(_READER, speaking).values() for hint in found]


def _images(content: bytes) -> list[str]:
    try:
        loaded: Any = yaml.safe_load(content[:MAX_BYTES])
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    services = loaded.get("services") if isinstance(loaded, dict) else None
    listed = services.values() if isinstance(services, dict) else ()
    return [str(service["image"]) for service in listed if isinstance(service, dict) and service.get("image")]


def _of_image(folder: str, image: str) -> Iterator[Hint]:
    name, _, tag = image.rpartition("/")[2].partition(":")
    dialect = _IMAGES.get(name.lower())
    if dialect is not None:
        numbers = re.match(r"(?:pg)?(\d+(?:\.\d+)*)", tag)
        version = tuple(int(part) for part in numbers[1].split(".")) if numbers else ()
        yield Hint(folder, 0, dialect, version)


HINTS: Fact[Sequence[Hint]] = Fact("database hints", _hints)


def database(code: Codebase, path: str) -> tuple[Dialect, tuple[int, ...]]:
    """The dialect and server version that the files nearest to this one speak of; OTHER when none does."""
    hints = code.get(HINTS)
    for rank in range(3):
        ranked = [hint for hint in hints if hint.rank == rank]
        nearest = max((_shared(hint.folder, path) for hint in ranked), default=-1)
        near = [hint for hint in ranked if _shared(hint.folder, path) == nearest]
        if not near:
            continue
        for dialect in (Dialect.POSTGRES, Dialect.MYSQL, Dialect.SQLITE):
            versions = [hint.version for hint in near if hint.dialect is dialect]
            if versions:
                return dialect, min(versions)
    return Dialect.OTHER, ()


def server(code: Codebase, path: str, dialect: Dialect) -> tuple[int, ...]:
    """The oldest version of a dialect's server that a compose file names; empty when none does."""
    return min((hint.version for hint in code.get(HINTS) if hint.dialect is dialect and hint.version), default=())


def _shared(folder: str, path: str) -> int:
    """How many folders two places have in common."""
    pairs = zip(PurePosixPath(folder).parts, PurePosixPath(path).parts, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
