"""Hono, Koa and Fastify beyond the executed facts: files that load each other, combinations, and fixes."""

from __future__ import annotations

import pytest

from rules.catalog import all_rules
from rules.core.evaluate import evaluate
from rules.core.repair import plan
from tests.migration_guards.repository import codebase
from tests.rules.endpoints.trees import inventory, table

HONO = {
    "package.json": '{"dependencies": {"hono": "^4"}}',
    "src/guard.ts": 'import { createMiddleware } from "hono/factory";\n'
    "export const user = createMiddleware(async (c, next) => {\n"
    '  if (!c.get("session")) return c.json({ error: "no" }, 401);\n  await next();\n});\n',
    "src/orders.ts": 'import { Hono } from "hono";\nimport { user } from "./guard";\n'
    "export const orders = new Hono()\n  .use(user)\n"
    '  .get("/", (c) => c.json([]))\n  .post("/", (c) => c.json({}, 201));\n',
    "src/described.ts": 'import { OpenAPIHono, createRoute } from "@hono/zod-openapi";\n'
    'import { user } from "./guard";\n'
    "export const described = new OpenAPIHono();\n"
    'const open = createRoute({ method: "get", path: "/open/{id}", responses: {} });\n'
    'const mine = createRoute({ method: "put", path: "/mine", middleware: [user] as const, responses: {} });\n'
    "described.openapi(open, (c) => c.json({}));\ndescribed.openapi(mine, (c) => c.json({}));\n",
    "src/index.ts": 'import { Hono } from "hono";\nimport { bearerAuth } from "hono/bearer-auth";\n'
    'import { every, some } from "hono/combine";\nimport { serveStatic } from "hono/bun";\n'
    'import { orders } from "./orders";\nimport { described } from "./described";\nimport { user } from "./guard";\n'
    'const app = new Hono().basePath(process.env.BASE || "/");\n'
    'app.use("/static/*", serveStatic({ root: "./" }));\n'
    'app.use("/machine/*", bearerAuth({ token: process.env.TOKEN! }));\n'
    'app.use("/both/*", every(user, bearerAuth({ token: process.env.TOKEN! })));\n'
    'app.use("/either/*", some(user, bearerAuth({ token: process.env.TOKEN! })));\n'
    'for (const name of ["machine", "both", "either", "none"]) {\n  app.get(`/${name}/x`, (c) => c.text("x"));\n}\n'
    'app.route("/orders", orders);\napp.route("/d", described);\nexport default app;\n',
    "src/lost.ts": 'import { Hono } from "hono";\nexport const lost = new Hono().get("/lost", (c) => c.text("x"));\n',
}

KOA = {
    "package.json": '{"dependencies": {"koa": "^3"}}',
    "auth.js": "module.exports = (options = {}) => async (ctx, next) => {\n"
    "  if (!ctx.state.user && !options.optional) ctx.throw(401);\n  await next();\n};\n",
    "api.js": 'const Koa = require("koa");\nconst Router = require("@koa/router");\nconst auth = require("./auth");\n'
    'const compose = require("koa-compose");\nconst api = new Koa();\nconst router = new Router({ prefix: "/v1" });\n'
    "const log = async (ctx, next) => { await next(); };\n"
    'router.post("named", "orders.list", auth(), async (ctx) => { ctx.body = []; });\n'
    'router.del("orders", compose([log, auth()]), async (ctx) => { ctx.body = {}; });\n'
    'router.get("shared", auth({ optional: true }), async (ctx) => { ctx.body = {}; });\n'
    'router.get("profile", async (ctx) => { ctx.assert(ctx.state.user, 401); ctx.body = {}; });\n'
    'router.get("page", async (ctx) => { if (!ctx.state.user) return ctx.redirect("/login"); ctx.body = "x"; });\n'
    "api.use(router.routes());\nmodule.exports = api;\n",
    "server.js": 'const Koa = require("koa");\nconst mount = require("koa-mount");\nconst app = new Koa();\n'
    'app.use(mount("/api", require("./api")));\napp.listen(3000);\n',
}

