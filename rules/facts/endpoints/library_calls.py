"""What a program makes with the libraries that a web application is built from, and with which options.

`cors({ origin: true })` in one file and the constant `true` in another come together here: the program was followed,
so that an argument is a value as far as anybody can know it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.core.source import Location
from rules.facts.endpoints.machine.values import (
    Attribute,
    Closure,
    Either,
    Extern,
    Given,
    Instance,
    Keyed,
    Known,
    Listed,
    Made,
    Picked,
    Regex,
    Value,
    name_of,
    text_of,
)
from rules.facts.endpoints.machine.world import World
from rules.syntax.program import Scalar

PACKAGES = frozenset((
    "express", "cors", "helmet", "express-rate-limit", "rate-limit-redis", "express-session", "cookie-session",
    "cookie-parser", "body-parser", "multer", "express-slow-down", "rate-limiter-flexible", "@upstash/ratelimit",
    "express-validator", "celebrate", "hpp", "compression", "morgan", "pino-http", "csurf", "passport",
    "fastify", "@fastify/cors", "@fastify/helmet", "@fastify/rate-limit", "@fastify/multipart", "@fastify/cookie",
    "@fastify/session", "@fastify/secure-session", "fastify-plugin",
    "hono", "hono-rate-limiter", "koa", "@koa/cors", "koa-helmet", "koa-bodyparser", "@koa/bodyparser", "koa-body",
    "koa-ratelimit", "koa-session", "@koa/router", "@koa/multer",
    "@nestjs/core", "@nestjs/common", "@nestjs/throttler", "@nestjs/platform-express", "@nestjs/platform-fastify",
    "pino", "winston", "bunyan", "tslog", "@sentry/node", "@sentry/nestjs", "@sentry/nextjs", "@sentry/browser",
    "http", "https", "graphql-yoga", "@apollo/server", "ws", "socket", "socket.io", "sanitize-html", "dompurify",
    "isomorphic-dompurify", "xss", "bullmq", "process",
    "fastapi", "starlette", "slowapi", "fastapi_limiter", "secure", "uvicorn", "structlog", "logging", "loguru",
    "sentry_sdk", "flask", "flask_cors", "flask_limiter", "flask_talisman", "flask_seasurf", "werkzeug", "quart",
    "django", "rest_framework", "ratelimit", "django_ratelimit", "litestar", "celery", "bleach", "nh3", "markupsafe",
))  # fmt: skip
"""Packages whose calls are kept, by the first part of the name under which they are imported."""

MAX_DEPTH = 6
MAX_ITEMS = 60


class Sort(StrEnum):
    """What is known of a value. SYMBOL: something from outside, with its name; `items` and `entries` are the arguments
    of the call that made it. CHOICE: one of its items."""

    CONSTANT = "constant"
    PATTERN = "pattern"
    LIST = "list"
    RECORD = "record"
    FUNCTION = "function"
    SYMBOL = "symbol"
    CHOICE = "choice"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Plain:
    """A value as far as it is known. An open list or record may hold more. `default`: configuration may replace it."""

    sort: Sort
    constant: Scalar = None
    items: tuple[Plain, ...] = ()
    entries: tuple[tuple[str, Plain], ...] = ()
    name: str = ""
    where: Location | None = None
    open: bool = False
    default: bool = False

    def entry(self, *names: str) -> Plain | None:
        """What a record holds under the first of these names that it has."""
        return next((value for name in names for key, value in self.entries if key == name), None)

    def is_constant(self, *values: Scalar) -> bool:
        """Whether it is surely one of these constants."""
        if self.sort is not Sort.CONSTANT or self.default:
            return False
        return any(type(self.constant) is type(value) and self.constant == value for value in values)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that it is or holds, as far as they are known."""
        own = (self.constant,) if isinstance(self.constant, str) else ()
        return (*own, *(text for item in self.items for text in item.texts))


