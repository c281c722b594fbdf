from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.sent import is_whole_body
from rules.facts.sightings import Sighting, Source, entry, sightings
from rules.syntax.program import Call, Expr, Member, Record

WRITES = frozenset((
    "create", "update", "upsert", "createMany", "updateMany", "insert", "insertOne", "insertMany", "updateOne", "save",
    "findByIdAndUpdate", "findOneAndUpdate", "build", "bulkCreate", "merge", "set", "assign",
))  # fmt: skip
MODEL = re.compile(r"^[A-Z][A-Za-z0-9]+$|(?:^|\.)(?:models?|prisma|db|repository|repo)\b|Model$|Repository$")

_CREATE = "prisma.user.create({ data: req.body })"
_SCRIPT = """app.post("/users", requireUser, async (req, res) => {
  const user = await prisma.user.create({ data: req.body });
  res.json(user);
});
"""
_PYTHON = """def create(request):
    return User(**request.json)
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        for whole in _taken_whole(source, call):
            said = f"all of {source.text(whole)[:40]} goes into {source.text(call.callee)[:60]}"
            yield source.saw(call, said, f"{source.around(call)} {source.text(call.callee)[:60]}")


def _taken_whole(source: Source, call: Call) -> Iterator[Expr]:
    """The request's body where a call takes it as the values of a record."""
    if source.is_python:
        if isinstance(name := source.name(call.callee), str) and name.rpartition(".")[2][:1].isupper():
            yield from (g.value for g in call.arguments if g.spread and is_whole_body(source, g.value))
        return
    if source.name(call.callee) == "Object.assign":
        yield from (given.value for given in call.arguments[1:] if is_whole_body(source, given.value))
        return
    writes = (
        isinstance(call.callee, Member) and call.callee.name in WRITES and MODEL.search(source.text(call.callee.of))
    )
    for given in call.arguments if writes else ():
        data = entry(given.value, "data", "values", "$set", "create", "update")
        for part in (given.value, data, *_spread(given.value), *_spread(data)):
            if is_whole_body(source, part) and part is not None:
                yield part


def _spread(record: Expr | None) -> Iterator[Expr]:
    if isinstance(record, Record):
        yield from (held.value for held in record.entries if held.key is None)


ASSIGNED = sightings("mass assignment", (b"body", b"json", b"request.", b"POST"), _look)


class MassAssignment(Rule[Sighting]):
    """Everything that the caller sends is written into the record.

    A caller may add `role: "admin"` or somebody else's id, and it is stored like the rest. Take the fields that
    may be set one by one, or out of a schema that knows no others.
    """

    id = "validation/mass-assignment"
    reference = "VAL-08"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = ASSIGNED
    examples = (
        Bad({"app.js": _SCRIPT}, line=2),
        Bad({"app.js": _SCRIPT.replace("data: req.body", "data: { ...req.body, owner: req.user.id }")}, line=2),
        Bad({"app.js": _SCRIPT.replace(_CREATE, "Object.assign(user, req.body)")}, line=2),
        Bad({"views.py": _PYTHON}, line=2),
        Good({"app.js": _SCRIPT.replace("data: req.body", "data: { name: req.body.name }")}),
        Good({"app.js": _SCRIPT.replace("data: req.body", "data: schema.parse(req.body)")}),
        Good({"views.py": _PYTHON.replace("**request.json", 'name=request.json["name"]')}),
        Good({"app.js": _SCRIPT.replace(_CREATE, "client.create(req.body)")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        message = f"{subject.said[:1].upper()}{subject.said[1:]}: name the fields that a caller may set."
        yield self.finding((subject.key,), message, subject.where, file_local=True)
