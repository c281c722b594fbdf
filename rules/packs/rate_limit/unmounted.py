from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import LIBRARY_CALLS, TOGETHER
from rules.facts.endpoints.library_calls import LibraryCall
from rules.facts.endpoints.model import Endpoint
from rules.facts.sightings import source_of

MAKERS = {
    "express-rate-limit": "express", "express-rate-limit.rateLimit": "express", "koa-ratelimit": "koa",
    "hono-rate-limiter.rateLimiter": "hono",
}  # fmt: skip

_APP = """const express = require("express");
const { rateLimit } = require("express-rate-limit");
const app = express();
const limiter = rateLimit({ limit: 100 });
app.use(limiter);
app.get("/orders", (req, res) => res.json([]));
app.get("/users", (req, res) => res.json([]));
"""
_NEST = """import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ThrottlerModule } from "@nestjs/throttler";
@Controller("orders")
class Orders {
  @Get()
  all() { return []; }
}
@Module({ imports: [ThrottlerModule.forRoot([{ ttl: 60000, limit: 10 }])], controllers: [Orders] })
class AppModule {}
NestFactory.create(AppModule).then((app) => app.listen(3000));
"""
_NEST_GUARDED = (
    _NEST.replace("ThrottlerModule }", "ThrottlerGuard, ThrottlerModule }")
    .replace("@Controller", "@UseGuards(ThrottlerGuard)\n@Controller")
    .replace("Controller, Get", "Controller, UseGuards, Get")
)


class Unmounted(Rule[Sequence[Endpoint]]):
    """A rate limiter is made, and limits no route.

    `rateLimit()` makes a middleware that does nothing until it is mounted, and nothing for routes that were
    mounted before it. `ThrottlerModule` only counts where `ThrottlerGuard` asks it: as `APP_GUARD`, or with
    `@UseGuards`. The dependency is in the manifest, and callers may still ask as often as they like.
    """

    id = "rate-limit/unmounted"
    reference = "RL-01"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    looks_at = TOGETHER
    examples = (
        Bad({"app.js": _APP.replace("app.use(limiter);\n", "")}, line=4),
        Bad({"app.js": _APP.replace("app.use(limiter);\n", "") + "app.use(limiter);\n"}, line=4),
        Bad({"main.ts": _NEST}, line=9),
        Good({"app.js": _APP}),
        Good({"app.js": _APP.replace("app.use(limiter);\n", "").replace('"/users", ', '"/users", limiter, ')}),
        Good({"app.js": _APP.replace("app.use(limiter);\n", "").replace("= rateLimit(", "= () => rateLimit(")}),
        Good({"main.ts": _NEST_GUARDED}),
        Good({"main.ts": _NEST.replace("imports: [ThrottlerModule.forRoot([{ ttl: 60000, limit: 10 }])], ", "")}),
    )

    def check(self, subject: Sequence[Endpoint], code: Codebase) -> Iterable[Finding]:
        for call, framework in _made(code):
            reached = [e for e in subject if e.framework == framework and e.mount.found]
            if reached and not any(e.rate_limits for e in reached) and not any(e.doubt for e in reached):
                message = f"This limiter limits none of the {len(reached)} endpoints."
                related = tuple(Related(e.declared, e.address) for e in reached[:10])
                yield self.finding(("limiter",), message, call.where, related=related, file_local=True)
                return


def _made(code: Codebase) -> Iterator[tuple[LibraryCall, str]]:
    for call in code.get(LIBRARY_CALLS):
        framework = MAKERS.get(call.name) or ("nestjs" if "ThrottlerModule.forRoot" in call.name else "")
        if framework and not _is_within_function(call, code):
            yield call, framework


def _is_within_function(call: LibraryCall, code: Codebase) -> bool:
    """Whether a limiter is made while the application runs, where nobody sees what becomes of it."""
    source, at = source_of(code, call.where.path), call.where.span
    return source is not None and any(f.at.start <= at.start and at.end <= f.at.end for f in source.functions)
