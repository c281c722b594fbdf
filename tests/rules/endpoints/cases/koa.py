from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("koa",)

HEAD = """const Koa = require("koa");
const Router = require("@koa/router");
const app = new Koa();
const router = new Router();
const h = (ctx) => { ctx.body = "ok"; };
const g = async (ctx, next) => {
  if (!ctx.state.user) { ctx.status = 401; return; }
  await next();
};
"""
NESTED = "const inner = new Router();\n"


def tree(body: str, path: str = "/r") -> Tree:
    return Tree(
        {"package.json": '{"dependencies": {"koa": "^3.3.0"}}', "server.js": HEAD + body + "app.listen(3000);\n"}, path
    )


def trees(framework: str) -> dict[str, Tree]:
    return {
        "app-use-before": tree('app.use(g);\nrouter.get("/r", h);\napp.use(router.routes());\n'),
        "app-use-after": tree('router.get("/r", h);\napp.use(router.routes());\napp.use(g);\n'),
        "router-use-before": tree('router.use(g);\nrouter.get("/r", h);\napp.use(router.routes());\n'),
        "router-use-after": tree('router.get("/r", h);\nrouter.use(g);\napp.use(router.routes());\n'),
        "router-use-path": tree('router.use("/a", g);\nrouter.get("/a/r", h);\napp.use(router.routes());\n', "/a/r"),
        "nested": tree(
            NESTED
            + 'inner.get("/r", h);\nrouter.use(g);\nrouter.use("/n", inner.routes());\napp.use(router.routes());\n',
            "/n/r",
        ),
        "nested-leak": tree(
            NESTED
            + 'inner.use(g);\nrouter.use("/n", inner.routes());\nrouter.get("/r", h);\napp.use(router.routes());\n'
        ),
    }
