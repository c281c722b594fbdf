"""The host that answers as the outside does to a caller without an identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from rules.facts.endpoints.caller import libraries
from rules.facts.endpoints.caller.answers import NOT_ABOUT_CALLERS, is_redirect, status_of, to_login
from rules.facts.endpoints.caller.standing import READS, Standing, plain
from rules.facts.endpoints.caller.worth import Worth
from rules.facts.endpoints.machine.calls import Machine
from rules.facts.endpoints.machine.host import Basis, Condition, Dead, Ending, Manner, Truth
from rules.facts.endpoints.machine.values import (
    NOTHING,
    NOWHERE,
    Arguments,
    Attribute,
    Closure,
    Extern,
    Given,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Mixed,
    Place,
    Symbol,
    Value,
    name_of,
    scalar_of,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.facts.endpoints.path_patterns import matches

HOPS = 10
"""Functions on the stack: what stands in the chain, a wrapper around it, and the calls that are followed from there."""

STEPS = 20_000
"""Evaluations that following one request through one piece of code may take."""

SENDS = frozenset(
    ("json", "send", "end", "render", "sendFile", "sendfile", "redirect", "sendStatus", "download", "jsonp", "pipe",
     "write", "view", "notFound", "unauthorized", "forbidden", "badRequest")
)  # fmt: skip
NAMED = frozenset(("notFound", "unauthorized", "forbidden", "badRequest"))
"""Answers whose name says their status."""

URLS = frozenset(("url", "nextUrl", "URL"))
TELLING = frozenset(
    (Standing.REQUEST, Standing.CONTEXT, Standing.CREDENTIAL, Standing.CHECKED, Standing.HINTED, Standing.ABSENT,
     Standing.ANONYMOUS, Standing.HEADERS, Standing.COOKIES, Standing.SESSION)
)  # fmt: skip
"""What code outside must be given before it can tell one caller from another."""


class Visitor:
    """Follows code as a request without an identity meets it. `facts` are known parts of the request.

    A framework whose own objects are handed to the code sets `answers`: what calls of their methods give.
    `ends_with_answer`: nothing that comes after an answer matters, since the framework goes no further.
    """

    hops = HOPS

    def __init__(self, world: World, facts: Mapping[str, str], steps: int = STEPS) -> None:
        self.machine = Machine(world, self, steps)
        self._facts = facts
        self.worth = Worth()
        self.used_facts = False
        self.ends_with_answer = False
        self.throttles: list[Value] = []
        self.validators: list[Value] = []
        self.presences: list[Value] = []
        self.answers: Callable[[Made], Value | None] = lambda made: None

    def truth(self, value: Value) -> Truth:
        return self.worth.truth(value)

    def rejects(self, ending: Ending, basis: Basis) -> bool:
        status = ending.status or status_of(ending.value)
        if ending.manner is Manner.RETURN and status < 300:
            return False
        if ending.manner is Manner.ONWARD:
            return False
        if status == 302:
            return to_login(ending.value)
        if basis is Basis.HINT:
            return status in (401, 403)
        return status not in NOT_ABOUT_CALLERS and not 0 < status < 300 and status < 500

    def attribute(self, of: Symbol, name: str) -> Value | None:
        if name in ("ok", "status") and isinstance(of, Made) and name_of(of.callee) in libraries.RESPONSES:
            status = status_of(of) or 200
            return Known(status) if name == "status" else Known(status < 300)
        worth = self.worth.of(of)
        asked = worth in (Standing.REQUEST, Standing.CONTEXT) or (isinstance(of, Attribute) and of.name in URLS)
        if asked and name in self._facts:
            self.used_facts = True
            return Known(self._facts[name])
        if worth is Standing.ANONYMOUS and name in ("is_anonymous", "isAnonymous"):
            return Known(True)
        if worth is Standing.REQUEST and name in ("req", "request", "raw"):
            return of
        return None

    def assigned(self, of: Symbol, name: str, value: Value) -> None:
        """A context answers with the status that is set on it, once the function is left."""
        status = scalar_of(value)
        if name == "status" and isinstance(status, int) and status >= 400 and self.worth.of(of) is Standing.CONTEXT:
            raise self._answered(value, NOWHERE, status)

    def _answered(self, value: Value, place: Place, status: int) -> Dead:
        self.machine.endings.append(self.machine.end(Manner.ANSWER, value, place, status))
        return Dead()

    def outside(self, made: Made) -> Value:
        callee, name = made.callee, name_of(made.callee)
        if (answer := self.answers(made)) is not None:
            return answer
        if isinstance(callee, Given) and callee.role == Standing.NEXT:
            return self._next(made)
        if isinstance(callee, Attribute) and self.worth.of(callee.of) is Standing.RESPONSE:
            return self._respond(made, callee)
        if isinstance(callee, Attribute) and self.worth.of(callee.of) is Standing.CONTEXT:
            self._leave(made)
        if name in libraries.STOPS:
            return self._stop(made, libraries.STOPS[name])
        if name in libraries.THROWS or made.method in libraries.REFUSES:
            raise self.machine.throw(made, made.place, True)
        if name in libraries.VERIFIES:
            return self.verify(made)
        if name in libraries.COMPARES:
            return Mixed("==", made.arguments.positional[:2])
        if name_of(callee) in libraries.ROUTE_MATCHERS and (known := self._matched(callee)) is not None:
            return known
        wrapped = self._wrapped(callee)
        if wrapped is not None:
            return self._through(callee, wrapped, made)
        return self._unresolved(made, name)

    def _next(self, made: Made) -> Value:
        error = made.arguments.get(0)
        onward = error is None or scalar_of(error) == "route" or (isinstance(error, Known) and not error.value)
        onward = onward or self.worth.of(error) in (Standing.REQUEST, Standing.CONTEXT)
        manner = Manner.ONWARD if onward else Manner.ANSWER
        status = 0 if onward or error is None else status_of(error) or 500
        value = error if error is not None else NOTHING
        self.machine.endings.append(self.machine.end(manner, value, made.place, 401 if status == 500 else status))
        return NOTHING

    def _respond(self, made: Made, callee: Attribute) -> Value:
        if made.method in SENDS:
            status = _sent_status(made, callee, self.machine)
            self.machine.endings.append(self.machine.end(Manner.ANSWER, made, made.place, status))
            if self.ends_with_answer:
                raise Dead
        return made

    def _leave(self, made: Made) -> None:
        """What a context offers to end a request with: `throw`, `assert` and `redirect`."""
        if made.method == "throw":
            raise self.machine.throw(made, made.place)
        asked = made.arguments.get(0)
        if made.method == "assert" and asked is not None and (truth := self.truth(asked)).answer is False:
            raise self.machine.throw(made, made.place, truth.basis is Basis.IDENTITY)
        if made.method == "redirect":
            raise self._answered(made, made.place, 302)

    def _stop(self, made: Made, status: int) -> Value:
        if status < 0:
            return made
        raise self.machine.throw(made, made.place)

    def verify(self, made: Made) -> Value:
        options = [a for a in made.arguments.all if isinstance(a, Keyed)]
        if any(scalar_of(o.entries.get("verify_signature")) is False for o in options):
            return Given(Standing.CREDENTIAL)
        worth = [self.worth.of(argument) for argument in made.arguments.all[:3]]
        if not worth or not any(w in TELLING for w in worth):
            return made
        callback = next((a for a in made.arguments.positional if isinstance(a, Closure)), None)
        if callback is not None:
            self.machine.consulted = True
            error = Known(True)
            return self.machine.call(callback, Arguments((error, Given(Standing.ABSENT))), made.place)
        raise self.machine.throw(made, made.place, True)

    def _wrapped(self, callee: Value) -> Value | None:
        """The function around which something outside was put as a decorator."""
        if not isinstance(callee, Made) or len(callee.arguments.positional) != 1:
            return None
        inner = callee.arguments.positional[0]
        return inner if isinstance(inner, Closure | Made | Instance) else None

    def _through(self, callee: Value, wrapped: Value, made: Made) -> Value:
        assert isinstance(callee, Made)
        effect = effect_of(callee.callee)
        self.note(callee, effect)
        if effect in ("authn", "role", "scope"):
            raise self.machine.throw(callee, callee.place, True)
        if effect == "unknown":
            self.doubt(callee, Basis.UNKNOWN)
        first = libraries.GIVEN_FIRST.get(name_of(callee))
        given = (
            replace(made.arguments, positional=(Extern(first), *made.arguments.positional)) if first else made.arguments
        )
        return self.machine.call(wrapped, given, made.place)

    def _matched(self, matcher: Value) -> Value | None:
        """Whether the path of this request is one that `createRouteMatcher` was given; None where that is not known."""
        path = self._facts.get("path")
        given = matcher.arguments.get(0) if isinstance(matcher, Made) else None
        patterns = [text_of(one) for one in (given.values if isinstance(given, Listed) else [given])]
        if path is None or None in patterns:
            return None
        self.used_facts = True
        found = [matches(pattern, path, ignore_case=True) for pattern in patterns if pattern is not None]
        return Known(True) if True in found else None if None in found else Known(False)

    def note(self, made: Value, effect: str) -> None:
        """Keeps limits and validators that stand before what is called."""
        if effect in ("throttle", "validator"):
            (self.throttles if effect == "throttle" else self.validators).append(made)

    def doubt(self, made: Value, basis: Basis) -> None:
        """From here on the caller may have been turned away."""
        place = made.place if isinstance(made, Made) else NOWHERE
        self.machine.under = (*self.machine.under, Condition(place, basis, turned_away=basis is Basis.UNKNOWN))

    def _unresolved(self, made: Made, name: str) -> Value:
        worth = {self.worth.of(argument) for argument in made.arguments.all}
        receiver = made.callee.of if isinstance(made.callee, Attribute) else None
        told = bool(worth & TELLING) or (receiver is not None and self.worth.of(receiver) in TELLING)
        if made.method in libraries.PARSES and any(
            name_of(given).startswith("<request>") for given in made.arguments.all
        ):
            self.note(made, effect_of(made.callee))
        functions = [argument for argument in made.arguments.positional if isinstance(argument, Closure)]
        if len(functions) == 1 and made.method.lower() in libraries.RUNS:
            given = Arguments(tuple(made for _ in functions[0].function.params))
            return self.machine.call(functions[0], given, made.place)
        for function in functions:
            self._call_back(function, made)
        if not functions:
            self._hand_over(made)
        checked = self.worth.of(made) is Standing.CHECKED
        if checked and self.machine.catching():
            self.doubt(made, Basis.CHECK)
        elif told and not checked and self._may_guard(made, receiver):
            self.doubt(made, Basis.UNKNOWN)
        return made

    def _may_guard(self, made: Made, receiver: Value | None) -> bool:
        """Whether the name of what is called might be a guard's; reading a part of the request is none."""
        if isinstance(receiver, Symbol):
            reading = self.worth.of(receiver) in TELLING and plain(made.method) in READS
            if reading or not libraries.GUARDLIKE.search(made.method):
                return False
        return effect_of(made.callee) == "unknown"

    def _hand_over(self, made: Made) -> None:
        """Code outside that is given the response, or what comes next, answers or goes on: nobody sees how."""
        named = name_of(made.callee) in libraries.COPIES_NAME
        for argument in () if named else made.arguments.all:
            if isinstance(argument, Given) and argument.role in (Standing.RESPONSE, Standing.NEXT):
                status = status_of(made.callee)
                manner = Manner.ANSWER if status >= 300 else Manner.ONWARD
                self.machine.endings.append(self.machine.end(manner, made, made.place, status))
                return

    def _call_back(self, closure: Closure, made: Made) -> None:
        """Code outside calls a function that it was given: perhaps, and with values of its own."""
        given: list[Value] = [made for _ in closure.function.params]
        if len(given) > 1 and closure.function.params[0].name in ("err", "error", "e"):
            given[0] = Given("error")
        self.machine.maybe(
            Truth(None),
            made.place,
            closure.env,
            lambda: self.machine.call(closure, Arguments(tuple(given)), made.place),
        )

    def stopped(self, closure: Closure) -> Value:
        raise Dead

    def unfollowed(self, closure: Closure, arguments: Arguments, made: Made) -> Value:
        self._hand_over(made)
        source = self.machine.world.source(closure.place)
        if libraries.REJECTING.search(source) and any(self.worth.of(a) in TELLING for a in arguments.all):
            self.doubt(made, Basis.UNKNOWN)
        return made


