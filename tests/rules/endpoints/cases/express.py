from __future__ import annotations

import json

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("express4", "express5")
VERSIONS = {"express4": "^4.22.3", "express5": "^5.3.0"}

HEAD = """const express = require("express");
const app = express();
const h = (req, res) => res.send("ok");
function g(req, res, next) {
  if (!req.session.userId) return res.status(401).end();
  next();
}
"""
ROUTER = "const router = express.Router();\n"


def trees(framework: str) -> dict[str, Tree]:
    manifest = json.dumps({"dependencies": {"express": VERSIONS[framework]}})

    def tree(body: str, path: str = "/r", method: str = "GET") -> Tree:
        return Tree({"package.json": manifest, "server.js": HEAD + body + "app.listen(3000);\n"}, path, method)

    return {
        "use-before": tree('app.use(g);\napp.get("/r", h);\n'),
        "use-after": tree('app.get("/r", h);\napp.use(g);\n'),
        "prefix-segment": tree('app.use("/admin", g);\napp.get("/administrator", h);\n', "/administrator"),
        "case": tree('app.use("/admin", g);\napp.get("/ADMIN/r", h);\n', "/ADMIN/r"),
        "router-leak": tree(ROUTER + 'router.use(g);\napp.use("/", router);\napp.get("/r", h);\n'),
        "router-prefix": tree(ROUTER + 'router.use(g);\napp.use("/a", router);\napp.get("/r", h);\n'),
        "router-use-late": tree(ROUTER + 'router.get("/r", h);\nrouter.use(g);\napp.use(router);\n'),
        "router-late-route": tree(ROUTER + 'app.use(g, router);\nrouter.get("/r", h);\n'),
        "route-only-guard": tree('app.post("/r", g);\napp.post("/r", h);\n', "/r", "POST"),
        "route-only-guard-other-method": tree('app.post("/r", g);\napp.get("/r", h);\n'),
        "all": tree('app.all("/r", g);\napp.get("/r", h);\n'),
        "array-mw": tree('app.get("/r", [[g]], h);\n'),
        "route-chain": tree('app.route("/r").all(g).get(h);\n'),
        "param": tree(
            'app.param("id", (req, res, next, id) => { if (!req.user) return res.sendStatus(401); next(); });\n'
            'app.get("/r/:id", h);\n',
            "/r/:id",
        ),
        "async-throw": tree(
            'app.get("/r", async (req, res) => {\n'
            '  if (!req.user) throw Object.assign(new Error("no"), { status: 401 });\n  res.send("ok");\n});\n'
        ),
        "soft-mw": tree('app.use((req, res, next) => { req.user = req.session.user; next(); });\napp.get("/r", h);\n'),
        "static-before": tree('app.use("/r", express.static("public"));\napp.use(g);\n', "/r/*"),
        "sub-app": tree('const sub = express();\nsub.get("/r", h);\napp.use(g);\napp.use("/s", sub);\n', "/s/r"),
        "star": tree('app.use("/api/*", g);\napp.get("/api/r", h);\n', "/api/r"),
        "query-method": tree('app.query("/r", h);\n', "/r", "QUERY"),
    }
