"""Values of expressions."""

from __future__ import annotations

from abc import abstractmethod

from rules.facts.endpoints.machine.core import MAX_DEPTH
from rules.facts.endpoints.machine.errors import Errors
from rules.facts.endpoints.machine.host import Dead, Truth
from rules.facts.endpoints.machine.values import (
    NOTHING,
    ClassValue,
    Deferred,
    Env,
    Keyed,
    Known,
    Listed,
    Mixed,
    Regex,
    Unknown,
    Value,
    text_of,
)
from rules.syntax.program import (
    Assign,
    Binary,
    Call,
    Choose,
    Class,
    Collect,
    Compare,
    Const,
    Default,
    Expr,
    Function,
    Index,
    Items,
    Logic,
    Member,
    Name,
    Not,
    Opaque,
    Pattern,
    Record,
    Spread,
    Text,
    Yield,
)

LINKS = {Call: "callee", Member: "of", Index: "of", Binary: "left", Logic: "left"}
"""Forms that grow to the left; they are followed from the inside out, so that long chains do not recurse."""


class Expressions(Errors):
    """Evaluates expressions. What is not known becomes a symbol."""

    @abstractmethod
    def member(self, of: Value, name: str) -> Value: ...

    @abstractmethod
    def set_member(self, of: Value, name: str, value: Value) -> None: ...

    @abstractmethod
    def index(self, of: Value, key: Value) -> Value: ...

    @abstractmethod
    def invoke(self, call: Call, callee: Value, env: Env) -> Value: ...

    @abstractmethod
    def define(self, definition: Class, env: Env) -> Value: ...

    @abstractmethod
    def closure(self, function: Function, env: Env, owner: ClassValue | None = None) -> Value: ...

    def value(self, expression: Expr, env: Env) -> Value:
        links: list[Expr] = []
        while (kind := LINKS.get(type(expression))) is not None:
            links.append(expression)
            expression = getattr(expression, kind)
        self.tick()
        if self.depth >= MAX_DEPTH:
            return Unknown("nested too deeply")
        self.depth += 1
        try:
            value: Value = getattr(self, f"of_{type(expression).__name__.lower()}")(expression, env)
            for link in reversed(links):
                self.tick()
                value = getattr(self, f"link_{type(link).__name__.lower()}")(link, value, env)
            return value
        finally:
            self.depth -= 1

    def values(self, expressions: tuple[Expr, ...], env: Env) -> list[Value]:
        return [self.value(expression, env) for expression in expressions]

    def of_const(self, expression: Const, env: Env) -> Value:
        return Known(expression.value)

    def of_pattern(self, expression: Pattern, env: Env) -> Value:
        return Regex(expression.source)

    def of_text(self, expression: Text, env: Env) -> Value:
        parts = self.values(expression.parts, env)
        if all(isinstance(part, Known) for part in parts):
            return Known("".join(str(part.value) for part in parts if isinstance(part, Known)))
        return Mixed("text", tuple(parts))

    def of_name(self, expression: Name, env: Env) -> Value:
        holder = env.holder(expression.id)
        if holder is None:
            return self.world.builtin(expression.id)
        value = holder.names[expression.id]
        return self.world.force(value) if isinstance(value, Deferred) else value

    def link_member(self, expression: Member, of: Value, env: Env) -> Value:
        return self.member(of, expression.name)

    def link_index(self, expression: Index, of: Value, env: Env) -> Value:
        return self.index(of, self.value(expression.key, env))

    def link_call(self, expression: Call, callee: Value, env: Env) -> Value:
        return self.invoke(expression, callee, env)

    def link_binary(self, expression: Binary, left: Value, env: Env) -> Value:
        right = self.value(expression.right, env)
        if expression.op == "+":
            if isinstance(left, Listed) and isinstance(right, Listed):
                return Listed([*left.values, *right.values], left.is_open or right.is_open, self)
            one, other = text_of(left), text_of(right)
            if one is not None and other is not None:
                return Known(one + other)
        return Mixed("text" if expression.op == "+" else expression.op, (left, right))

    def link_logic(self, expression: Logic, left: Value, env: Env) -> Value:
        truth = self.host.truth(left)
        place = self.place(expression.right.at, env)
        goes_right = truth
        if truth.answer is not None and expression.op != "and":
            goes_right = Truth(not truth.answer, truth.basis)
        if expression.op == "??" and isinstance(left, Known):
            goes_right = Truth(left.value is None)
        right = self.maybe(goes_right, place, env, lambda: self.value(expression.right, env))
        if goes_right.answer:
            if right is None:
                raise Dead
            return right
        if right is None or goes_right.answer is False:
            return left
        return Mixed("and" if expression.op == "and" else "or", (left, right))

    def of_not(self, expression: Not, env: Env) -> Value:
        inner = self.value(expression.value, env)
        return Known(not inner.value) if isinstance(inner, Known) else Mixed("not", (inner,))

    def of_compare(self, expression: Compare, env: Env) -> Value:
        return Mixed(expression.op, (self.value(expression.left, env), self.value(expression.right, env)))

    def of_choose(self, expression: Choose, env: Env) -> Value:
        truth = self.host.truth(self.value(expression.test, env))
        place = self.place(expression.test.at, env)
        then, other = (lambda: self.value(expression.then, env)), (lambda: self.value(expression.other, env))
        value = self.either(truth, place, env, then, other)
        if value is None:
            raise Dead
        return value

    def of_items(self, expression: Items, env: Env) -> Value:
        values: list[Value] = []
        is_open = False
        for part in expression.values:
            if isinstance(part, Spread):
                inner = self.value(part.value, env)
                values += inner.values if isinstance(inner, Listed) else [inner]
                is_open = is_open or not isinstance(inner, Listed) or inner.is_open
            else:
                values.append(self.value(part, env))
        return Listed(values, is_open, self)

    def of_record(self, expression: Record, env: Env) -> Value:
        made = Keyed({}, False, self)
        for entry in expression.entries:
            value = self.value(entry.value, env)
            key = text_of(self.value(entry.key, env)) if entry.key is not None else None
            if key is not None:
                made.entries[key] = value
            elif entry.key is None and isinstance(value, Keyed):
                made.entries.update(value.entries)
                made.is_open = made.is_open or value.is_open
            else:
                made.is_open = True
        return made

    def of_spread(self, expression: Spread, env: Env) -> Value:
        return self.value(expression.value, env)

    def of_default(self, expression: Default, env: Env) -> Value:
        return self.value(expression.value, env)

    def of_function(self, expression: Function, env: Env) -> Value:
        return self.closure(expression, env)

    def of_class(self, expression: Class, env: Env) -> Value:
        return self.define(expression, env)

    def of_assign(self, expression: Assign, env: Env) -> Value:
        value = self.value(expression.value, env)
        self.bind(expression.target, value, env, expression.declares)
        return value

    def of_collect(self, expression: Collect, env: Env) -> Value:
        over = self.value(expression.over, env)
        if isinstance(over, Listed) and not over.is_open:
            return Listed([self._collected(expression, item, env) for item in over.values], False, self)
        return Listed([self._collected(expression, self.element(over), env)], True, self)

    def _collected(self, expression: Collect, item: Value, env: Env) -> Value:
        inner = Env({}, env.path, env, self)
        self.bind(expression.target, item, inner, True)
        return self.value(expression.element, inner)

    def of_yield(self, expression: Yield, env: Env) -> Value:
        value = self.value(expression.value, env)
        self.yielded(value, self.place(expression.at, env))
        return Unknown("what is sent to a generator")

    def of_opaque(self, expression: Opaque, env: Env) -> Value:
        parts = self.values(expression.parts, env)
        if expression.reason == "sequence" and parts:
            return parts[-1]
        return Mixed(expression.reason or "opaque", tuple(parts))

    def bind(self, target: Expr, value: Value, env: Env, declares: bool) -> None:
        """Gives every name in a target its part of the value."""
        if isinstance(target, Name):
            self._bind_name(target.id, value, env, declares)
        elif isinstance(target, Member):
            self.set_member(self.value(target.of, env), target.name, value)
        elif isinstance(target, Index):
            key = text_of(self.value(target.key, env))
            if key is not None:
                self.set_member(self.value(target.of, env), key, value)
        elif isinstance(target, Default):
            missing = isinstance(value, Known) and value.value is None
            fallback = self.value(target.value, env) if missing else value
            self.bind(target.target, fallback, env, declares)
        elif isinstance(target, Items):
            for position, part in enumerate(target.values):
                if isinstance(part, Spread):
                    rest = value.values[position:] if isinstance(value, Listed) else [value]
                    self.bind(part.value, Listed(rest, not isinstance(value, Listed), self), env, declares)
                else:
                    self.bind(part, self.index(value, Known(position)), env, declares)
        elif isinstance(target, Record):
            self._bind_record(target, value, env, declares)

    def _bind_record(self, target: Record, value: Value, env: Env, declares: bool) -> None:
        for entry in target.entries:
            key = text_of(self.value(entry.key, env)) if entry.key is not None else None
            part = value if entry.key is None else self._entry(value, key) if key else Unknown("computed key")
            self.bind(entry.value, part, env, declares)

    def _entry(self, of: Value, key: str) -> Value:
        missing = isinstance(of, Keyed) and not of.is_open and key not in of.entries
        return NOTHING if missing else self.member(of, key)

    def _bind_name(self, name: str, value: Value, env: Env, declares: bool) -> None:
        home = env if declares else env.holder(name) or env
        if home.parent is None and isinstance(value, Known) and not value.value and declares:
            value = Known(value.value, True)
        if home.maker is self:
            home.names[name] = value