def effect_of(value: Value) -> str:
    """What something outside does to a caller when it stands before a handler: a kind of guard, or another word.

    `unknown` says that it may be a guard, an empty word that nothing speaks for it.
    """
    name = name_of(value)
    known = libraries.GUARDS.get(name)
    if known is not None:
        return "optional" if is_optional(value) else known
    for word, names in (("throttle", libraries.THROTTLES), ("validator", libraries.VALIDATORS)):
        if libraries.begins(name, names):
            return word
    if libraries.begins(name, libraries.NEVER_GUARDS) or not libraries.GUARDLIKE.search(name):
        return ""
    return "unknown"


def is_known(value: Value) -> bool:
    """Whether what something outside does to a caller is listed."""
    name = name_of(value)
    listed = (libraries.THROTTLES, libraries.VALIDATORS, libraries.NEVER_GUARDS)
    return name in libraries.GUARDS or any(libraries.begins(name, names) for names in listed)


def is_optional(value: Value) -> bool:
    """Whether a guard was made with an option that lets everybody pass, or is a login rather than a guard."""
    made: Value = value
    while isinstance(made, Made | Attribute):
        if isinstance(made, Made):
            options = dict(made.arguments.named)
            for argument in made.arguments.positional:
                options.update(argument.entries if isinstance(argument, Keyed) else {})
            if any(scalar_of(options.get(word)) is lets for word, lets in libraries.OPTIONAL_WORDS.items()):
                return True
            if made.method in ("authenticate", "AuthGuard") and lets_in(made.arguments.get(0)):
                return True
        made = made.callee if isinstance(made, Made) else made.of
    return False


