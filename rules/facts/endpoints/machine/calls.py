"""Calls: of functions and classes of the repository, which are followed, and of everything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from rules.core.source import Span
from rules.facts.endpoints.machine import builtins
from rules.facts.endpoints.machine.core import Flow
from rules.facts.endpoints.machine.host import Basis, Condition, Dead, Ending, Host, Manner
from rules.facts.endpoints.machine.members import Members
from rules.facts.endpoints.machine.values import (
    NOTHING,
    Arguments,
    Attribute,
    ClassValue,
    Closure,
    Either,
    Env,
    Extern,
    Given,
    Instance,
    Keyed,
    Listed,
    Made,
    Place,
    Space,
    Super,
    Symbol,
    Unknown,
    Value,
    Way,
    join,
)
from rules.syntax.program import Call, Function, Name, Param

if TYPE_CHECKING:
    from rules.facts.endpoints.machine.world import World

PROOFS = (Basis.CHECK, Basis.HINT)
MAX_REPEATS = 2
"""How often a function may stand on the stack at once."""


class Machine(Members):
    """Follows a program. One machine builds the objects of all modules; others follow one request each."""

    def __init__(self, world: World, host: Host, steps: int) -> None:
        super().__init__(world, host, steps)
        self._written: dict[int, tuple[Symbol, dict[str, Value]]] = {}

    def write(self, of: Symbol, name: str, value: Value) -> None:
        """Sets an attribute of a symbol; seen by this machine only, unless it is the one that builds the modules."""
        if self.world.machine is self:
            of.attributes[name] = value
        else:
            self._written[id(of)] = (of, {**self._written.get(id(of), (of, {}))[1], name: value})

    def assigned(self, of: Symbol, name: str) -> Value | None:
        written = self._written.get(id(of))
        return (written[1].get(name) if written is not None else None) or of.attributes.get(name)

    def invoke(self, call: Call, callee: Value, env: Env) -> Value:
        arguments = self.arguments(call, env)
        place = self.place(call.at, env)
        if isinstance(callee, Extern) and callee.name in ("require", "import"):
            return self.world.required(env.path, arguments.get(0))
        return self.call(callee, arguments, place, new=call.new)

    def arguments(self, call: Call, env: Env) -> Arguments:
        positional: list[Value] = []
        named: dict[str, Value] = {}
        more: list[Value] = []
        for argument in call.arguments:
            value = self.value(argument.value, env)
            if argument.name is not None:
                named[argument.name] = value
            elif not argument.spread:
                positional.append(value)
            elif isinstance(value, Listed):
                positional += value.values
                more += [value] if value.is_open else []
            elif isinstance(value, Keyed):
                named.update(value.entries)
                more += [value] if value.is_open else []
            else:
                more.append(value)
        return Arguments(tuple(positional), named, tuple(more))

    def decorate(self, decorator: Value, made: Value, env: Env, span: Span) -> Value:
        return self.call(decorator, Arguments((made,)), self.place(span, env))

    def call_closure(self, closure: Closure) -> Value:
        return self.call(closure, Arguments(), closure.place)

    def call(self, callee: Value, arguments: Arguments, place: Place, *, new: bool = False) -> Value:
        """The result of a call; raises `Dead` when control never comes back."""
        self.tick()
        if isinstance(callee, Either):
            return self._call_each(callee, arguments, place)
        if isinstance(callee, ClassValue):
            return self.instantiate(callee, arguments, place)
        if isinstance(callee, Closure):
            if new:
                return self.instantiate(callee, arguments, place)
            return self.enter(callee, arguments, place)
        if isinstance(callee, Super):
            return self._call_super(callee, arguments, place)
        if isinstance(callee, Instance):
            method = self.class_member(callee.cls, "__call__", callee)
            if method is not None:
                return self.call(method, arguments, place)
        if isinstance(callee, Space):
            callee = self.world.exported(callee.path, "default")
        known = builtins.answer(self, callee, arguments, place)
        return known if known is not None else self.outside(callee, arguments, place)

    def outside(self, callee: Value, arguments: Arguments, place: Place) -> Value:
        """A call that leaves the repository: recorded, and answered by the host."""
        made = self.made(callee, arguments, place)
        receiver = callee.of if isinstance(callee, Attribute) else callee
        if isinstance(receiver, Symbol) and self.world.machine is self:
            receiver.uses.append(made)
        return self.host.outside(made)

    def made(self, callee: Value, arguments: Arguments, place: Place) -> Made:
        conditions = tuple(condition.place for condition in self.under if not condition.turned_away)
        return Made(callee, arguments, place, self.world.tick(), conditions)

    def _call_each(self, callee: Either, arguments: Arguments, place: Place) -> Value:
        results = []
        for option in callee.options:
            try:
                results.append(self.call(option, arguments, place))
            except Dead:
                continue
        if not results:
            raise Dead
        return join(results)

    def _call_super(self, callee: Super, arguments: Arguments, place: Place) -> Value:
        if callee.owner.env.path.endswith(".py"):
            return callee
        method = self.class_member(callee.owner, "constructor", callee.this, skip=True)
        if method is not None:
            return self.call(method, arguments, place)
        if isinstance(callee.this, Symbol):
            self.outside(Attribute(callee.this, "constructor"), arguments, place)
        return callee.this

    def instantiate(self, cls: ClassValue | Closure, arguments: Arguments, place: Place) -> Value:
        made = Instance(cls, arguments, place, self.world.tick())
        if self.world.machine is self:
            self.world.instances.append(made)
        if isinstance(cls, Closure):
            self.enter(Closure(cls.function, cls.env, made, cls.owner), arguments, place)
            return made
        for name in ("__init__", "constructor"):
            method = self.class_member(cls, name, made)
            if isinstance(method, Closure):
                self.enter(method, arguments, place)
        return made

    def provided(self, cls: ClassValue) -> Value:
        """The object that a container of dependencies passes in for a class; one for all, with what it is made of."""
        if cls not in self.world.provided:
            self.world.provided[cls] = Unknown("an object that needs itself")
            builder = self.world.machine
            make = partial(builder.instantiate, cls, Arguments(), cls.place)
            if builder is not self:
                self.world.provided[cls] = self.world.from_top(cls.env.path, make) or self.world.provided[cls]
            else:
                with suppress(Dead):
                    self.world.provided[cls] = make()
        return self.world.provided[cls]

    def enter(self, closure: Closure, arguments: Arguments, place: Place) -> Value:
        """Follows a call into a function of the repository."""
        repeats = sum(1 for other in self.stack if other.function is closure.function)
        if len(self.stack) >= self.host.hops or repeats >= MAX_REPEATS:
            return self.host.unfollowed(closure, arguments, self.made(closure, arguments, place))
        outer, consulted = self.under, self.consulted
        endings = self.follow(closure, arguments)
        if not endings:
            return self.host.stopped(closure)
        ways = [Way(tuple(c for c in e.under if c not in outer), e.consulted and not consulted) for e in endings]
        return join([ending.value for ending in endings], ways)

    def follow(self, closure: Closure, arguments: Arguments) -> list[Ending]:
        """The ways in which a function returns; none when it never does."""
        self.world.entered.add(closure.function)
        outer = self.under
        self.stack.append(closure)
        self.returned.append([])
        start = self.mark()
        try:
            env = self._frame(closure, arguments)
            flow = self.run(closure.function.body.statements, env)
            if flow is not Flow.LEFT and not any(e.manner is Manner.YIELD for e in self.returned[-1]):
                self.returned[-1].append(self.end(Manner.RETURN, NOTHING, closure.place))
            self.settle(start)
            endings = self.returned[-1]
        finally:
            self.returned.pop()
            self.stack.pop()
        self.under = _in_force(outer, [ending.under for ending in endings])
        if endings:
            self.consulted = all(ending.consulted for ending in endings)
        return endings

    def _frame(self, closure: Closure, arguments: Arguments) -> Env:
        env = Env({}, closure.env.path, closure.env, self)
        function = closure.function
        params = list(function.params)
        if closure.this is not None:
            if function.name and closure.owner is not None:
                env.names["super"] = Super(closure.owner, closure.this)
            if closure.env.path.endswith(".py") and closure.owner is not None and not _plain_static(function):
                env.names[params[0].name if params else "self"] = closure.this
                params = params[1:]
            elif not function.is_arrow:
                env.names["this"] = closure.this
        if not function.is_arrow and not closure.env.path.endswith(".py"):
            env.names["arguments"] = Listed(list(arguments.positional), bool(arguments.more), self)
        for param, value in self._matched(params, arguments, env):
            self.bind(param.target, value, env, True)
            if param.keeps and isinstance(closure.this, Symbol):
                self.write(closure.this, param.name, value)
        return env

    def _matched(self, params: list[Param], arguments: Arguments, env: Env) -> Iterator[tuple[Param, Value]]:
        positional = list(arguments.positional)
        named = dict(arguments.named)
        for param in params:
            if param.spread == 1:
                yield param, Listed(positional, bool(arguments.more), self)
                positional = []
            elif param.spread == 2:
                yield param, Keyed(named, bool(arguments.more), self)
                named = {}
            elif param.name and param.name in named:
                yield param, named.pop(param.name)
            elif positional:
                yield param, positional.pop(0)
            else:
                yield param, self._missing(param, arguments, env)

    def _missing(self, param: Param, arguments: Arguments, env: Env) -> Value:
        if param.default is not None:
            return self.value(param.default, env)
        if arguments.more:
            return join(list(arguments.more))
        annotation = self.value(param.annotation, env) if param.annotation is not None else None
        if isinstance(annotation, ClassValue):
            return self.provided(annotation)
        return NOTHING if annotation is None else Given("argument", param.name, annotation)


def _in_force(outer: tuple[Condition, ...], kept: list[tuple[Condition, ...]]) -> tuple[Condition, ...]:
    """The conditions after a function with these ways out. Where each was checked, in whatever way, that stays."""
    if len(kept) == 1:
        return kept[0]
    checks = [[c for c in under if c not in outer and c.turned_away and c.basis in PROOFS] for under in kept]
    proof = checks[0][:1] if checks and all(checks) else []
    return (*(c for c in outer if all(c in under for under in kept)), *proof)


def _plain_static(function: Function) -> bool:
    return any(isinstance(d, Name) and d.id == "staticmethod" for d in function.decorators)
