"""What changes or reads rows, by its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from migration_guards.actions import (
    MAX_VALUES,
    Action,
    CreateTable,
    Delete,
    Insert,
    Load,
    Other,
    Select,
    Update,
)
from migration_guards.model import Dialect
from migration_guards.sql.columns import calls_of, names
from migration_guards.sql.cursor import Cursor, parted, said, unwrapped
from migration_guards.sql.lexer import Kind, Word

_ENDS = ("ON", "RETURNING", "UNION", "INTERSECT", "EXCEPT")
_LISTED = frozenset({"(", "VALUES", "VALUE", "SELECT", "WITH", "SET", "DEFAULT", "TABLE"})


def inserted(cursor: Cursor) -> Iterator[Action]:
    """INSERT and REPLACE, from behind that word on."""
    cursor.skip("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "OR", "REPLACE", "ABORT", "FAIL", "ROLLBACK")
    cursor.skip("OVERWRITE", "INTO", "TABLE")
    table = cursor.name()
    while cursor.word is not None and cursor.upper not in _LISTED:
        cursor.at += 1
    given = cursor.upper == "(" and cursor.peek() not in ("SELECT", "WITH", "(")
    columns = names(cursor, cursor.group()) if given else ()
    values = literals(cursor.rest)
    cursor.skip("OVERRIDING", "SYSTEM", "USER", "VALUE")
    if cursor.take("SET"):
        columns = _assigned(cursor, cursor.until("ON", "RETURNING", "AS"))
    cursor.words = [*cursor.words[: cursor.at], *unwrapped(cursor.rest)]
    cursor.until("SELECT", "VALUES", "TABLE")
    if table and cursor.take("SELECT"):
        source, selected, filtered = _chosen(cursor)
        yield Insert(table, columns, source, selected, values, filtered)
    elif table:
        source = cursor.name() if cursor.take("TABLE") else ""
        yield Insert(table, columns, source, ("*",) if source else (), values)


def literals(found: list[Word]) -> tuple[str, ...]:
    """The texts among the words, the first `MAX_VALUES` of them."""
    return tuple(word.bare for word in found if word.kind is Kind.STRING)[:MAX_VALUES]


def _chosen(cursor: Cursor) -> tuple[str, tuple[str, ...], bool]:
    """The first table of a query, the columns it takes, and whether it leaves rows out."""
    cursor.skip("DISTINCT", "ALL")
    selected = tuple(_column(cursor.inside(part)) for part in parted(cursor.until("FROM", *_ENDS)))
    source = cursor.name() if cursor.take("FROM") else ""
    rest = {word.upper for word in cursor.until("RETURNING")}
    return source, selected, bool(rest & {"WHERE", "LIMIT", "HAVING"})


def _column(cursor: Cursor) -> str:
    """The column that a part of a SELECT is, `*`, or empty when it is something else."""
    if any(word.kind is Kind.STRING or word.upper == "(" for word in cursor.words):
        return ""
    name = cursor.name().rpartition(".")[2]
    renamed = cursor.take("AS")
    plain = cursor.word is None or (renamed and len(cursor.rest) == 1)
    return name if plain and not name.isdigit() else ""


def _assigned(cursor: Cursor, found: list[Word]) -> tuple[str, ...]:
    """The columns that a SET list writes."""
    columns: list[str] = []
    for part in parted(found):
        inner = cursor.inside(part)
        columns += names(inner, inner.group()) if inner.upper == "(" else [inner.name().rpartition(".")[2]]
    return tuple(columns)


def updated(cursor: Cursor) -> Iterator[Action]:
    """UPDATE, from behind that word on. The rows that a JOIN finds count as restricted."""
    cursor.skip("LOW_PRIORITY", "IGNORE", "OR", "ROLLBACK", "ABORT", "REPLACE", "FAIL", "ONLY")
    table = cursor.name()
    joined = _joins(cursor.until("SET"))
    if not table or not cursor.take("SET"):
        return
    assigned = cursor.until("WHERE", "FROM", "ORDER", "LIMIT", "RETURNING")
    yield Update(table, _assigned(cursor, assigned), joined or _restricted(cursor), literals(assigned))


def deleted(cursor: Cursor) -> Iterator[Action]:
    """DELETE, from behind that word on; MySQL's form for several tables gives an action for each."""
    cursor.skip("LOW_PRIORITY", "QUICK", "IGNORE", "FROM", "ONLY")
    targets = [cursor.inside(part).name() for part in parted(cursor.until("WHERE", "FROM", "USING", "ORDER", "LIMIT",
                                                                          "RETURNING", "PARTITION"))]  # fmt: skip
    joined = _joins(cursor.until("WHERE", "LIMIT"))
    restricted = joined or _restricted(cursor)
    for table in targets:
        if table:
            yield Delete(table.removesuffix(".*"), restricted)


