"""Attributes and elements of values."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from rules.core.source import Span
from rules.facts.endpoints.machine.expressions import Expressions
from rules.facts.endpoints.machine.values import (
    NOTHING,
    Attribute,
    ClassValue,
    Closure,
    Either,
    Env,
    Extern,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Picked,
    Regex,
    Space,
    Super,
    Symbol,
    Unknown,
    Value,
    join,
    lineage,
    outside_base,
    text_of,
)
from rules.syntax.program import Class, Expr, Field, Function


class Members(Expressions):
    """Looks names up in objects, classes and modules, and elements in sequences."""

    @abstractmethod
    def decorate(self, decorator: Value, made: Value, env: Env, span: Span) -> Value: ...

    @abstractmethod
    def call_closure(self, closure: Closure) -> Value: ...

    @abstractmethod
    def provided(self, cls: ClassValue) -> Value: ...

    @abstractmethod
    def write(self, of: Symbol, name: str, value: Value) -> None: ...

    def assigned(self, of: Symbol, name: str) -> Value | None:
        """The value that an attribute of a symbol was given, as this machine sees it."""
        raise NotImplementedError

    def define(self, definition: Class, env: Env) -> Value:
        bases = tuple(self.values(definition.bases, env))
        cls = ClassValue(definition, env, bases)
        self.world.classes.append(cls)
        if env.path.endswith(".py") and self.world.machine is self:
            for method in definition.methods:
                if method.decorators:
                    self._method(cls, method, None)
        made = self._decorated(definition.decorators, cls, env, definition.at)
        if not isinstance(made, Made):
            return made
        cls.wrapped = made
        return cls

    def _decorated(self, decorators: Sequence[Expr], made: Value, env: Env, span: Span) -> Value:
        """What decorators make of something. In TypeScript they mark it and give it back: who knows them reads them."""
        for decorator in reversed(decorators) if env.path.endswith(".py") else ():
            made = self.decorate(self.value(decorator, env), made, env, span)
        return made

    def closure(self, function: Function, env: Env, owner: ClassValue | None = None) -> Value:
        this = self._outer_this(env) if function.is_arrow else None
        closure = Closure(function, env, this, owner)
        if self.world.machine is self:
            self.world.closures.append(closure)
        return self._decorated(function.decorators, closure, env, function.at)

    def _outer_this(self, env: Env) -> Value | None:
        holder = env.holder("this")
        return holder.names["this"] if holder is not None else None

    def member(self, of: Value, name: str) -> Value:
        self.tick()
        if isinstance(of, Either):
            return join([self.member(option, name) for option in of.options], of.ways)
        if isinstance(of, Space):
            return self.world.exported(of.path, name) if name != "then" else Attribute(of, name)
        if isinstance(of, Keyed) and name in of.entries:
            return of.entries[name]
        if isinstance(of, ClassValue):
            found = self.class_member(of, name, None)
            return found if found is not None else Attribute(of, name)
        if isinstance(of, Instance | Super):
            return self._instance_member(of, name)
        if isinstance(of, Closure) and name in of.attributes:
            return of.attributes[name]
        return self._symbol_member(of, name)

    def _symbol_member(self, of: Value, name: str) -> Value:
        if isinstance(of, Symbol):
            known = self.assigned(of, name) or self.host.attribute(of, name)
            if known is not None:
                return known
        if name == "length" and (length := _length(of)) is not None:
            return Known(length)
        if isinstance(of, Extern):
            return Extern(of.name if name == "default" else f"{of.name}.{name}")
        if isinstance(of, Known) and of.value is None and not of.is_default:
            return NOTHING
        if isinstance(of, Known | Listed | Keyed | Closure | Regex):
            return Attribute(of, name)
        if not isinstance(of, Symbol):
            return Unknown(f"{name} of something unknown")
        return of.asked.setdefault(name, Attribute(of, name))

    def _instance_member(self, of: Instance | Super, name: str) -> Value:
        this = of.this if isinstance(of, Super) else of
        if isinstance(of, Instance):
            own = self.assigned(of, name)
            if own is not None:
                return own
            if isinstance(of.cls, Closure):
                prototype = of.cls.attributes.get("prototype")
                held = prototype.entries.get(name) if isinstance(prototype, Keyed) else None
                return self.bound(held, of) if held is not None else self._symbol_member(of, name)
        owner = of.owner if isinstance(of, Super) else of.cls
        found = self.class_member(owner, name, this, skip=isinstance(of, Super))
        if found is not None:
            return found
        return self._symbol_member(of if isinstance(of, Instance) else this, name)

    def class_member(self, cls: Value, name: str, this: Value | None, *, skip: bool = False) -> Value | None:
        """A member of a class or of its bases; methods come bound to `this`."""
        for ancestor in lineage(cls)[int(skip) :]:
            if isinstance(ancestor, ClassValue):
                found = self.own_member(ancestor, name, this)
                if found is not None:
                    return found
        return None

    def own_member(self, cls: ClassValue, name: str, this: Value | None) -> Value | None:
        """A member that the class itself defines, evaluated when it is first wanted."""
        method = next((m for m in cls.definition.methods if m.name == name), None)
        if method is not None:
            return self._method(cls, method, this)
        held = next((f for f in reversed(cls.definition.fields) if f.name == name), None)
        if held is None:
            return cls.members.get(name)
        return self._field(cls, held, this)

    def _method(self, cls: ClassValue, method: Function, this: Value | None) -> Value:
        if method.name not in cls.members:
            cls.members[method.name] = self.closure(method, cls.env, cls)
        made = cls.members[method.name] or NOTHING
        if isinstance(made, Closure):
            bound = Closure(made.function, made.env, this if this is not None else made.this, cls, made.attributes)
            if method.is_static and this is None:
                bound.this = cls
            if method.is_getter and this is not None:
                return self.call_closure(bound)
            return bound
        return made

    def _field(self, cls: ClassValue, held: Field, this: Value | None) -> Value | None:
        if held.value is None:
            annotated = self.value(held.annotation, cls.env) if held.annotation is not None else None
            return self.provided(annotated) if isinstance(annotated, ClassValue) else None
        if held.name not in cls.members:
            cls.members[held.name] = NOTHING
            inner = Env({"this": this} if this is not None else {}, cls.env.path, cls.env, self)
            value = self.value(held.value, inner)
            if isinstance(value, Known) and outside_base(cls).endswith("BaseSettings"):
                value = Known(value.value, True)
            cls.members[held.name] = self._decorated(held.decorators, value, inner, cls.definition.at)
        return cls.members[held.name]

    def bound(self, value: Value, this: Value) -> Value:
        if not isinstance(value, Closure):
            return value
        return Closure(value.function, value.env, this, value.owner, value.attributes)

    def set_member(self, of: Value, name: str, value: Value) -> None:
        if isinstance(of, Either):
            for option in of.options:
                self.set_member(option, name, value)
        elif isinstance(of, Keyed):
            if of.maker is self:
                of.entries[name] = value
        elif isinstance(of, Closure):
            of.attributes[name] = value
        elif isinstance(of, ClassValue):
            of.members[name] = value
        elif isinstance(of, Symbol):
            self.write(of, name, value)
            self.host.assigned(of, name, value)

    def index(self, of: Value, key: Value) -> Value:
        self.tick()
        if isinstance(of, Either):
            return join([self.index(option, key) for option in of.options])
        position = key.value if isinstance(key, Known) else None
        if isinstance(of, Listed) and isinstance(position, int) and not isinstance(position, bool):
            if -len(of.values) <= position < len(of.values) and not of.is_open:
                return of.values[position]
            return self.element(of) if of.is_open else NOTHING
        name = text_of(key)
        if isinstance(of, Keyed) and name is not None and name in of.entries:
            return of.entries[name]
        if isinstance(of, Keyed) and name is None and of.entries and not of.is_open:
            return join(list(of.entries.values()))
        if name is not None and (name.isidentifier() or not isinstance(of, Symbol)):
            return self.member(of, name)
        known = self.assigned(of, name) if name is not None and isinstance(of, Symbol) else None
        return known if known is not None else Picked(of, key)


def _length(of: Value) -> int | None:
    """How many elements a sequence, or characters a text, is known to have."""
    if isinstance(of, Listed):
        return None if of.is_open else len(of.values)
    text = text_of(of)
    return len(text) if text is not None else None
