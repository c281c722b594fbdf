from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("fastify",)

HEAD = """const fastify = require("fastify");
const fp = require("fastify-plugin");
const f = fastify();
const h = async (request, reply) => ({ ok: true });
const g = async (request, reply) => {
  if (!request.session.user) return reply.code(401).send();
};
"""
ROUTE = 'f.get("/r", h);\n'
CHILD = 'f.register(async (child) => { child.get("/r", h); });\n'
SCHEMA = '{ schema: { body: { type: "object", required: ["a"] } } }'


def tree(body: str, path: str = "/r", method: str = "GET") -> Tree:
    manifest = '{"dependencies": {"fastify": "^5.12.8"}}'
    return Tree({"package.json": manifest, "server.js": HEAD + body + "f.listen({ port: 3000 });\n"}, path, method)


def trees(framework: str) -> dict[str, Tree]:
    return {
        "hook-after-route": tree(ROUTE + 'f.addHook("onRequest", g);\n'),
        "hook-before": tree('f.addHook("onRequest", g);\n' + ROUTE),
        "hook-sibling": tree('f.register(async (one) => { one.addHook("onRequest", g); });\n' + CHILD),
        "hook-fp": tree('f.register(fp(async (one) => { one.addHook("onRequest", g); }));\n' + ROUTE),
        "hook-parent": tree('f.addHook("onRequest", g);\n' + CHILD),
        "hook-parent-late": tree(CHILD + 'f.addHook("onRequest", g);\n'),
        "preHandler-option": tree('f.get("/r", { preHandler: g }, h);\n'),
        "onRequest-array": tree('f.get("/r", { onRequest: [g] }, h);\n'),
        "onRoute": tree('f.addHook("onRoute", (options) => { options.preHandler = [g]; });\n' + ROUTE),
        "preValidation-schema": tree(f'f.post("/r", {SCHEMA}, h);\n', "/r", "POST"),
        "decorateRequest": tree('f.decorateRequest("user", null);\nf.get("/r", async (request) => request.user);\n'),
        "404-hook": tree('f.addHook("onRequest", g);\nf.setNotFoundHandler(h);\n', "/*", "ANY"),
    }
