"""What single files of a program do, by their syntax: the ground of rules that need no more than one file.

A look-out goes through a file as it was lowered to the forms that Python and JavaScript share, and says what it saw.
What it saw is kept by blob. Files without any of the look-out's marks are not parsed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from rules.core.codebase import Codebase, Fact, FileReader
from rules.core.finding import Edit
from rules.core.source import Location, Span, locate
from rules.facts.endpoints import is_elsewhere
from rules.facts.endpoints.machine.world import outside_name
from rules.syntax.javascript_program import javascript_program
from rules.syntax.program import (
    Bind,
    Call,
    Const,
    Expr,
    Function,
    Import,
    Index,
    Member,
    Name,
    Program,
    Record,
    Text,
)
from rules.syntax.python_program import python_program
from rules.syntax.trees import language_of
from rules.syntax.walk import walk

ASIDE = frozenset((
    "scripts", "script", "bin", "tools", "examples", "example", "docs", "benchmarks", "bench", "seed", "seeds",
    "seeders", "migrations", "migration", "cli", "dev", "templates", "storybook", ".storybook",
))  # fmt: skip
"""Folders whose code does not run in the service."""

BUILDS = ("setup.", "build.", "gulpfile.", "webpack.", "vite.", "rollup.", "esbuild.", "noxfile.", "tasks.")
MAX_ALIASES = 6
MINIFIED = 300
"""Bytes of a line, on the average of a file."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that a file does. `said` is the part of the message that is its own, `key` tells it from others of its
    file; `kind` tells apart what a look-out sees, `edits` would put it right."""

    where: Location
    said: str
    key: str
    kind: str = ""
    edits: tuple[Edit, ...] = ()

    @property
    def sentence(self) -> str:
        """What is said, as a sentence begins."""
        return self.said[:1].upper() + self.said[1:]


class Source:
    """One file as a look-out sees it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.path = program.path
        self.is_python = program.path.endswith(".py")

    @cached_property
    def is_of_browser(self) -> bool:
        """Whether a file of JavaScript runs in a browser, as far as it says so itself."""
        content = self.program.content
        named = self.path.endswith((".tsx", ".jsx", ".vue", ".svelte"))
        return named or b"use client" in content[:80] or b"document." in content or b"window." in content

    @cached_property
    def parts(self) -> tuple[object, ...]:
        """All statements and expressions, in the order of their places."""
        return tuple(sorted(walk(self.program.statements), key=lambda part: getattr(part, "at", Span(0, 0)).start))

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        return tuple(part for part in self.parts if isinstance(part, Call))

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        return tuple(part for part in self.parts if isinstance(part, Function))

    @cached_property
    def _imported(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in self.parts:
            if isinstance(part, Import):
                module = part.module if part.module.startswith(".") else outside_name(part.module)
                for own, local in part.names:
                    found[local] = module if own in (None, "default") else f"{module}.{own}"
        return found

    @cached_property
    def _bound(self) -> dict[str, Expr | None]:
        """What names stand for that are given a value once."""
        found: dict[str, Expr | None] = {}
        for part in self.parts:
            if isinstance(part, Bind) and isinstance(part.target, Name):
                found[part.target.id] = None if part.target.id in found else part.value
            elif isinstance(part, Bind) and isinstance(part.target, Record):
                for entry in part.target.entries:
                    if isinstance(entry.key, Const) and isinstance(entry.value, Name):
                        found[entry.value.id] = Member(part.at, part.value, str(entry.key.value))
        return found

    def name(self, part: Expr | None, depth: int = 0) -> str:
        """An expression as it would be written from outside: `winston.createLogger`, `express().use`, `req.body`."""
        if isinstance(part, Name):
            value = self._bound.get(part.id)
            if part.id in self._imported:
                return self._imported[part.id]
            told = self.name(value, depth + 1) if value is not None and depth < MAX_ALIASES else ""
            return told or part.id
        if isinstance(part, Member):
            inner = self.name(part.of, depth)
            return f"{inner}.{part.name}" if inner else ""
        if isinstance(part, Index) and isinstance(part.key, Const):
            inner = self.name(part.of, depth)
            return f"{inner}.{part.key.value}" if inner else ""
        if isinstance(part, Call):
            called = self.name(part.callee, depth)
            first = part.arguments[0].value if part.arguments else None
            if called == "require" and isinstance(first, Const) and isinstance(first.value, str):
                return outside_name(first.value) if not first.value.startswith(".") else first.value
            return f"{called}()" if called else ""
        return ""

    def constant(self, part: Expr | None, depth: int = 0) -> object:
        """The constant that an expression is, also by a name that is given a value once; else None."""
        if isinstance(part, Const):
            return part.value
        if isinstance(part, Name) and depth < MAX_ALIASES:
            return self.constant(self._bound.get(part.id), depth + 1)
        return None

    def value(self, part: Expr | None) -> Expr | None:
        """What a name stands for where it is given a value once, else the expression itself."""
        seen = 0
        while isinstance(part, Name) and self._bound.get(part.id) is not None and seen < MAX_ALIASES:
            part, seen = self._bound[part.id], seen + 1
        return part

    def text(self, part: object) -> str:
        """The source of a part."""
        at = getattr(part, "at", Span(0, 0))
        return self.program.content[at.start : at.end].decode("utf-8", "replace")

    def place(self, part: object) -> Location:
        at = getattr(part, "at", Span(0, 0))
        return locate(self.path, self.program.content, at.start, at.end)

    def saw(self, part: object, said: str, key: str = "", kind: str = "", edits: Iterable[Edit] = ()) -> Sighting:
        return Sighting(self.place(part), said, key or said, kind, tuple(edits))

    def functions_around(self, part: object) -> list[Function]:
        """The functions around a part, the innermost first."""
        at = getattr(part, "at", Span(0, 0))
        around = [f for f in self.functions if f.at.start <= at.start and at.end <= f.at.end and f is not part]
        return sorted(around, key=lambda f: f.at.end - f.at.start)

    def around(self, part: object) -> str:
        """The name of the innermost function around a part; empty at the top of the file."""
        return next((function.name for function in self.functions_around(part)), "")


def argument(call: Call, position: int | None, *names: str) -> Expr | None:
    """An argument of a call by one of its names, else by its position."""
    for given in call.arguments:
        if given.name is not None and given.name in names:
            return given.value
    plain = [given.value for given in call.arguments if given.name is None and not given.spread]
    return plain[position] if position is not None and position < len(plain) else None


def entry(record: Expr | None, *names: str) -> Expr | None:
    """What a record holds under the first of these names that it has."""
    if isinstance(record, Record):
        for held in record.entries:
            key = held.key.value if isinstance(held.key, Const) else held.key.id if isinstance(held.key, Name) else None
            if key in names:
                return held.value
    return None


def is_computed_text(part: Expr | None) -> bool:
    """Whether a text has values in it."""
    return isinstance(part, Text) and any(not isinstance(inner, Const) for inner in part.parts)


Look = Callable[[Source], Iterable[Sighting]]


@dataclass(frozen=True)
class LookOut:
    """What a rule wants to see, and the marks without one of which a file has nothing of it."""

    marks: tuple[bytes, ...]
    look: Look
    everywhere: bool


_LOOK_OUTS: dict[str, LookOut] = {}


def sightings(name: str, marks: Sequence[bytes], look: Look, *, everywhere: bool = False) -> Fact[Sequence[Sighting]]:
    """A fact of what a look-out sees in the files that run in a service, or in all but tests if `everywhere`.

    All look-outs share one reading of each file.
    """
    _LOOK_OUTS[name] = LookOut(tuple(marks), look, everywhere)

    def build(code: Codebase) -> Sequence[Sighting]:
        seen = code.get(SEEN)
        return tuple(sighting for path in sorted(seen) for sighting in seen[path].get(name, ()))

    return Fact(f"sightings:{name}", build)


def _lowered(path: str, content: bytes) -> Program:
    return (python_program if path.endswith(".py") else javascript_program)(path, content)


_SOURCES: Fact[dict[str, Source | None]] = Fact("sources", lambda code: {})


def source_of(code: Codebase, path: str) -> Source | None:
    """A file that a rule looks into again, read once; None where it cannot be understood."""
    kept = code.get(_SOURCES)
    if path not in kept:
        program = code.parsed(path, _lowered)
        kept[path] = Source(program) if program is not None else None
    return kept[path]


def _see(path: str, content: bytes) -> dict[str, list[Sighting]]:
    aside = is_aside(path)
    wanted = [
        (name, out)
        for name, out in _LOOK_OUTS.items()
        if (out.everywhere or not aside) and any(mark in content for mark in out.marks)
    ]
    if not wanted or is_minified(content):
        return {}
    source = Source(_lowered(path, content))
    return {name: found for name, out in wanted if (found := list(out.look(source)))}


def _all(code: Codebase) -> dict[str, dict[str, list[Sighting]]]:
    version = hashlib.sha256("\0".join(sorted(_LOOK_OUTS)).encode()).hexdigest()[:16]
    reader = FileReader("sightings", version, dict[str, list[Sighting]], _see)
    return code.read_files(reader, (p for p in sorted(code.files) if language_of(p) and not is_elsewhere(p)))


SEEN: Fact[dict[str, dict[str, list[Sighting]]]] = Fact("sightings", _all)
"""What all look-outs see in each file."""


def is_minified(content: bytes) -> bool:
    """Whether nobody wrote a file as it stands: lines of hundreds of characters each."""
    return len(content) > MINIFIED * (content.count(b"\n") + 1)


def is_aside(path: str) -> bool:
    """Whether a file lies where no code of the running service does, or builds it."""
    *folders, name = path.lower().split("/")
    return bool(ASIDE.intersection(folders)) or name.startswith(BUILDS)
