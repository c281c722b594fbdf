"""What the values of one request are worth: whether they are there, who chose them, what they may equal."""

from __future__ import annotations

from collections.abc import Sequence

from rules.facts.endpoints.caller import libraries
from rules.facts.endpoints.caller.standing import (
    ANYBODYS,
    BASIS,
    CONTAINERS,
    LOOKUPS,
    READS,
    RESULTS,
    TAKES,
    Standing,
    any_part,
    asked_of_request,
    is_secret,
    part,
    plain,
    strongest,
)
from rules.facts.endpoints.machine.builder import constant_truth
from rules.facts.endpoints.machine.host import Basis, Truth
from rules.facts.endpoints.machine.values import (
    Attribute,
    Either,
    Extern,
    Given,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Mixed,
    Picked,
    Symbol,
    Unknown,
    Value,
    name_of,
    text_of,
)

EMPTY = (None, False, "", 0, "undefined", "anonymous")
MAX_PARTS = 20
"""Elements of a list or record that are looked at."""

MAX_DEPTH = 60


class Worth:
    """Answers for values, each once: they share their parts, so that asking anew at every use would never end."""

    def __init__(self) -> None:
        self._standings: dict[Value, Standing] = {}
        self._truths: dict[Value, Truth] = {}
        self._depth = 0

    def of(self, value: Value | None) -> Standing:
        """What a value is worth for a caller without an identity."""
        if value is None or self._depth > MAX_DEPTH:
            return Standing.UNKNOWN
        if value not in self._standings:
            self._depth += 1
            self._standings[value] = self._of(value)
            self._depth -= 1
        return self._standings[value]

    def _of(self, value: Value) -> Standing:
        if isinstance(value, Given):
            if name_of(value.annotation) in libraries.REQUESTS:
                return Standing.REQUEST
            return Standing.__members__.get(value.role.upper(), Standing.SERVER)
        if isinstance(value, Attribute):
            return Standing.SERVER if value.name.startswith("__") else part(self.of(value.of), value.name)
        if isinstance(value, Picked):
            name = text_of(value.key)
            return part(self.of(value.of), name) if name is not None else any_part(self.of(value.of))
        if isinstance(value, Extern):
            return _ambient(value)
        if isinstance(value, Made):
            return self._made(value)
        if isinstance(value, Unknown):
            return Standing.UNKNOWN
        return strongest(map(self.of, _parts(value)))

    def _made(self, value: Made) -> Standing:
        name = name_of(value.callee)
        if name in libraries.GIVES:
            named = any(word in text.lower() for text in texts_in(value.arguments.all) for word in ANYBODYS)
            return Standing.CALLER if named else Standing(libraries.GIVES[name])
        receiver = self.of(value.callee.of) if isinstance(value.callee, Attribute) else _owner(value.callee)
        key = text_of(value.arguments.get(0))
        if receiver in CONTAINERS and plain(value.method) in TAKES:
            whole = Standing.HEADERS if receiver is Standing.REQUEST else receiver
            return part(whole, key) if key is not None else any_part(whole)
        if receiver is Standing.REQUEST:
            return asked_of_request(value.method)
        if receiver in (Standing.ABSENT, Standing.ANONYMOUS):
            return Standing.ABSENT
        if receiver is Standing.RESPONSE:
            return Standing.RESPONSE
        worth = strongest([receiver, *map(self.of, value.arguments.all)])
        if worth is Standing.CREDENTIAL and receiver is not worth and plain(value.method) in LOOKUPS:
            return Standing.CHECKED
        gives_back = plain(value.method) in READS or libraries.begins(name, libraries.VALIDATORS)
        if gives_back and worth in (Standing.CREDENTIAL, Standing.CALLER, Standing.SECRET):
            return worth
        if name in ("os.getenv", "os.environ.get") and key is not None and is_secret(key):
            return Standing.SECRET
        return RESULTS.get(worth, Standing.SERVER)

    def truth(self, value: Value) -> Truth:
        """Whether a value counts as true for such a caller."""
        if self._depth > MAX_DEPTH:
            return Truth(None, Basis.UNKNOWN)
        if value not in self._truths:
            self._depth += 1
            self._truths[value] = self._truth(value)
            self._depth -= 1
        return self._truths[value]

    def _truth(self, value: Value) -> Truth:
        if isinstance(value, Mixed):
            return self._mixed(value)
        if isinstance(value, Either):
            return together([self.truth(option) for option in value.options])
        if not isinstance(value, Symbol):
            return Truth(constant_truth(value))
        if isinstance(value, Attribute) and isinstance(value.of, Keyed) and not value.of.is_open:
            return Truth(False)
        worth = self.of(value)
        if worth is Standing.ABSENT:
            return Truth(False, Basis.IDENTITY)
        if worth is Standing.ANONYMOUS or isinstance(value, Instance):
            return Truth(True)
        return Truth(None, BASIS.get(worth, Basis.SERVER))

    def _mixed(self, value: Mixed) -> Truth:
        if value.op == "not":
            inner = self.truth(value.parts[0])
            return Truth(None if inner.answer is None else not inner.answer, inner.basis, inner.identity)
        if value.op in ("and", "or"):
            return _joined([self.truth(inner) for inner in value.parts], decisive=value.op == "or")
        if value.op == "==":
            return self.equal(*value.parts)
        if value.op == "!=":
            same = self.equal(*value.parts)
            return Truth(None if same.answer is None else not same.answer, same.basis)
        worth = [self.of(inner) for inner in value.parts]
        if value.op in ("in", "<", ">", "<=", ">=", "is-a") and Standing.ABSENT in worth:
            return Truth(False, Basis.IDENTITY)
        if value.op == "in" and worth[0] is Standing.CREDENTIAL:
            return Truth(False, Basis.IDENTITY)
        if value.op == "in" and worth[-1] is Standing.SESSION:
            held = part(Standing.SESSION, text_of(value.parts[0]) or "")
            return Truth(None, Basis.CALLER) if held is Standing.CALLER else Truth(False, Basis.IDENTITY)
        return Truth(None, BASIS.get(strongest(worth), Basis.SERVER))

    def equal(self, one: Value, other: Value) -> Truth:
        """Whether two values are the same: nobody guesses a secret, nothing equals what is not there."""
        if isinstance(one, Known) and isinstance(other, Known):
            return Truth(constant_truth(Mixed("==", (one, other))))
        if isinstance(one, Known):
            one, other = other, one
        worth = {self.of(one), self.of(other)}
        if isinstance(other, Known) and not other.is_default:
            if Standing.ABSENT in worth:
                return Truth(other.value in EMPTY, Basis.IDENTITY)
            return Truth(None, BASIS.get(self.of(one), Basis.SERVER))
        if Standing.ABSENT in worth or worth == {Standing.CALLER, Standing.SECRET}:
            return Truth(False, Basis.IDENTITY)
        if Standing.CREDENTIAL in worth and worth & {Standing.SECRET, Standing.SERVER, Standing.CHECKED}:
            return Truth(False, Basis.IDENTITY)
        return Truth(None, BASIS.get(strongest(worth), Basis.SERVER))