@dataclass(frozen=True, slots=True)
class LibraryCall:
    """One call of a library: `name` as it would be written from outside, `express().set`. `under`: some condition
    stands around it."""

    name: str
    where: Location
    positional: tuple[Plain, ...] = ()
    named: tuple[tuple[str, Plain], ...] = ()
    spread: bool = False
    under: bool = False

    def argument(self, position: int | None, *names: str) -> Plain | None:
        """An argument by one of its names, else by its position."""
        found = next((value for name in names for key, value in self.named if key == name), None)
        if found is None and position is not None and position < len(self.positional):
            return self.positional[position]
        return found

    @property
    def options(self) -> Plain | None:
        """The last argument, if it is a record; keyword arguments count as one."""
        if self.named:
            return Plain(Sort.RECORD, entries=self.named, open=self.spread)
        return next((value for value in reversed(self.positional[-1:]) if value.sort is Sort.RECORD), None)


def library_calls(world: World) -> Iterator[LibraryCall]:
    """The calls that following the modules met, in the order of their places."""
    seen = set()
    for made in sorted(world.made, key=lambda made: (made.place.path, made.place.span.start, made.order)):
        name = name_of(made.callee)
        if (name, made.place) not in seen and _package(name) in PACKAGES:
            seen.add((name, made.place))
            yield LibraryCall(
                name,
                world.locate(made.place),
                tuple(plain_of(world, value) for value in made.arguments.positional),
                tuple((key, plain_of(world, value)) for key, value in made.arguments.named.items()),
                bool(made.arguments.more),
                bool(made.under),
            )


def _package(name: str) -> str:
    """The package of a dotted name; a scoped one keeps its scope."""
    first, _, rest = name.partition("/")
    if first.startswith("@") and rest:
        return f"{first}/{rest.partition('.')[0].partition('(')[0].partition('/')[0]}"
    return name.partition("/")[0].partition(".")[0].partition("(")[0]


def plain_of(world: World, value: Value, depth: int = 0) -> Plain:
    """A value of the machine as one that can be kept."""
    value = world.settled(value)
    if depth > MAX_DEPTH:
        return Plain(Sort.UNKNOWN)
    if isinstance(value, Known):
        return Plain(Sort.CONSTANT, value.value, default=value.is_default)
    if isinstance(value, Regex):
        return Plain(Sort.PATTERN, value.source)
    if isinstance(value, Listed | Either):
        held = value.values if isinstance(value, Listed) else value.options
        items = tuple(plain_of(world, inner, depth + 1) for inner in held[:MAX_ITEMS])
        sort = Sort.LIST if isinstance(value, Listed) else Sort.CHOICE
        return Plain(sort, items=items, open=isinstance(value, Listed) and (value.is_open or len(held) > MAX_ITEMS))
    if isinstance(value, Keyed):
        held_entries = list(value.entries.items())
        entries = tuple((key, plain_of(world, inner, depth + 1)) for key, inner in held_entries[:MAX_ITEMS])
        return Plain(Sort.RECORD, entries=entries, open=value.is_open or len(held_entries) > MAX_ITEMS)
    if isinstance(value, Closure):
        return Plain(Sort.FUNCTION, name=value.function.name, where=world.locate(value.place))
    if isinstance(value, Made):
        given = tuple(plain_of(world, inner, depth + 1) for inner in value.arguments.positional[:MAX_ITEMS])
        entries = tuple((key, plain_of(world, inner, depth + 1)) for key, inner in value.arguments.named.items())
        return Plain(Sort.SYMBOL, None, given, entries, f"{name_of(value.callee)}()", world.locate(value.place))
    if isinstance(value, Picked) and (key := text_of(value.key)) is not None:
        return Plain(Sort.SYMBOL, name=f"{name_of(value.of)}.{key}")
    if isinstance(value, Extern | Attribute | Picked | Given | Instance):
        return Plain(Sort.SYMBOL, name=name_of(value))
    return Plain(Sort.UNKNOWN)
