"""What counts as a rate limit or a validator before an endpoint, framework by framework, and what does not."""

from __future__ import annotations

import pytest

from tests.rules.endpoints.trees import inventory

EXPRESS = (
    'const express = require("express");\nconst { rateLimit } = require("express-rate-limit");\n'
    'const { celebrate } = require("celebrate");\nconst app = express();\n'
)
FASTAPI = (
    "from fastapi import Depends, FastAPI, Request\nfrom fastapi_limiter.depends import RateLimiter\n"
    "from slowapi import Limiter\nlimiter = Limiter(key_func=address)\napp = FastAPI()\napp.state.limiter = limiter\n"
)
FLASK = (
    "from flask import Flask\nfrom flask_limiter import Limiter\nfrom webargs.flaskparser import use_args\n"
    "app = Flask(__name__)\nlimiter = Limiter(app=app, key_func=address)\n"
)
KOA = (
    'const Koa = require("koa");\nconst Router = require("@koa/router");\nconst ratelimit = require("koa-ratelimit");\n'
    "const app = new Koa();\nconst router = new Router();\n"
)
HONO = (
    'import { Hono } from "hono";\nimport { rateLimiter } from "hono-rate-limiter";\n'
    'import { zValidator } from "@hono/zod-validator";\nimport { z } from "zod";\nconst app = new Hono();\n'
)
ROUTE = 'app.post("/a", (req, res) => res.json({}));\n'
ZOD = 'const { z } = require("zod");\nconst S = z.object({});\n'
HANDLED = 'app.post("/a", (req, res) => res.json({}));\n'
MIDDLEWARE = (
    "const validate = (schema) => (req, res, next) => { req.body = schema.parse(req.body); next(); };\n"
    'app.post("/a", validate(S), (req, res) => res.json({}));\n'
)
SLOWAPI = '@limiter.limit("5/minute")\n'
POST = '@app.post("/a")\n'
HANDLER = "async def a(request: Request):\n    return 1\n"


@pytest.mark.parametrize(
    ("files", "limited"),
    [
        pytest.param({"a.js": EXPRESS + 'app.post("/a", rateLimit({}), (req, res) => 1);\n'}, True, id="inline"),
        pytest.param({"a.js": EXPRESS + "app.use(rateLimit({}));\n" + ROUTE}, True, id="use before the route"),
        pytest.param({"a.js": EXPRESS + ROUTE + "app.use(rateLimit({}));\n"}, False, id="use after the route"),
        pytest.param({"a.js": EXPRESS + 'app.use("/b", rateLimit({}));\n' + ROUTE}, False, id="use on another path"),
        pytest.param({"a.js": EXPRESS + "const limiter = rateLimit({});\n" + ROUTE}, False, id="made, not mounted"),
        pytest.param({"a.py": FASTAPI + POST + SLOWAPI + HANDLER}, True, id="slowapi below the route"),
        pytest.param({"a.py": FASTAPI + SLOWAPI + POST + HANDLER}, False, id="slowapi above the route"),
        pytest.param(
            {"a.py": FASTAPI + '@app.post("/a", dependencies=[Depends(RateLimiter(times=2))])\n' + HANDLER},
            True,
            id="fastapi-limiter",
        ),
        pytest.param({"a.py": FLASK + POST + SLOWAPI + "def a():\n    return ''\n"}, True, id="flask-limiter"),
        pytest.param({"a.py": FLASK + POST + "def a():\n    return ''\n"}, False, id="flask-limiter without limits"),
        pytest.param(
            {"a.js": KOA + 'app.use(ratelimit({}));\nrouter.post("/a", (ctx) => {});\napp.use(router.routes());\n'},
            True,
            id="koa-ratelimit",
        ),
        pytest.param(
            {"a.ts": HONO + 'app.use(rateLimiter({}));\napp.post("/a", (c) => c.json({}));\nexport default app;\n'},
            True,
            id="hono-rate-limiter",
        ),
    ],
)
def test_what_limits(files: dict[str, str], limited: bool) -> None:
    (endpoint,) = (e for e in inventory(files) if e.path == "/a")
    assert bool(endpoint.rate_limits) is limited


@pytest.mark.parametrize(
    ("files", "validated"),
    [
        pytest.param({"a.js": EXPRESS + 'app.post("/a", celebrate({}), (req, res) => 1);\n'}, True, id="celebrate"),
        pytest.param({"a.js": EXPRESS + ROUTE}, False, id="nothing"),
        pytest.param({"a.js": EXPRESS + ZOD + HANDLED.format("S.parse(req.body)")}, True, id="zod parses the body"),
        pytest.param({"a.js": EXPRESS + ZOD + HANDLED.format("S.parse(load())")}, False, id="zod parses another value"),
        pytest.param({"a.js": EXPRESS + ZOD + HANDLED.format("S.safeParse(req.body)")}, False, id="result not tested"),
        pytest.param({"a.js": EXPRESS + ZOD + MIDDLEWARE}, True, id="a middleware of ours parses the body"),
        pytest.param({"a.py": FLASK + POST + "@use_args({})\ndef a(args):\n    return ''\n"}, True, id="webargs"),
        pytest.param(
            {
                "a.ts": HONO
                + 'app.post("/a", zValidator("json", z.object({})), (c) => c.json({}));\nexport default app;\n'
            },
            True,
            id="zValidator",
        ),
        pytest.param(
            {"a.js": 'const app = require("fastify")();\napp.post("/a", { schema: { body: {} } }, async () => 1);\n'},
            True,
            id="schema of Fastify",
        ),
    ],
)
def test_what_validates(files: dict[str, str], validated: bool) -> None:
    (endpoint,) = (e for e in inventory(files) if e.path == "/a")
    assert bool(endpoint.validators) is validated