FASTIFY = {
    "package.json": '{"dependencies": {"fastify": "^5"}}',
    "src/app.ts": 'import path from "node:path";\nimport autoload from "@fastify/autoload";\n'
    'import Fastify from "fastify";\n'
    'import auth from "./auth.js";\nconst app = Fastify();\napp.register(auth);\n'
    'app.register(import("@fastify/rate-limit"), { max: 9 });\n'
    'app.register(autoload, { dir: path.join(import.meta.dirname, "routes"), autoHooks: true, cascadeHooks: true,\n'
    '  options: { prefix: "/api" } });\napp.listen({ port: 3000 });\n',
    "src/auth.ts": 'import fp from "fastify-plugin";\nexport default fp(async (fastify) => {\n'
    '  fastify.decorate("authenticate", async (request, reply) => {\n'
    "    try { await request.jwtVerify(); } catch (error) { reply.send(error); }\n  });\n"
    '  fastify.decorate("anybody", async () => {});\n});\n',
    "src/routes/home.ts": 'export default async (fastify) => {\n  fastify.get("/", async () => "home");\n'
    '  fastify.get("/me", { onRequest: [fastify.authenticate] }, async () => "me");\n'
    '  fastify.get("/either", { preHandler: fastify.auth([fastify.authenticate, fastify.anybody]) }, async () => 1);\n'
    '  fastify.route({ method: ["PUT", "PATCH"], url: "/both", preHandler: fastify.authenticate,\n'
    "    handler: async () => 1 });\n"
    "};\n",
    "src/routes/users/autohooks.ts": "export default async (fastify) => {\n"
    '  fastify.addHook("onRequest", async (request, reply) => {\n'
    '    if (request.url.startsWith("/api/users/login")) return;\n'
    "    if (!request.session.user) reply.unauthorized();\n  });\n};\n",
    "src/routes/users/index.ts": 'export default async (fastify) => {\n  fastify.get("/", async () => []);\n'
    '  fastify.post("/login", { config: { rateLimit: false } }, async () => 1);\n};\n',
    "src/routes/users/_id/index.ts": 'export default async (fastify) => {\n  fastify.delete("/", async () => 1);\n};\n',
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            HONO,
            {
                "GET /static/*": "unguarded", "GET /machine/x": "guarded", "GET /both/x": "guarded",
                "GET /either/x": "guarded", "GET /none/x": "unguarded", "GET /orders": "guarded",
                "POST /orders": "guarded", "GET /d/open/{id}": "unguarded", "PUT /d/mine": "guarded",
                "GET /lost": "unknown",
            },
            id="hono",
        ),
        pytest.param(
            KOA,
            {
                "POST /api/v1/orders.list": "guarded", "DELETE /api/v1/orders": "guarded",
                "GET /api/v1/shared": "unguarded", "GET /api/v1/profile": "guarded", "GET /api/v1/page": "guarded",
            },
            id="koa",
        ),
        pytest.param(
            FASTIFY,
            {
                "GET /api": "unguarded", "GET /api/me": "guarded", "GET /api/either": "unguarded",
                "PUT /api/both": "guarded", "PATCH /api/both": "guarded", "GET /api/users": "guarded",
                "POST /api/users/login": "unguarded", "DELETE /api/users/:id": "guarded",
            },
            id="fastify",
        ),
    ],
)  # fmt: skip
def test_whole_applications(files: dict[str, str], expected: dict[str, str]) -> None:
    assert table(files) == expected


def test_a_call_in_a_chain_stands_on_its_own_line() -> None:
    lines = {(e.method, e.path): e.declared.line for e in inventory(HONO)}
    assert lines["GET", "/orders"] == 5
    assert lines["POST", "/orders"] == 6


def test_limits_of_fastify_are_inherited_and_switched_off() -> None:
    limits = {e.path: e.rate_limits for e in inventory(FASTIFY)}
    assert limits["/api/me"] == ("@fastify/rate-limit",)
    assert limits["/api/users/login"] == ()


def test_a_hook_of_a_folder_says_so() -> None:
    origins = {e.path: [str(guard.origin) for guard in e.guards if guard.holds] for e in inventory(FASTIFY)}
    assert origins["/api/users"] == origins["/api/users/:id"] == ["directory-hook"]


GUARD = {
    "hono": 'import { Hono } from "hono";\nconst app = new Hono();\n'
    'const g = async (c, next) => { if (!c.get("user")) return c.text("no", 401); await next(); };\n'
    'app.get("/a", g, (c) => c.text("a"));\napp.get("/b", g, (c) => c.text("b"));\n'
    'app.post("/c", (c) => c.text("c"));\nexport default app;\n',
    "koa": 'const Koa = require("koa");\nconst Router = require("@koa/router");\nconst app = new Koa();\n'
    "const router = new Router();\n"
    "const g = async (ctx, next) => { if (!ctx.state.user) ctx.throw(401); await next(); };\n"
    'router.get("/a", g, (ctx) => { ctx.body = 1; });\nrouter.get("/b", g, (ctx) => { ctx.body = 1; });\n'
    'router.post("/c", (ctx) => { ctx.body = 1; });\napp.use(router.routes());\n',
    "fastify": 'const fastify = require("fastify");\nconst f = fastify();\n'
    "const g = async (request, reply) => { if (!request.user) return reply.code(401).send(); };\n"
    'f.get("/a", { preHandler: g }, async () => 1);\nf.get("/b", { preHandler: g }, async () => 1);\n'
    'f.post("/c", async () => 1);\n',
}
FIXED = {
    "hono": 'app.post("/c", g, (c) => c.text("c"));',
    "koa": 'router.post("/c", g, (ctx) => { ctx.body = 1; });',
    "fastify": 'f.post("/c", { preHandler: g }, async () => 1);',
}


@pytest.mark.parametrize("framework", GUARD)
def test_a_new_endpoint_is_guarded_like_its_siblings(framework: str) -> None:
    code = codebase({"server.js": GUARD[framework]})
    findings = evaluate(code, [all_rules()["access/unguarded-endpoint"]]).findings
    assert [finding.key for finding in findings] == [("POST /c",)]
    patch = plan(code, list(all_rules().values()), findings)
    assert FIXED[framework] in patch.files["server.js"].decode()
