"""What an application tells browsers of other origins, whatever library says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.core.codebase import Codebase, Fact
from rules.core.source import Location
from rules.facts.endpoints import LIBRARY_CALLS
from rules.facts.endpoints.library_calls import LibraryCall, Plain, Sort
from rules.facts.sightings import Source, source_of
from rules.syntax.program import Call, Const, Expr, Function, Member, Name, Return
from rules.syntax.walk import walk

LIBRARIES = frozenset(("cors", "hono/cors.cors", "@koa/cors"))
HANDED = frozenset(("@fastify/cors", "fastify-cors"))
ASGI = (".CORSMiddleware",)


@dataclass(frozen=True, slots=True)
class Cors:
    """One set of CORS options. `origins` is what may read, `pattern` a regular expression of such, None where the
    library's default holds; `credentials` says whether cookies go along."""

    where: Location
    origins: Plain | None
    pattern: Plain | None
    credentials: Plain | None

    @property
    def with_credentials(self) -> bool:
        return self.credentials is not None and self.credentials.is_constant(True)


def _all(code: Codebase) -> Sequence[Cors]:
    found = [cors for call in code.get(LIBRARY_CALLS) if (cors := _read(call)) is not None]
    return tuple({cors.where: cors for cors in found}.values())


def _read(call: LibraryCall) -> Cors | None:
    options = call.options
    if call.name in LIBRARIES or call.name.endswith((".enableCors", "NestFactory.create().enableCors")):
        return _of(call, options, ("origin",), "credentials") if options is not None else None
    first = call.argument(0)
    if call.name.endswith(".register") and first is not None and first.name in HANDED:
        return _of(call, options, ("origin",), "credentials") if options is not None else None
    named = first.name if first is not None else ""
    if call.name.endswith(("add_middleware", "Middleware")) and named.endswith(ASGI):
        return _of(call, call.options, ("allow_origins",), "allow_credentials", "allow_origin_regex")
    if call.name == "flask_cors.CORS":
        return _of(call, call.options, ("origins",), "supports_credentials")
    return None


def _of(
    call: LibraryCall, options: Plain | None, origin: tuple[str, ...], credentials: str, pattern: str = ""
) -> Cors | None:
    if options is None:
        return None
    matched = options.entry(pattern) if pattern else None
    return Cors(call.where, options.entry(*origin), matched, options.entry(credentials))


CORS: Fact[Sequence[Cors]] = Fact("cors", _all)


def reflects(cors: Cors, code: Codebase) -> str:
    """Why any origin, or one that somebody else can register, is let in; empty where that cannot be said."""
    if cors.pattern is not None and (loose := _loose(cors.pattern)):
        return loose
    return _reflects(cors.origins, code) if cors.origins is not None else ""


def _reflects(origin: Plain, code: Codebase) -> str:
    if origin.is_constant(True):
        return "`true` sends back whatever origin asks"
    if origin.sort is Sort.PATTERN:
        return _loose(origin)
    if origin.sort is Sort.LIST:
        return next((said for item in origin.items if (said := _loose(item))), "")
    if origin.sort is Sort.FUNCTION and origin.where is not None:
        return _always(origin.where, code)
    return ""


def _loose(value: Plain) -> str:
    """What a regular expression lets in besides what it names."""
    text = value.constant if value.sort in (Sort.PATTERN, Sort.CONSTANT) else None
    if not isinstance(text, str) or (value.sort is Sort.CONSTANT and not re.search(r"[\\^$*]", text)):
        return ""
    if text in (".*", "^.*$", ".+", "^.+$"):
        return f"the pattern {text} matches every origin"
    if value.sort is Sort.CONSTANT:
        text = f"^{text}$"
    if not re.search(r"[A-Za-z]", text):
        return ""
    if not text.endswith("$"):
        return f"the pattern {text} has no end, so example.com.evil.example matches too"
    named = text.removesuffix("$")
    if re.search(r"(?:\.\*|\.\+)\)?[A-Za-z]", named) or (not named.startswith("^") and re.match(r"[A-Za-z]", named)):
        return f"the pattern {text} matches any host that ends so, without a dot before it"
    return ""


def _always(where: Location, code: Codebase) -> str:
    """What a function that decides about an origin lets in, by following what it says yes to."""
    source = source_of(code, where.path)
    function = next((f for f in source.functions if f.at == where.span), None) if source is not None else None
    if source is None or function is None:
        return ""
    loose = next((said for call in _calls(function) if (said := _ends(source, call))), "")
    return loose or ("the function lets every origin in" if _says_yes(function) else "")


def _calls(function: Function) -> Iterator[Call]:
    return (part for part in walk(function.body.statements) if isinstance(part, Call))


def _ends(source: Source, call: Call) -> str:
    """A test of the last letters of an origin that a foreign host passes."""
    ending = call.arguments[0].value if call.arguments else None
    if isinstance(call.callee, Member) and call.callee.name in ("endsWith", "endswith") and isinstance(ending, Const):
        text = str(ending.value)
        if not text.startswith((".", "http")):
            return f'endsWith("{text}") lets evil{text} in'
    return ""


def _says_yes(function: Function) -> bool:
    """Whether a function answers every origin with yes: by its callback, or by giving the origin back."""
    if not function.params:
        return False
    callback = function.params[1].name if len(function.params) > 1 else ""
    answers: list[Expr | None] = []
    for part in walk(function.body.statements):
        if isinstance(part, Call) and isinstance(part.callee, Name) and part.callee.id == callback:
            answers.append(part.arguments[1].value if len(part.arguments) > 1 else None)
        elif isinstance(part, Return) and part.value is not None and not callback:
            answers.append(part.value)
    first = function.params[0].name
    yes = [
        (isinstance(answer, Const) and answer.value is True) or (isinstance(answer, Name) and answer.id == first)
        for answer in answers
    ]
    return bool(yes) and all(yes)
