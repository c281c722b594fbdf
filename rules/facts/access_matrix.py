"""`.github/prodgate-access.yml`: who may call what, as the repository wrote it down and reviewed it.

```yaml
endpoints:
  GET /orders: authenticated
  DELETE /orders/{order}: role:admin
  POST /webhooks/payments:
    access: public
    reason: the sender's signature is verified by the gateway
    until: 2027-01-01
```
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.core.codebase import Codebase, Fact
from rules.core.source import Location, locate_line
from rules.facts.endpoints.model import Endpoint, Kind, Verdict
from rules.facts.host import TODAY
from rules.syntax.yaml_document import Document, NotYaml, read_document

PATH = ".github/prodgate-access.yml"
PUBLIC, AUTHENTICATED = "public", "authenticated"
KEYS = frozenset(("access", "reason", "until"))


@dataclass(frozen=True, slots=True)
class Access:
    """What an endpoint asks for: nothing, an identity, or one of the named roles or scopes."""

    level: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " or ".join(f"{self.level}:{name}" for name in self.names) or self.level

    @property
    def rank(self) -> int:
        return (PUBLIC, AUTHENTICATED).index(self.level) if self.level in (PUBLIC, AUTHENTICATED) else 2


@dataclass(frozen=True, slots=True)
class Row:
    """One endpoint of the matrix by its address, `GET /orders`. `until` is an ISO date or empty."""

    address: str
    access: Access
    where: Location
    reason: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in the file that means nothing."""

    message: str
    where: Location


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[Row, ...] = ()
    flaws: tuple[Flaw, ...] = ()

    def row(self, address: str) -> Row | None:
        return next((row for row in self.rows if row.address == address), None)


def access_of(endpoint: Endpoint) -> Access | None:
    """What the code asks of callers; None where that cannot be told."""
    if endpoint.verdict is not Verdict.GUARDED:
        return Access(PUBLIC) if endpoint.verdict is Verdict.UNGUARDED else None
    for kind in (Kind.ROLE, Kind.SCOPE):
        guards = [guard for guard in endpoint.guards if guard.holds and guard.kind is kind]
        if guards:
            return Access(kind.value, tuple(sorted({role for guard in guards for role in guard.roles})))
    return Access(AUTHENTICATED)


def read_matrix(content: bytes) -> Matrix:
    """The rows of a file, and what is wrong with it."""
    try:
        document = read_document(content)
    except NotYaml as problem:
        return Matrix((), (Flaw(str(problem), locate_line(PATH, content, problem.line)),))
    listed = document.data.get("endpoints") if isinstance(document.data, dict) else None
    if not isinstance(listed, dict) or set(document.data) != {"endpoints"}:
        flaw = Flaw("it has one key, `endpoints`, with a row for each `METHOD /path`", locate_line(PATH, content, 1))
        return Matrix((), (flaw,))
    read = list(_rows(document, listed, content))
    return Matrix(
        tuple(one for one in read if isinstance(one, Row)), tuple(one for one in read if isinstance(one, Flaw))
    )


def _rows(document: Document, listed: Mapping[Any, Any], content: bytes) -> Iterator[Row | Flaw]:
    for address, said in listed.items():
        where = locate_line(PATH, content, document.line("endpoints", str(address)))
        fields = said if isinstance(said, dict) else {"access": said}
        access = _access(fields.get("access"))
        until = fields.get("until")
        method, _, path = str(address).partition(" ")
        if not (method.isupper() and path):
            yield Flaw(f"{address!r} is no `METHOD /path`", where)
        elif unknown := sorted(set(map(str, fields)) - KEYS):
            yield Flaw(f"unknown key {unknown[0]!r}", where)
        elif access is None:
            yield Flaw(f"{fields.get('access')!r} is none of public, authenticated, role:NAME and scope:NAME", where)
        elif until is not None and not isinstance(until, date):
            yield Flaw(f"{until!r} is no date such as 2027-01-31", where)
        else:
            yield Row(str(address), access, where, str(fields.get("reason") or "").strip(), str(until or ""))


def _access(said: object) -> Access | None:
    if not isinstance(said, str):
        return None
    if said in (PUBLIC, AUTHENTICATED):
        return Access(said)
    parts = [part.strip().partition(":") for part in said.split(" or ")]
    levels = {level for level, _, _ in parts}
    if len(levels) == 1 and levels <= {"role", "scope"} and all(name for _, _, name in parts):
        return Access(levels.pop(), tuple(name for _, _, name in parts))
    return None


def _matrix(code: Codebase) -> Matrix | None:
    content = code.text(PATH) if PATH in code.files else None
    return read_matrix(content) if content is not None else None


MATRIX: Fact[Matrix | None] = Fact("access matrix", _matrix)
"""The matrix; None where the repository has none."""


def _read_rows(code: Codebase) -> Sequence[Row]:
    matrix = code.get(MATRIX)
    return matrix.rows if matrix is not None else ()


ROWS: Fact[Sequence[Row]] = Fact("access matrix rows", _read_rows)


def _flaws(code: Codebase) -> Sequence[Flaw]:
    matrix = code.get(MATRIX)
    return matrix.flaws if matrix is not None else ()


FLAWS: Fact[Sequence[Flaw]] = Fact("access matrix flaws", _flaws)


def declared_public(code: Codebase, endpoint: Endpoint) -> bool:
    """Whether a row says with a reason, and within its time, that anybody may call an endpoint."""
    matrix = code.get(MATRIX)
    row = matrix.row(endpoint.address) if matrix is not None else None
    if row is None or row.access.level != PUBLIC or not row.reason:
        return False
    return not row.until or row.until >= code.get(TODAY)


def write_matrix(endpoints: Sequence[Endpoint]) -> str:
    """The file for what the code asks now. Open endpoints get the reason that is known; the others wait for one."""
    lines = [
        "# Who may call what. Review each row: it says what the code asks today, not what it should.",
        "endpoints:",
    ]
    rows = {e.address: e for e in sorted(endpoints, key=lambda e: (e.path, e.method))}
    for address, endpoint in rows.items():
        access = access_of(endpoint)
        if access is None:
            lines.append(f"  # {address}: not known ({endpoint.reason})".replace("\n", " "))
        elif access.level == PUBLIC:
            lines += [
                f"  {json.dumps(address)}:",
                "    access: public",
                f"    reason: {json.dumps(endpoint.public_reason)}",
            ]
        else:
            lines.append(f"  {json.dumps(address)}: {json.dumps(_written(access))}")
    return "\n".join(lines) + "\n"


def _written(access: Access) -> str:
    """Roles that the guard does not name in so many words are left to whoever reviews the file."""
    return str(access) if access.rank < 2 or access.names else AUTHENTICATED
