from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Safety, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span
from rules.facts.composed import pieces
from rules.facts.requests import is_sent, parameter
from rules.facts.sightings import Sighting, Source, argument, sightings
from rules.syntax.program import Call, Expr, Function, Member, Name, Text

RUNS = frozenset((
    "query", "execute", "executemany", "executescript", "raw", "run", "all", "get", "exec", "prepare", "literal",
    "unsafe", "text", "extra", "RawSQL", "read_sql", "fetch", "fetchrow", "fetchval", "exec_driver_sql",
    "$queryRawUnsafe", "$executeRawUnsafe",
))  # fmt: skip
VERB = re.compile(
    r"\s*(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s|MERGE\s+INTO\s)", re.I
)
VALUE = re.compile(r"(?:=|<|>|\bLIKE|\bILIKE|\bVALUES\s*\(|\bIN\s*\()\s*\(?\s*['\"]?%?$", re.I)
QUOTED = re.compile(r"'%?$")
NUMERIC = re.compile(r"^(?:int|float|bool|number|bigint|boolean|Decimal|UUID|uuid\.UUID|Date|datetime|date)\b", re.I)

_PRISMA = """export async function GET(req) {
  const { id } = req.query;
  return prisma.$queryRawUnsafe(`SELECT * FROM "Order" WHERE "owner" = ${id}`);
}
"""
_PG = """function byOwner(db, owner) {
  return db.query(`SELECT * FROM orders WHERE owner = '${owner}'`);
}
"""
_DJANGO = """def orders(request):
    sql = f"SELECT * FROM orders WHERE owner = '{request.GET['owner']}'"
    return connection.cursor().execute(sql)
"""
_PYTHON = """def orders(cursor, owner):
    cursor.execute("SELECT * FROM orders WHERE owner = '%s'" % owner)
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        called = call.callee.name if isinstance(call.callee, Member) else getattr(call.callee, "id", "")
        given = argument(call, 0)
        if called in RUNS and given is not None and given.at.start > call.callee.at.end:
            around = source.functions_around(call)
            for value, sent in _inserted(source, given, around):
                said = f"{source.text(value)} becomes part of the SQL text"
                edits = _tagged(source, call, called, given)
                yield source.saw(value, said, f"{source.around(call)} {said}", "sent" if sent else "", edits)


def _inserted(source: Source, given: Expr, around: list[Function]) -> Iterator[tuple[Expr, bool]]:
    """The values in an SQL text that somebody else chooses, and whether they come from the request itself."""
    before = ""
    for piece in pieces(source, given, around):
        if isinstance(piece, str):
            before += piece
            continue
        if VERB.match(before):
            known = parameter(source, piece.id, around) if isinstance(piece, Name) else None
            if known is None and is_sent(source, piece):
                yield piece, True
            elif known is not None and not NUMERIC.match(known) and _is_value(before, known):
                yield piece, False
        before += "?"


def _is_value(before: str, written: str) -> bool:
    """Whether a value in quotes, or one that is surely a text, stands where the text compares or stores."""
    if not VALUE.search(before):
        return False
    return bool(QUOTED.search(before)) or written in ("str", "string")


def _tagged(source: Source, call: Call, called: str, given: Expr) -> Iterator[Edit]:
    """Prisma's tagged form, which sends the values apart from the text."""
    if not called.endswith("RawUnsafe") or not isinstance(given, Text) or len(call.arguments) > 1:
        return
    before = ""
    for piece in pieces(source, given):
        if isinstance(piece, str):
            before += piece
        elif not VALUE.search(before) or QUOTED.search(before):
            return
        else:
            before += "?"
    name = Span(call.callee.at.end - len("Unsafe"), given.at.start)
    yield Edit(source.path, name, b"")
    yield Edit(source.path, Span(given.at.end, call.at.end), b"")


SQL = sightings("sql texts", tuple(name.encode() for name in RUNS), _look)


class RawSql(Rule[Sighting]):
    """A value becomes part of an SQL text, so that whoever chooses it writes SQL.

    `owner = '${owner}'` is a different statement for the owner `' OR '1'='1`: it reads other people's rows, or
    changes them. Send the value apart from the text: `WHERE owner = $1` with a list of values, Prisma's
    `$queryRaw` with a tagged template, `cursor.execute("… = %s", (owner,))`. What cannot be a parameter, such as a
    column to sort by, is looked up in a list of your own.

    The rule speaks where the value comes from the request, or is a text given to the function and stands in quotes.
    It is silent for numbers, constants, and names of tables that do not come from a request.
    """

    id = "validation/raw-sql"
    reference = "VAL-03"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = SQL
    examples = (
        Bad(
            {"orders.ts": _PRISMA},
            line=3,
            fixed={"orders.ts": _PRISMA.replace("RawUnsafe(", "Raw").replace("}`);", "}`;")},
        ),
        Bad({"orders.js": _PG}, line=2),
        Bad({"orders.js": _PG.replace("owner = '${owner}'", "x ORDER BY ${req.query.sort}")}, line=2),
        Bad({"orders.py": _DJANGO}, line=2),
        Bad({"orders.py": _PYTHON}, line=2),
        Good({"orders.ts": _PRISMA.replace("$queryRawUnsafe(", "$queryRaw").replace("`);", "`;")}),
        Good({"orders.js": _PG.replace("'${owner}'`", "$1`, [owner]")}),
        Good({"orders.js": _PG.replace("orders WHERE owner = '${owner}'", "${owner} WHERE id = 1")}),
        Good({"orders.py": _PYTHON.replace("'%s'\" % owner", '%s", (owner,)')}),
        Good({"orders.ts": _PG.replace("(db, owner)", "(db: Pool, owner: number)")}),
        Good({"orders.py": _DJANGO.replace("request.GET['owner']", "int(request.GET['owner'])")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"{subject.said}: send it as a parameter."
        fix = Fix("Send the values apart from the text", subject.edits, Safety.UNSAFE) if subject.edits else None
        yield self.finding((subject.key,), message, subject.where, fix=fix, file_local=True)