def _joins(found: list[Word]) -> bool:
    uppers = {word.upper for word in found}
    return "JOIN" in uppers and bool(uppers & {"ON", "USING"})


def _restricted(cursor: Cursor) -> bool:
    """Whether a WHERE that is not always true, or a LIMIT, follows."""
    if "LIMIT" in cursor.uppers:
        return True
    cursor.until("WHERE")
    return cursor.take("WHERE") and not _always(cursor.until("ORDER", "RETURNING"))


_DEEPEST = 50
"""Conditions inside conditions; what is deeper counts as a restriction."""


def _always(condition: list[Word], deep: int = 0) -> bool:
    """Whether a condition is true of every row: `1=1`, `true`, `id = id`, joined by AND, or one of them by OR."""
    condition = unwrapped(condition)
    alternatives, demands = list(parted(condition, "OR")), list(parted(condition, "AND"))
    if len(alternatives) > 1:
        return deep < _DEEPEST and any(_always(part, deep + 1) for part in alternatives)
    if len(demands) > 1:
        return deep < _DEEPEST and all(_always(part, deep + 1) for part in demands)
    if len(condition) == 1:
        return condition[0].upper == "TRUE" or condition[0].text.strip("0").isdigit()
    sides = [said(unwrapped(side)).lower() for side in parted(condition, "=")]
    return len(sides) == 2 and sides[0] == sides[1] and "(" not in sides[0]


def loaded(cursor: Cursor) -> Iterator[Action]:
    """LOAD DATA and LOAD XML of MySQL; other things are loaded without rows."""
    what = cursor.take_any("DATA", "XML")
    cursor.until("TABLE")
    if what and cursor.take("TABLE"):
        yield Load(cursor.name(), "load data")
    else:
        yield Other(what="load")


def copied(cursor: Cursor) -> Iterator[Action]:
    """COPY of PostgreSQL."""
    table = cursor.name()
    cursor.group()
    into = cursor.take("FROM")
    yield Load(table, "copy program" if cursor.upper == "PROGRAM" else "copy") if into else Other(what="copy to")


def merged(cursor: Cursor) -> Iterator[Action]:
    """MERGE INTO."""
    cursor.skip("INTO", "ONLY")
    yield Load(cursor.name(), "merge")


def selected(cursor: Cursor) -> Iterator[Action]:
    """A query. SELECT INTO makes a table, but for MySQL, where it sets variables."""
    calls = calls_of(cursor.rest)
    cursor.until("INTO")
    if cursor.dialect is not Dialect.MYSQL and cursor.take("INTO"):
        cursor.skip("TEMPORARY", "TEMP", "UNLOGGED", "TABLE")
        yield CreateTable(cursor.name(), from_select=True)
    else:
        yield Select(calls=calls)


_KINDS = {"SELECT": selected, "INSERT": inserted, "REPLACE": inserted, "UPDATE": updated, "DELETE": deleted}


def with_queries(cursor: Cursor) -> Iterator[Action]:
    """WITH: what its queries change in parentheses, then the statement itself."""
    while cursor.word is not None and cursor.upper not in _KINDS:
        inner = cursor.inside(cursor.group())
        kind = inner.take_any("INSERT", "UPDATE", "DELETE")
        if kind:
            yield from _KINDS[kind](inner)
        elif not inner.words:
            cursor.at += 1
    kind = cursor.take_any(*_KINDS)
    if kind:
        yield from _KINDS[kind](cursor)


def called(cursor: Cursor) -> Iterator[Action]:
    """CALL of a procedure."""
    yield Select(calls=(cursor.name().lower(),))


STATEMENTS: Mapping[str, Callable[[Cursor], Iterator[Action]]] = {
    **_KINDS, "VALUES": selected, "TABLE": selected, "(": selected, "WITH": with_queries, "CALL": called,
    "LOAD": loaded, "COPY": copied, "MERGE": merged,
}  # fmt: skip
