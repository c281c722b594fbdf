"""Which file an import means."""

from __future__ import annotations

import json

import pytest

from rules.syntax.javascript_modules import JavaScriptModules, loose_json
from rules.syntax.python_modules import find_python
from tests.rules.endpoints.trees import table

FILES: dict[str, str] = {
    "tsconfig.base.json": '{ "compilerOptions": { "paths": { "@lib/*": ["packages/lib/src/*"] } } }',
    "apps/web/tsconfig.json": """{
      // an alias, and one from the base
      "extends": "../../tsconfig.base.json",
    }""",
    "apps/api/tsconfig.json": '{ "extends": ["@acme/config/node.json"], "compilerOptions": { "baseUrl": "./src", }, }',
    "packages/config/package.json": '{ "name": "@acme/config" }',
    "packages/config/node.json": '{ "compilerOptions": { "paths": { "~/*": ["../../apps/api/src/*"] } } }',
    "packages/lib/package.json": json.dumps(
        {
            "name": "@acme/lib",
            "main": "dist/index.js",
            "exports": {
                ".": {"types": "./dist/index.d.ts", "import": "./dist/index.js"},
                "./server/*": {"import": "./dist/server/*.js"},
            },
        }
    ),
    "packages/lib/src/index.ts": "",
    "packages/lib/src/server/auth.ts": "",
    "packages/lib/src/text.ts": "",
    "packages/old/package.json": '{ "name": "old", "main": "lib/main.js" }',
    "packages/old/lib/main.js": "",
    "apps/api/package.json": '{ "name": "api", "imports": { "#db": "./src/db.ts" } }',
    "apps/api/src/db.ts": "",
    "apps/api/src/routes/index.ts": "",
    "apps/api/src/routes/users.controller.ts": "",
    "apps/api/src/page.tsx": "",
    "broken/tsconfig.json": "{ not json",
    "loop/tsconfig.json": '{ "extends": "./tsconfig.json" }',
}


@pytest.mark.parametrize(
    ("importer", "specifier", "expected"),
    [
        ("apps/api/src/main.ts", "./db", "apps/api/src/db.ts"),
        ("apps/api/src/main.ts", "./db.js", "apps/api/src/db.ts"),
        ("apps/api/src/main.ts", "./page.js", "apps/api/src/page.tsx"),
        ("apps/api/src/main.ts", "./routes", "apps/api/src/routes/index.ts"),
        ("apps/api/src/routes/index.ts", "./users.controller", "apps/api/src/routes/users.controller.ts"),
        ("apps/api/src/routes/index.ts", "..", None),
        ("apps/api/src/main.ts", "routes/users.controller", "apps/api/src/routes/users.controller.ts"),
        ("apps/api/src/main.ts", "~/db", "apps/api/src/db.ts"),
        ("apps/api/src/main.ts", "#db", "apps/api/src/db.ts"),
        ("apps/web/src/page.ts", "@lib/text", "packages/lib/src/text.ts"),
        ("apps/web/src/page.ts", "@acme/lib", "packages/lib/src/index.ts"),
        ("apps/web/src/page.ts", "@acme/lib/server/auth", "packages/lib/src/server/auth.ts"),
        ("apps/web/src/page.ts", "old", "packages/old/lib/main.js"),
        ("apps/web/src/page.ts", "express", None),
        ("apps/web/src/page.ts", "../../../../../etc/passwd", None),
        ("broken/a.ts", "@lib/text", None),
        ("loop/a.ts", "@lib/text", None),
    ],
)
def test_a_javascript_import_leads_to_its_file(importer: str, specifier: str, expected: str | None) -> None:
    modules = JavaScriptModules(FILES, lambda path: FILES[path].encode())
    assert modules.find(importer, specifier) == expected


def test_configuration_with_comments_and_trailing_commas_is_read() -> None:
    assert loose_json(b'\xef\xbb\xbf{ // a\n "a": [1, "b",], /* c */ "d": { "e": null, }, }') == {
        "a": [1, "b"],
        "d": {"e": None},
    }
    assert loose_json(b"[" * 50_000) == {}
    assert loose_json(b"\0") == {}


@pytest.mark.parametrize(
    ("importer", "dotted", "expected"),
    [
        ("backend/app/main.py", "app.api.deps", "backend/app/api/deps.py"),
        ("backend/app/main.py", ".api", "backend/app/api/__init__.py"),
        ("backend/app/api/deps.py", "..main", "backend/app/main.py"),
        ("backend/app/api/deps.py", "fastapi", None),
        ("backend/app/api/deps.py", "deps", None),
    ],
)
def test_a_python_import_leads_to_its_file(importer: str, dotted: str, expected: str | None) -> None:
    files = {"backend/app/main.py", "backend/app/api/__init__.py", "backend/app/api/deps.py"}
    assert find_python(files, importer, dotted) == expected


ARROW = "(req, res, next) => (req.user ? next() : res.sendStatus(401))"
GUARD = f"export const g = {ARROW};\n"
RENAMED = 'export { g as guard } from "../guard";'
MAIN = """
import express from "express";
const app = express();
app.get("/r", g, (req, res) => res.json(1));
"""


@pytest.mark.parametrize(
    ("files", "importing"),
    [
        ({"guard.ts": GUARD}, 'import { g } from "./guard";'),
        ({"guard.ts": GUARD}, 'import * as guards from "./guard";\nconst { g } = guards;'),
        ({"guard.ts": GUARD, "index.ts": 'export * from "./guard";'}, 'import { g } from ".";'),
        ({"guard.ts": GUARD, "b/index.ts": RENAMED}, 'import { guard as g } from "./b";'),
        (
            {"guard.ts": GUARD, "b.ts": 'export * as all from "./guard";'},
            'import { all } from "./b";\nconst g = all.g;',
        ),
        ({"guard.ts": GUARD.replace("const g =", "default")}, 'import g from "./guard";'),
        ({"guard.js": f"exports.g = {ARROW};"}, 'const { g } = require("./guard");'),
        ({"guard.js": f"module.exports = {ARROW};"}, 'import g from "./guard";'),
        ({"guard.js": f"module.exports = {{ g: {ARROW} }};"}, 'import { g } from "./guard";'),
        (
            {
                "guard.ts": GUARD,
                "a.ts": 'export * from "./b";',
                "b.ts": 'export * from "./a";\nexport * from "./guard";',
            },
            'import { g } from "./a";',
        ),
    ],
)
def test_a_guard_is_found_through_every_way_of_exporting(files: dict[str, str], importing: str) -> None:
    assert table({**files, "main.ts": importing + MAIN}) == {"GET /r": "guarded"}
