from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import ENDPOINTS
from rules.facts.requests import is_body
from rules.facts.sightings import Sighting, Source, argument, entry, sightings
from rules.syntax.program import Call, Class, Expr, Member, Name, Record

DATA = frozenset(("create", "update", "upsert", "createMany", "updateMany"))
MODELS = re.compile(r"(?:^|[./_-])(?:models?|entit(?:y|ies)|mongoose\.model\(\)|define\(\))(?:$|[./_-])", re.I)
STORES = {
    "create": 0, "insertMany": 0, "bulkCreate": 0, "build": 0, "findByIdAndUpdate": 1, "findOneAndUpdate": 1,
    "updateOne": 1, "updateMany": 1, "replaceOne": 1, "findOneAndReplace": 1, "update": 0, "upsert": 0,
}  # fmt: skip
CHECKED = re.compile(r"valid|schema|celebrate|joi|zod|sanitiz|permit|pick|whitelist|dto|parse", re.I)

_PRISMA = """app.put("/users/:id", async (req, res) => {
  res.json(await prisma.user.update({ where: { id: req.params.id }, data: req.body }));
});
"""
_MONGOOSE = """const User = require("../models/user");
module.exports.create = async (req, res) => {
  res.json(await User.create({ ...req.body }));
};
"""
_ASSIGN = """async function save(req, res) {
  const user = await users.findOne(req.params.id);
  Object.assign(user, req.body);
  await user.save();
}
"""
_FLASK = """from flask import request
from app.models import User


def create():
    user = User(**request.json)
"""
_DJANGO = """def create(request):
    return Order.objects.create(**request.data)
"""
_VALIDATED = """const express = require("express");
const { celebrate } = require("celebrate");
const app = express();
app.put("/users/:id", celebrate({ body: {} }), async (req, res) => {
  res.json(await prisma.user.update({ where: { id: req.params.id }, data: req.body }));
});
"""


def _look(source: Source) -> Iterable[Sighting]:
    for call in source.calls:
        for given in _stored_in_python(source, call) if source.is_python else _stored(source, call):
            if is_body(source, given):
                said = source.text(call.callee)[-60:]
                yield source.saw(call, f"{source.text(given)} goes whole into {said}", f"{source.around(call)} {said}")


def _stored(source: Source, call: Call) -> Iterator[Expr | None]:
    """What a call stores as it is: Prisma's `data`, a model's fields, what an object that is saved is given."""
    name = source.name(call.callee)
    first = argument(call, 0)
    if not isinstance(call.callee, Member):
        if call.new and MODELS.search(name):
            yield from _whole(first)
    elif name == "Object.assign" and isinstance(first, Name) and _is_saved(source, first.id):
        yield argument(call, 1)
    elif call.callee.name in DATA and isinstance(first, Record) and entry(first, "data") is not None:
        yield from _whole(entry(first, "data"))
    elif call.callee.name in STORES and MODELS.search(source.name(call.callee.of)):
        yield from _whole(argument(call, STORES[call.callee.name]))


def _whole(part: Expr | None) -> Iterator[Expr | None]:
    """A value, and what is spread into it before its own keys."""
    yield part
    if isinstance(part, Record):
        yield from (held.value for held in part.entries if held.key is None)


def _is_saved(source: Source, name: str) -> bool:
    return any(source.text(call.callee) == f"{name}.save" for call in source.calls)


def _stored_in_python(source: Source, call: Call) -> Iterator[Expr | None]:
    spread = [given.value for given in call.arguments if given.spread]
    if spread and (_is_manager(source, call.callee) or _is_model(source, call.callee)):
        yield from spread


def _is_manager(source: Source, callee: Expr) -> bool:
    return isinstance(callee, Member) and callee.name in ("create", "update") and ".objects" in source.text(callee.of)


def _is_model(source: Source, callee: Expr) -> bool:
    """Whether a class is a table: it comes from a module of models, or is derived from a base of one in this file."""
    if not isinstance(callee, Name):
        return False
    bases = [source.text(base) for part in source.parts if isinstance(part, Class) and part.name == callee.id
             for base in part.bases]  # fmt: skip
    tables = any(base in ("db.Model", "models.Model", "DeclarativeBase", "SQLModel") for base in bases)
    return tables or bool(re.search(r"(?:^|\.)models?(?:\.|$)", source.name(callee)))


STORED = sightings("bodies stored whole", (b"body", b"request.", b"req."), _look)


class MassAssignment(Rule[Sighting]):
    """All that a caller sends is stored, also the fields that no form shows.

    Somebody adds `"role": "admin"`, `"ownerId": 7` or `"balance": 1000` to the request, and the model takes it.
    Name the fields that a caller may set, or parse the body with a schema that knows no others.

    The rule is silent where a validator stands before the handler.
    """

    id = "validation/mass-assignment"
    reference = "VAL-08"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = STORED
    examples = (
        Bad({"users.js": _PRISMA}, line=2),
        Bad({"controllers/users.js": _MONGOOSE}, line=3),
        Bad({"users.ts": _ASSIGN}, line=3),
        Bad({"app/users.py": _FLASK}, line=6),
        Bad({"app/orders.py": _DJANGO}, line=2),
        Good({"users.js": _PRISMA.replace("req.body", "{ name: req.body.name }")}),
        Good({"users.js": _PRISMA.replace("req.body", "User.parse(req.body)")}),
        Good({"users.js": _VALIDATED}),
        Good({"controllers/users.js": _MONGOOSE.replace("models/user", "services/user")}),
        Good({"app/users.py": _FLASK.replace("app.models", "app.schemas")}),
        Good({"app/users.py": _FLASK.replace("request.json", "Form().load(request.json)")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        if not any(_is_checked(code, subject)):
            message = f"{subject.said}: name the fields that a caller may set."
            yield self.finding((subject.key,), message, subject.where, file_local=True)


def _is_checked(code: Codebase, subject: Sighting) -> Iterator[bool]:
    """Whether something that may validate stands before the handler around a place."""
    place = subject.where
    for endpoint in code.get(ENDPOINTS):
        handler = endpoint.handler
        if handler.path == place.path and handler.span.start <= place.span.start < handler.span.end:
            yield bool(endpoint.validators) or any(CHECKED.search(stage.name) for stage in endpoint.stages)
