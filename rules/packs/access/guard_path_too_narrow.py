from __future__ import annotations

from rules.core.codebase import Codebase
from rules.core.rule import Bad, Good
from rules.facts.endpoints.model import Endpoint, Trap
from rules.packs.access.causes import OpenEndpoint, spoken

_APP = """import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";

const app = new Hono();
app.use("/admin", bearerAuth({ token: process.env.TOKEN! }));
app.get("/admin", (c) => c.json([]));
app.get("/admin/users", (c) => c.json([]));
export default app;
"""


class GuardPathTooNarrow(OpenEndpoint):
    """A guard's path looks as if it covered the route, and does not.

    In Hono `app.use("/admin", guard)` is for `/admin` alone; `/admin/*` covers `/admin` and all below it
    (seen by running Hono 4). In Express and Koa the same words cover everything below, by whole segments.
    Write the path that the framework takes for all below.
    """

    id = "access/guard-path-too-narrow"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Trap.OTHER_PATH
    examples = (
        Bad({"app.ts": _APP}, line=7),
        Good({"app.ts": _APP.replace('"/admin", b', '"/admin/*", b')}),
        Good({"app.ts": _APP.replace('app.get("/admin/users", (c) => c.json([]));\n', "")}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        return f"{spoken(endpoint.misses[0])} is mounted for a path that does not cover it"