def lets_in(strategy: Value | None) -> bool:
    """Whether a strategy of passport is the login itself, or lets strangers pass; one of several is enough for that."""
    names = strategy.values if isinstance(strategy, Listed) else [strategy]
    texts = [(text_of(name) or "").lower() for name in names]
    return bool(texts) and ("anonymous" in texts or all(text in libraries.LOGINS for text in texts))


def _sent_status(made: Made, callee: Attribute, machine: Machine) -> int:
    """The status of a response that is sent: said before in the chain, set before, or an argument."""
    if made.method in NAMED:
        return status_of(callee)
    if made.method == "sendStatus":
        code = scalar_of(made.arguments.get(0))
        return code if isinstance(code, int) else 0
    if is_redirect(made):
        return 302
    link: Value = callee.of
    while isinstance(link, Made | Attribute):
        if isinstance(link, Made) and link.method in ("status", "code", "writeHead"):
            said = status_of(Listed([NOTHING, *link.arguments.positional]))
            return said or (0 if machine.handling else 200)
        link = link.callee if isinstance(link, Made) else link.of
    held = (
        machine.assigned(link, "statusCode") or machine.assigned(link, "status") if isinstance(link, Symbol) else None
    )
    return status_of(Listed([NOTHING, held])) if held is not None else 200
