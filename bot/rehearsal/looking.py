"""What the server's catalog shows: between two statements, and of the whole schema.

The session belongs to untrusted SQL, which may have put operators and functions of its own into its search path. So
the queries name nothing that a search path could replace, and the choosing is done here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.rehearsal.server import Connection

SYSTEM = frozenset({"pg_catalog", "information_schema", "pg_toast"})


@dataclass(frozen=True)
class Looks:
    """Tables and materialized views by oid, with the files that hold them and the scans of this transaction."""

    tables: dict[int, str]
    files: dict[int, int]
    scans: dict[int, int]
    locks: frozenset[tuple[int, str]]
    invalid: frozenset[str]
    unvalidated: frozenset[str]


def look(session: Connection) -> Looks:
    schemas = dict(_rows(session, "SELECT oid, nspname FROM pg_catalog.pg_namespace"))
    classes = _rows(
        session,
        "SELECT oid, relnamespace, relname, relkind, pg_catalog.pg_relation_filenode(oid),"
        " pg_catalog.pg_stat_get_xact_numscans(oid) FROM pg_catalog.pg_class",
    )
    own = [row for row in classes if schemas.get(row[1], "pg_toast") not in SYSTEM]
    names = {row[0]: _name(schemas[row[1]], row[2]) for row in own}
    tables = [row for row in own if _text(row[3]) in ("r", "m", "p")]
    locks = _rows(session, "SELECT pid, relation, mode, granted FROM pg_catalog.pg_locks")
    indexes = _rows(session, "SELECT indexrelid, indisvalid FROM pg_catalog.pg_index")
    constraints = _rows(session, "SELECT conname, conrelid, convalidated FROM pg_catalog.pg_constraint")
    pid = session.info.backend_pid
    return Looks(
        tables={row[0]: names[row[0]] for row in tables},
        files={row[0]: row[4] for row in tables if row[4]},
        scans={row[0]: row[5] for row in tables},
        locks=frozenset((row[1], row[2]) for row in locks if row[0] == pid and row[1] is not None and row[3]),
        invalid=frozenset(names[row[0]] for row in indexes if row[0] in names and not row[1]),
        unvalidated=frozenset(row[0] for row in constraints if row[1] in names and not row[2]),
    )


def _rows(session: Connection, query: str) -> list[Any]:
    return session.execute(query.encode()).fetchall()


def _name(schema: str, name: str) -> str:
    return name if schema == "public" else f"{schema}.{name}"


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


OWN = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"

DESCRIPTIONS = (
    "SELECT 'schema', n.nspname FROM pg_namespace n WHERE OWN",
    "SELECT 'relation', c.relkind, c.relpersistence, n.nspname, c.relname, c.relrowsecurity, c.reloptions"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE OWN AND c.relkind <> 'c'",
    "SELECT 'column', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    " a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)"
    " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE OWN AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')",
    "SELECT 'index', n.nspname, c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid"
    " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE OWN",
    "SELECT 'constraint', n.nspname, t.conrelid::regclass, t.conname, pg_get_constraintdef(t.oid), t.convalidated"
    " FROM pg_constraint t JOIN pg_namespace n ON n.oid = t.connamespace WHERE OWN",
    "SELECT 'view', n.nspname, c.relname, pg_get_viewdef(c.oid)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE OWN AND c.relkind IN ('v', 'm')",
    "SELECT 'function', n.nspname, p.oid::regprocedure, pg_get_functiondef(p.oid)"
    " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE OWN AND p.prokind IN ('f', 'p')",
    "SELECT 'trigger', t.tgrelid::regclass, pg_get_triggerdef(t.oid), t.tgenabled FROM pg_trigger t"
    " WHERE NOT t.tgisinternal",
    "SELECT 'type', n.nspname, t.typname, (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e"
    " WHERE e.enumtypid = t.oid) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE OWN",
    "SELECT 'policy', p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[],"
    " pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid) FROM pg_policy p",
    "SELECT 'extension', e.extname FROM pg_extension e",
)


def describe(watcher: Connection) -> frozenset[str]:
    """The schema as a set of lines, without the order of columns: a column that is dropped and added again is back."""
    return frozenset(line for query in DESCRIPTIONS for line in _lines(watcher, query))


def _lines(watcher: Connection, query: str) -> Iterator[str]:
    for row in _rows(watcher, query.replace("OWN", OWN)):
        yield " ".join(
            " ".join(_text(value).split()) if isinstance(value, str | bytes) else _said(value) for value in row
        )


def _said(value: object) -> str:
    return "" if value is None else str(value)