def texts_in(values: Sequence[Value]) -> list[str]:
    """The texts that values are known to be, or are put together of."""
    found: list[str] = []
    pending = list(values)[:MAX_PARTS]
    while pending and len(found) < MAX_PARTS:
        value = pending.pop()
        if isinstance(value, Known):
            found += [value.value] if isinstance(value.value, str) else []
        elif isinstance(value, Mixed | Either):
            pending += value.parts if isinstance(value, Mixed) else value.options
    return found


def _parts(value: Value) -> Sequence[Value]:
    """What a value holds, as far as it says something of the whole."""
    if isinstance(value, Mixed):
        return value.parts
    if isinstance(value, Either):
        return value.options
    if isinstance(value, Listed):
        return value.values[:MAX_PARTS]
    return list(value.entries.values())[:MAX_PARTS] if isinstance(value, Keyed) else ()


def _ambient(value: Extern) -> Standing:
    """What an outside name is worth: the request in progress and its parts, or something of the server's."""
    parts: list[str] = []
    name = value.name
    while name and name not in libraries.AMBIENT:
        name, _, last = name.rpartition(".")
        parts.insert(0, last)
    if not name:
        return Standing.SECRET if len(parts) > 1 and is_secret(parts[-1]) else Standing.SERVER
    standing = Standing(libraries.AMBIENT[name])
    for inner in parts:
        standing = part(standing, inner)
    return standing


def _owner(callee: Value) -> Standing:
    """What something is worth of which an outside function is a method by its name."""
    owner, dot, _ = callee.name.rpartition(".") if isinstance(callee, Extern) else ("", "", "")
    return _ambient(Extern(owner)) if dot and owner.partition(".")[0] in AMBIENT_PACKAGES else Standing.SERVER


AMBIENT_PACKAGES = frozenset(name.partition(".")[0] for name in libraries.AMBIENT)


def _joined(truths: list[Truth], *, decisive: bool) -> Truth:
    """The truth of `or`, which one true part decides, or of `and`, which one false part does."""
    deciding = next((one for one in truths if one.answer is decisive), None)
    undecided = [one for one in truths if one.answer is None]
    if deciding is not None or not undecided:
        return deciding or truths[-1]
    return Truth(None, together(undecided).basis, any(one.basis is Basis.IDENTITY for one in truths))


def together(truths: list[Truth]) -> Truth:
    """The truth of something that may be any of these."""
    answers = {one.answer for one in truths}
    bases = [one.basis for one in truths]
    if len(answers) == 1 and None not in answers:
        return Truth(answers.pop(), Basis.IDENTITY if Basis.IDENTITY in bases else Basis.SERVER)
    told = (Basis.CHECK, Basis.HINT, Basis.UNKNOWN, Basis.CALLER)
    return Truth(None, next((basis for basis in told if basis in bases), Basis.SERVER))
