"""Words that only one database knows, seen outside of strings and comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from migration_guards.model import Dialect

BACKTICKS = "backticks"
"""Names in backticks: MySQL as a rule, though SQLite reads them too."""

_TOKEN = re.compile(
    rb"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^'\\]|\\.?)*(?:'|\Z)|\"[^\"]*(?:\"|\Z)|\$(\w*)\$.*?(?:\$\1\$|\Z)"
    rb"|(?P<name>`)|(?P<word>[A-Za-z_][\w]*)|(?P<sign>[=\[])",
    re.S,
)
_WORDS = {
    b"auto_increment": Dialect.MYSQL, b"mediumtext": Dialect.MYSQL, b"longtext": Dialect.MYSQL,
    b"tinyint": Dialect.MYSQL, b"autoincrement": Dialect.SQLITE, b"pragma": Dialect.SQLITE,
    b"jsonb": Dialect.POSTGRES, b"timestamptz": Dialect.POSTGRES, b"bigserial": Dialect.POSTGRES,
    b"plpgsql": Dialect.POSTGRES, b"bytea": Dialect.POSTGRES, b"concurrently": Dialect.POSTGRES,
    b"nvarchar": Dialect.OTHER, b"varchar2": Dialect.OTHER, b"nvarchar2": Dialect.OTHER, b"datetime2": Dialect.OTHER,
    b"uniqueidentifier": Dialect.OTHER, b"lowcardinality": Dialect.OTHER, b"int64": Dialect.OTHER,
    b"float64": Dialect.OTHER,
}  # fmt: skip
_PAIRS = {
    (b"on", b"cluster"): Dialect.OTHER, (b"[", b"dbo"): Dialect.OTHER, (b"without", b"rowid"): Dialect.SQLITE,
}  # fmt: skip
_ENGINES = frozenset({b"innodb", b"myisam", b"aria", b"memory"})
_FOLDERS = {
    "postgres": Dialect.POSTGRES, "postgresql": Dialect.POSTGRES, "pg": Dialect.POSTGRES, "psql": Dialect.POSTGRES,
    "pgsql": Dialect.POSTGRES, "mysql": Dialect.MYSQL, "mariadb": Dialect.MYSQL, "sqlite": Dialect.SQLITE,
    "sqlite3": Dialect.SQLITE, "d1": Dialect.SQLITE, "turso": Dialect.SQLITE, "libsql": Dialect.SQLITE,
    "clickhouse": Dialect.OTHER, "mssql": Dialect.OTHER, "sqlserver": Dialect.OTHER, "oracle": Dialect.OTHER,
    "bigquery": Dialect.OTHER, "snowflake": Dialect.OTHER, "redshift": Dialect.OTHER, "spanner": Dialect.OTHER,
    "cockroach": Dialect.OTHER, "cockroachdb": Dialect.OTHER, "crdb": Dialect.OTHER, "cassandra": Dialect.OTHER,
    "duckdb": Dialect.OTHER, "tidb": Dialect.OTHER, "h2": Dialect.OTHER,
}  # fmt: skip
_ADDRESS = re.compile(
    rb"(?:jdbc:|docker:/+|[\"'=\s])(postgres(?:ql)?|pgx5?|mysql|maria(?:db)?|sqlite3?|libsql|clickhouse|sqlserver|mssql"
    rb"|oracle|snowflake|bigquery|spanner|h2|cockroach(?:db)?|redshift)(?=:|/)",
    re.I,
)
_SCHEMES = {"pgx": Dialect.POSTGRES, "pgx5": Dialect.POSTGRES, "maria": Dialect.MYSQL}


def marks(content: bytes) -> Iterator[str]:
    """The dialects whose own words the text holds, and `BACKTICKS`; a mark may come more than once."""
    last, before = b"", b""
    for token in _TOKEN.finditer(content):
        if token["name"]:
            yield BACKTICKS
        word = (token["word"] or token["sign"] or b"").lower()
        if not word:
            continue
        if (before, last) == (b"engine", b"="):
            if word in _ENGINES:
                yield Dialect.MYSQL
            elif word.endswith(b"mergetree"):
                yield Dialect.OTHER
        found = _WORDS.get(word) or _PAIRS.get((last, word))
        if found is not None:
            yield found
        before, last = last, word


def named(folders: Iterable[str]) -> Dialect | None:
    """The dialect that the innermost folder named for one speaks of: `clickhouse_migrations` is OTHER."""
    words = [word for folder in folders for word in re.split(r"[-_.]", folder.lower())]
    return next((_FOLDERS[word] for word in reversed(words) if word in _FOLDERS), None)


def addressed(content: bytes) -> Dialect | None:
    """The dialect of the database addresses in a configuration; None when it names none, or several."""
    schemes = {match[1].decode().lower() for match in _ADDRESS.finditer(content)}
    found = {_SCHEMES.get(scheme) or _FOLDERS[scheme] for scheme in schemes}
    return found.pop() if len(found) == 1 else None
