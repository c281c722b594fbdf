from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("hono",)

HEAD = """import { Hono } from "hono";
import { except, some } from "hono/combine";
import { verify } from "hono/jwt";

const app = new Hono();
const h = (c) => c.text("ok");
const g = async (c, next) => {
  const token = c.req.header("Authorization");
  if (!token) return c.json({ error: "no" }, 401);
  await verify(token, c.env.SECRET);
  await next();
};
"""
SUB = "const sub = new Hono();\n"
TAIL = "export default app;\n"


def tree(body: str, path: str = "/r", method: str = "GET") -> Tree:
    return Tree(
        {"package.json": '{"dependencies": {"hono": "^4.13.19"}}', "src/index.ts": HEAD + body + TAIL}, path, method
    )


def trees(framework: str) -> dict[str, Tree]:
    return {
        "use-before": tree('app.use(g);\napp.get("/r", h);\n'),
        "use-after": tree('app.get("/r", h);\napp.use(g);\n'),
        "star-base": tree('app.use("/admin/*", g);\napp.get("/admin", h);\n', "/admin"),
        "exact": tree('app.use("/admin", g);\napp.get("/admin/x", h);\n', "/admin/x"),
        "case": tree('app.use("/admin/*", g);\napp.get("/ADMIN/r", h);\n', "/ADMIN/r"),
        "sub-route": tree(SUB + 'sub.get("/r", h);\napp.use("/s/*", g);\napp.route("/s", sub);\n', "/s/r"),
        "sub-use": tree(SUB + 'sub.use(g);\napp.route("/s", sub);\napp.get("/r", h);\n'),
        "sub-use-root": tree(SUB + 'sub.use(g);\napp.route("/", sub);\napp.get("/r", h);\n'),
        "late-sub-route": tree(SUB + 'app.use(g);\napp.route("/s", sub);\nsub.get("/r", h);\n'),
        "on": tree('app.on(["GET", "POST"], "/r", g, h);\n'),
        "inline": tree('app.get("/r", g, h);\n'),
        "basePath": tree('const api = app.basePath("/api");\napi.use(g);\napi.get("/r", h);\n', "/api/r"),
        "except": tree('app.use(except("/r", g));\napp.get("/r", h);\n'),
        "some": tree('app.use(some(g, (c, next) => next()));\napp.get("/r", h);\n'),
    }
