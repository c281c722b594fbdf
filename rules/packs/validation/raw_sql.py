from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sightings import Sighting, Source, sightings
from rules.syntax.program import Binary, Call, Const, Expr, Member, Name, Text

RUNS = frozenset((
    "$queryRawUnsafe", "$executeRawUnsafe", "query", "raw", "execute", "executemany", "executescript", "exec", "run",
    "all", "prepare", "extra", "whereRaw", "orderByRaw", "havingRaw", "selectRaw", "unsafe", "text", "RawSQL",
))  # fmt: skip
SQL = re.compile(
    r"^\s*(?:select|insert\s+into|update|delete\s+from|with|alter|drop|create|call|merge)\b", re.IGNORECASE
)
SENT = re.compile(
    r"\b(?:req(?:uest)?|ctx|c|event)\.(?:body|query|params|args|form|GET|POST|json|data|headers|cookies)\b|"
    r"\bsearchParams\b|\buser_?input\b"
)
NAMES = re.compile(
    r"table|schema|column|field|placeholder|where|clause|order|limit|offset|sql|query|filter|cond|join|direction|prefix"
    r"|suffix|index|key|alias|cte",
    re.IGNORECASE,
)
NUMBERS = re.compile(r"(?:int|Number|parseInt|escape|quote|identifier|literal|join|map)\b")

_SCRIPT = """export async function find(req) {
  return prisma.$queryRawUnsafe(`SELECT * FROM users WHERE name = '${req.query.name}'`);
}
"""
_PYTHON = """def find(connection, name):
    return connection.execute(f"SELECT * FROM users WHERE name = '{name}'")
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        method = call.callee.name if isinstance(call.callee, Member) else getattr(call.callee, "id", "")
        if method not in RUNS or not call.arguments:
            continue
        written = source.value(call.arguments[0].value)
        values = [value for value in _values(written) if _is_open(source, value)]
        if values and SQL.match(_beginning(source, written)):
            sent = next((value for value in values if SENT.search(source.text(value))), None)
            named = source.text(sent or values[0])[:60]
            kind = "sent" if sent is not None else ""
            said = f"{named} is written into the text of a statement"
            yield source.saw(call, said, f"{source.around(call)} sql", kind)


def _values(written: Expr | None) -> Iterator[Expr]:
    """The values that are written into a text: by a template, by adding, by `%` or by `format`."""
    if isinstance(written, Text):
        yield from (part for part in written.parts if not isinstance(part, Const))
    elif isinstance(written, Binary) and written.op in ("+", "%"):
        for side in (written.left, written.right):
            if isinstance(side, Binary):
                yield from _values(side)
            elif not isinstance(side, Const | Text):
                yield side
    elif isinstance(written, Call) and isinstance(written.callee, Member) and written.callee.name == "format":
        yield from (given.value for given in written.arguments)


def _is_open(source: Source, value: Expr) -> bool:
    """Whether a value may be anything: no constant, no number, nothing that its name calls a part of the statement."""
    if source.constant(value) is not None:
        return False
    text = source.text(value)
    if isinstance(value, Call) and NUMBERS.search(text):
        return False
    last = value.name if isinstance(value, Member) else value.id if isinstance(value, Name) else text
    root = text.partition(".")[0]
    return not (last.isupper() or root.isupper()) and (bool(SENT.search(text)) or not NAMES.search(last))


def _beginning(source: Source, written: Expr | None) -> str:
    """The constant with which a text begins."""
    while isinstance(written, Binary):
        written = written.left
    if isinstance(written, Call) and isinstance(written.callee, Member):
        written = written.callee.of
    first = written.parts[0] if isinstance(written, Text) and written.parts else written
    return str(first.value) if isinstance(first, Const) else ""


STATEMENTS = sightings("raw statements", (b"ry", b"raw", b"exec", b"SQL", b"prepare", b"text("), _look)


class RawSql(Rule[Sighting]):
    """A value is written into the text of a SQL statement.

    Whoever chooses the value chooses the statement: `' OR 1=1 --` reads every row, and worse is possible. Pass
    the value as a parameter (`$1`, `?`, `%s` with a second argument, Prisma's tagged `$queryRaw`). A value that
    comes from the request is an error; of others it is said with less confidence.
    """

    id = "validation/raw-sql"
    reference = "VAL-03"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = STATEMENTS
    examples = (
        Bad({"find.ts": _SCRIPT}, line=2),
        Bad({"find.py": _PYTHON}, line=2),
        Bad({"find.py": _PYTHON.replace('f"', '"').replace("'{name}'\"", "'%s'\" % name")}, line=2),
        Good({"find.ts": _SCRIPT.replace("$queryRawUnsafe(", "$queryRaw").replace("`);", "`;").replace("'$", "$")}),
        Good({"find.py": _PYTHON.replace('f"', '"').replace("'{name}'\"", '%s", [name]')}),
        Good({"find.py": _PYTHON.replace("'{name}'", "{PLACEHOLDERS}")}),
        Good({"find.ts": _SCRIPT.replace("SELECT * FROM users WHERE name = '", "Hello '")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        sure = Confidence.HIGH if subject.kind == "sent" else Confidence.MEDIUM
        severity = Severity.ERROR if subject.kind == "sent" else Severity.WARNING
        message = f"{subject.said}: pass it as a parameter."
        yield self.finding((subject.key,), message, subject.where, severity=severity, confidence=sure, file_local=True)
