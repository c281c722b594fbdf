"""The modules of a codebase, each followed once, and everything that they made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from rules.core.codebase import Codebase, Fact
from rules.core.source import Location, locate
from rules.facts.endpoints.machine.builder import Builder
from rules.facts.endpoints.machine.calls import Machine
from rules.facts.endpoints.machine.declaring import may_declare
from rules.facts.endpoints.machine.host import Dead, Exhausted
from rules.facts.endpoints.machine.values import (
    NOTHING,
    Arguments,
    ClassValue,
    Closure,
    Deferred,
    Env,
    Extern,
    Given,
    Instance,
    Keyed,
    Made,
    Place,
    Space,
    Unknown,
    Value,
    text_of,
)
from rules.syntax.javascript_modules import JavaScriptModules
from rules.syntax.javascript_program import javascript_program
from rules.syntax.program import Call, Const, Export, Function, Import, Name, Program
from rules.syntax.python_modules import find_python
from rules.syntax.python_program import python_program
from rules.syntax.walk import walk

T = TypeVar("T")

STEPS_PER_ROOT = 400_000
"""Evaluations that following one file from its top may take, what it imports and calls included."""

STEPS = 3_000_000
"""Evaluations that following all files may take."""

MAX_NESTING = 60
"""Depth of the machine above which another module is not entered."""

MAX_ORPHANS = 4_000
"""Functions and classes of one file that are followed though nothing calls them."""


@dataclass(eq=False)
class Module:
    program: Program
    env: Env
    exports: dict[str, Value | str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    started: bool = False


PROGRAMS: Fact[dict[tuple[str, str], Program | None]] = Fact(
    "programs", lambda code: code.base.get(PROGRAMS) if code.base is not None else {}
)
"""Programs by path and blob, shared by both sides of a change and by every trial of a fix."""


class World:
    """All modules. `candidates` are the files that may declare endpoints; others are read when a name leads there."""

    def __init__(self, code: Codebase, candidates: Collection[str], steps: int = STEPS) -> None:
        self.code = code
        self.candidates = frozenset(candidates)
        self.machine = Machine(self, Builder(self), STEPS_PER_ROOT)
        self.calls: dict[str, list[Made]] = {}
        self.made: list[Made] = []
        self.classes: list[ClassValue] = []
        self.closures: list[Closure] = []
        self.instances: list[Instance] = []
        self.givens: list[Given] = []
        self.entered: set[Function] = set()
        self.given_to: dict[int, tuple[Given, ...]] = {}
        self.provided: dict[ClassValue, Value] = {}
        self.meant: dict[tuple[str, str], str | None] = {}
        self.versions: dict[tuple[str, str], str] = {}
        self.listings: dict[tuple[str, str], tuple[str, ...]] = {}
        self.spent: Counter[str] = Counter()
        self._javascript = JavaScriptModules(code.files, code.text)
        self._programs = code.get(PROGRAMS)
        self._modules: dict[str, Module | None] = {}
        self._order = 0
        self._steps = steps

    def tick(self) -> int:
        self._order += 1
        return self._order

    def locate(self, place: Place) -> Location:
        module = self.module(place.path) if place.path in self.code.files else None
        return locate(place.path, module.program.content if module else b"", place.span.start, place.span.end)

    def home(self, place: Place) -> Env:
        """The names at the top of the file of a place."""
        module = self.module(place.path)
        return module.env if module is not None else Env({}, place.path)

    def source(self, place: Place) -> bytes:
        module = self.module(place.path)
        return module.program.content[place.span.start : place.span.end] if module else b""

    def module(self, path: str) -> Module | None:
        if path not in self._modules:
            program = self._program(path)
            self._modules[path] = self._fresh(program) if program is not None else None
        return self._modules[path]

    def _program(self, path: str) -> Program | None:
        key = (path, self.code.files[path].blob)
        if self._programs.get(key) is None:
            self._programs[key] = self.code.parsed(path, python_program if _is_python(path) else javascript_program)
        return self._programs[key]

    def _fresh(self, program: Program) -> Module:
        names: dict[str, Value] = {}
        if not _is_python(program.path):
            exports = Keyed({}, False, self.machine)
            names = {"module": Keyed({"exports": exports}, False, self.machine), "exports": exports}
        return Module(program, Env(names, program.path, None, self.machine))

    def follow_all(self) -> None:
        """Follows every candidate, what it imports first, then functions and classes that nothing has used."""
        for path in self._in_order():
            self.from_top(path, partial(self.run, path))
        self._follow_orphans()

    def _in_order(self) -> list[str]:
        """The candidates as they would be loaded: after their imports, circles cut where they close."""
        done: dict[str, None] = {}
        seen: set[str] = set()
        for first in sorted(self.candidates):
            pending = [first]
            while pending:
                path = pending[-1]
                ahead = (
                    [] if path in seen else [p for p in self._imports(path) if p in self.candidates and p not in seen]
                )
                seen.add(path)
                if ahead:
                    pending += reversed(ahead)
                else:
                    done.setdefault(pending.pop())
        return list(done)

    def from_top(self, path: str, action: Callable[[], T]) -> T | None:
        """Follows something to its end, or as far as it may: then there is no result, and what is cut off is said."""
        allowed = min(STEPS_PER_ROOT, self._steps)
        self.machine.steps = allowed
        self.machine.reset()
        try:
            return action()
        except Dead:
            return None
        except Exhausted:
            self.code.skip(path, "it does more at its start than is followed")
            return None
        finally:
            taken = allowed - self.machine.steps
            self._steps -= taken
            self.spent[path] += taken

    def _imports(self, path: str) -> Iterator[str]:
        """The files that a module loads at its top."""
        module = self.module(path)
        for part in walk(module.program.statements, into_functions=False) if module is not None else ():
            name = None
            if isinstance(part, Import):
                name = part.module
            elif isinstance(part, Call) and isinstance(part.callee, Name) and part.callee.id == "require":
                given = part.arguments[0].value if part.arguments else None
                name = given.value if isinstance(given, Const) and isinstance(given.value, str) else None
            target = self.find(path, name) if name else None
            if target is not None:
                yield target

    def _follow_orphans(self) -> None:
        """Follows functions and methods that may declare something and that nothing has called."""
        done, seen = 0, Counter[str]()
        while done < len(self.closures):
            closure = self.closures[done]
            seen[closure.env.path] += 1
            if seen[closure.env.path] <= MAX_ORPHANS:
                self._follow_orphan(closure)
            done += 1
        for cls in self.classes:
            seen[cls.env.path] += 1
            for method in cls.definition.methods if seen[cls.env.path] <= MAX_ORPHANS else ():
                self._follow_orphan(Closure(method, cls.env, None, cls))

    def _follow_orphan(self, closure: Closure) -> None:
        path = closure.env.path
        if path in self.candidates and closure.function not in self.entered and self.registers(closure):
            self.from_top(path, partial(self._call_orphan, closure))

    def _call_orphan(self, closure: Closure) -> Value:
        if closure.owner is not None and not closure.function.decorators:
            made = [instance for instance in self.instances if instance.cls is closure.owner]
            closure.this = made[0] if made else self.machine.provided(closure.owner)
        return self.call_blindly(closure) if closure.function not in self.entered else NOTHING

    def registers(self, closure: Closure) -> bool:
        """Whether a function may declare endpoints when it is called."""
        return may_declare(closure.function, self.source(closure.place), _is_python(closure.env.path))

    def call_blindly(self, closure: Closure) -> Value:
        """Follows a function with nothing known of its arguments but their names and annotations."""
        given = []
        for param in closure.function.params:
            annotation = self.machine.value(param.annotation, closure.env) if param.annotation is not None else None
            given.append(Given("argument", param.name, annotation))
        self.givens += given
        self.given_to[id(closure.function)] = tuple(given)
        return self.machine.call(closure, Arguments(tuple(given)), closure.place)

    def run(self, path: str) -> None:
        """Follows a module's top level, once."""
        module = self.module(path)
        if module is not None and not module.started and self.machine.depth < MAX_NESTING:
            module.started = True
            self.machine.aside(module.program.statements, module.env)

    def find(self, importer: str, name: str) -> str | None:
        """The file that a name means in another file; kept in `meant`, as every answer that a part rests on."""
        key = (importer, name)
        if key not in self.meant:
            python = _is_python(importer)
            self.meant[key] = find_python(self.code.files, *key) if python else self._javascript.find(*key)
        return self.meant[key]

    def version(self, path: str, package: str) -> str:
        """The version range that the manifest nearest to a file of JavaScript asks of a package; kept in `versions`."""
        self.versions[path, package] = found = self._javascript.version(path, package)
        return found

    def listing(self, asker: str, folder: str) -> tuple[str, ...]:
        """The files below a folder that a file has loaded by being there; kept in `listings`."""
        below = f"{folder}/" if folder else ""
        found = tuple(path for path in sorted(self.code.files) if path.startswith(below))
        self.listings[asker, folder] = found
        return found

    def loaded(self) -> set[str]:
        """The files that were read, or were to be."""
        return set(self._modules)

    def bring(self, statement: Import, env: Env) -> None:
        """Binds what an import brings; the module itself is followed in its turn, or when a name of it is used."""
        target = self.find(env.path, statement.module)
        package = outside_name(statement.module)
        for own, local in statement.names:
            if target is not None:
                env.names[local] = Deferred(target, own)
            elif own is not None and (inner := self._inner(env.path, statement.module, own)):
                env.names[local] = Deferred(inner, None)
            else:
                env.names[local] = Extern(package if own in (None, "default") else f"{package}.{own}")
        if statement.everything and target is not None:
            self._bring_all(target, env)

    def _bring_all(self, target: str, env: Env) -> None:
        self.run(target)
        module = self.module(target)
        for name in list(module.env.names) if module is not None else []:
            env.names.setdefault(name, Deferred(target, name))

    def _inner(self, importer: str, module: str, name: str) -> str | None:
        """The file of a submodule of a package that has no file of its own."""
        if not _is_python(importer):
            return None
        return self.find(importer, f"{module}{name}" if module.endswith(".") else f"{module}.{name}")

    def offer(self, statement: Export, env: Env) -> None:
        """Records what a module exports."""
        module = self.module(env.path)
        if module is None:
            return
        if statement.module is None:
            module.exports.update({offered: own for own, offered in statement.names})
            return
        target = self.find(env.path, statement.module)
        package = outside_name(statement.module)
        for own, offered in statement.names:
            if target is not None:
                module.exports[offered] = Deferred(target, None if own == "*" else own)
            else:
                module.exports[offered] = Extern(package if own in ("*", "default") else f"{package}.{own}")
        if statement.everything:
            module.stars.append(target or f"outside:{package}")

    def required(self, importer: str, name: Value | None) -> Value:
        """What `require` or a dynamic import gives."""
        specifier = text_of(name)
        if specifier is None:
            return Unknown("a module with a computed name")
        target = self.find(importer, specifier)
        if target is None:
            return Extern(outside_name(specifier))
        self.run(target)
        module = self.module(target)
        if module is None:
            return Unknown(f"{target} could not be read")
        return Space(target) if module.exports or module.stars else _commonjs(module)

    def settled(self, value: Value) -> Value:
        return self.force(value) if isinstance(value, Deferred) else value

    def force(self, value: Deferred) -> Value:
        self.run(value.path)
        return Space(value.path) if value.name is None else self.exported(value.path, value.name)

    def exported(self, path: str, name: str) -> Value:
        """A name of a module, looked for in what it passes on too."""
        found = self._exported(path, name, set())
        return found if found is not None else Unknown(f"{name} was not found in {path}")

    def _exported(self, path: str, name: str, seen: set[str]) -> Value | None:
        if path in seen:
            return None
        seen.add(path)
        self.run(path)
        module = self.module(path)
        if module is None:
            return None
        held = module.exports.get(name)
        if held is None and _is_python(path):
            held = name
        if isinstance(held, str):
            held = module.env.names.get(held)
        if held is None and not _is_python(path):
            held = self._from_commonjs(module, name)
        if isinstance(held, Deferred):
            return Space(held.path) if held.name is None else self._exported(held.path, held.name, seen)
        return held if held is not None else self._passed_on(module, path, name, seen)

    def _from_commonjs(self, module: Module, name: str) -> Value | None:
        exports = _commonjs(module)
        if isinstance(exports, Keyed):
            if name == "default" and exports.entries and not module.exports:
                return exports
            return exports.entries.get(name)
        return exports if name == "default" else self.machine.member(exports, name)

    def _passed_on(self, module: Module, path: str, name: str, seen: set[str]) -> Value | None:
        if _is_python(path):
            inner = self.find(path, f".{name}") if path.endswith("__init__.py") else None
            return Space(inner) if inner is not None else None
        for star in module.stars:
            if star.startswith("outside:"):
                return Extern(f"{star.removeprefix('outside:')}.{name}")
            found = self._exported(star, name, seen)
            if found is not None:
                return found
        return None

    def builtin(self, name: str) -> Value:
        return Extern(name)


def outside_name(specifier: str) -> str:
    """The name under which what a package offers is known."""
    return specifier.removeprefix("node:").lstrip(".")


def _commonjs(module: Module) -> Value:
    held = module.env.names.get("module")
    exports = held.entries.get("exports") if isinstance(held, Keyed) else None
    return exports if exports is not None else Unknown("module.exports was replaced")


def _is_python(path: str) -> bool:
    return path.endswith(".py")
