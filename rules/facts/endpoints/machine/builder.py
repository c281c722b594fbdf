"""The host of the machine that builds the objects of all modules: outside there are only symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.facts.endpoints.machine.host import Basis, Ending, Manner, Truth
from rules.facts.endpoints.machine.values import (
    Arguments,
    Closure,
    Either,
    Extern,
    Keyed,
    Known,
    Listed,
    Made,
    Mixed,
    Symbol,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from rules.facts.endpoints.machine.world import World

ENDS = frozenset(("process.exit", "sys.exit", "exit", "quit"))
DECLARES = frozenset(
    ("use", "get", "post", "put", "patch", "delete", "all", "head", "options", "query", "param", "on", "addHook",
     "before_request", "errorhandler", "middleware", "route", "websocket", "query", "mutation", "subscription")
)  # fmt: skip
"""Methods whose functions are kept for requests rather than called at the start."""


class Builder:
    """Decides constants only; records every call, and follows the callbacks that declare something."""

    hops = 16

    def __init__(self, world: World) -> None:
        self._world = world

    def truth(self, value: Value) -> Truth:
        return Truth(constant_truth(value), Basis.SERVER)

    def rejects(self, ending: Ending, basis: Basis) -> bool:
        """An error ends the program: what comes after a check for it is under no condition."""
        return ending.manner is Manner.THROW

    def attribute(self, of: Symbol, name: str) -> Value | None:
        return None

    def assigned(self, of: Symbol, name: str, value: Value) -> None:
        pass

    def outside(self, made: Made) -> Value:
        self._world.made.append(made)
        if isinstance(made.callee, Extern):
            self._world.calls.setdefault(made.callee.name, []).append(made)
            if made.callee.name in ENDS:
                raise self._world.machine.throw(made, made.place)
        if made.method not in DECLARES:
            for argument in made.arguments.positional:
                if isinstance(argument, Closure) and self._world.registers(argument):
                    self._world.call_blindly(argument)
        return made

    def stopped(self, closure: Closure) -> Value:
        """A program is taken to start, whatever it throws when what it needs is missing."""
        return Unknown(f"{closure.function.name} throws")

    def unfollowed(self, closure: Closure, arguments: Arguments, made: Made) -> Value:
        return made


MAX_TRUTH_DEPTH = 8


def constant_truth(value: Value, depth: int = 0) -> bool | None:
    """Whether a value is true whatever happens outside; None where that cannot be told."""
    if depth > MAX_TRUTH_DEPTH:
        return None
    if isinstance(value, Known):
        return None if value.is_default else bool(value.value)
    if isinstance(value, Listed | Keyed):
        filled = bool(value.values if isinstance(value, Listed) else value.entries)
        return None if value.is_open else filled or (True if isinstance(value, Keyed) else None)
    if isinstance(value, Mixed):
        return _mixed_truth(value, depth)
    if isinstance(value, Either):
        answers = {constant_truth(option, depth + 1) for option in value.options}
        return answers.pop() if len(answers) == 1 else None
    return None if isinstance(value, Symbol) else True


def _mixed_truth(value: Mixed, depth: int) -> bool | None:
    if value.op == "not":
        inner = constant_truth(value.parts[0], depth + 1)
        return None if inner is None else not inner
    if value.op in ("==", "!=") and all(isinstance(part, Known) and not part.is_default for part in value.parts):
        one, other = (part.value for part in value.parts if isinstance(part, Known))
        return (one == other) is (value.op == "==")
    if value.op in ("and", "or"):
        answers = [constant_truth(part, depth + 1) for part in value.parts]
        decisive = value.op == "or"
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive
    return None
