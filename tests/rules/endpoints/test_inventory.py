"""The inventory of whole applications: guards in other files, mounts, order, limits; and input that resists."""

from __future__ import annotations

import pytest
from tree_sitter import Node

from rules.core.codebase import Codebase
from rules.core.source import MemorySnapshot
from rules.facts.endpoints import ENDPOINTS, SURVEY
from rules.facts.endpoints.caller import inspector
from rules.syntax import lowering
from rules.syntax.trees import parse
from tests.rules.endpoints.trees import inventory, table

PYTHON_APP = {
    "shop/__init__.py": "",
    "shop/config.py": "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"
    '    PREFIX: str = "/api"\n    ENV: str = "prod"\n\n\nsettings = Settings()\n',
    "shop/deps.py": """
from typing import Annotated
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
import jwt

scheme = OAuth2PasswordBearer(tokenUrl="login")
Token = Annotated[str, Depends(scheme)]


def current_user(token: Token):
    try:
        return jwt.decode(token, "k", algorithms=["HS256"])
    except (jwt.InvalidTokenError, ValueError):
        raise HTTPException(status_code=401)


def optional_user(token: Annotated[str | None, Depends(OAuth2PasswordBearer(tokenUrl="login", auto_error=False))]):
    return current_user(token) if token else None


User = Annotated[dict, Depends(current_user)]


class AdminOnly:
    def __call__(self, user: User):
        if not user["admin"]:
            raise HTTPException(403)
""",
    "shop/orders.py": """
from fastapi import APIRouter, Depends
from .deps import AdminOnly, User, optional_user

router = APIRouter(prefix="/orders")


@router.get("")
def listed():
    return []


@router.get("/{order}", dependencies=[Depends(optional_user)])
def one(order: int):
    return order


@router.delete("/{order}", dependencies=[Depends(AdminOnly())])
def gone(order: int):
    return order


@router.api_route("/mine", methods=["GET", "POST"])
def mine(user: User):
    return user
""",
    "shop/main.py": """
from fastapi import Depends, FastAPI
from shop import orders
from shop.config import settings
from shop.deps import current_user


def create_app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(orders.router, prefix=settings.PREFIX)
    app.include_router(orders.router, prefix="/internal", dependencies=[Depends(current_user)])
    if settings.ENV == "dev":
        app.include_router(orders.router, prefix="/dev")
    return app
""",
}


def test_a_python_application_gives_exactly_its_table() -> None:
    found = table(PYTHON_APP)
    assert {name: verdict for name, verdict in found.items() if " /api" in name} == {
        "GET /api/orders": "unguarded",
        "GET /api/orders/{order}": "unguarded",
        "DELETE /api/orders/{order}": "guarded",
        "GET /api/orders/mine": "guarded",
        "POST /api/orders/mine": "guarded",
    }
    assert {verdict for name, verdict in found.items() if " /internal" in name} == {"guarded"}
    assert len(found) == 15


def test_a_mount_names_what_leads_to_it_and_its_conditions() -> None:
    dev = next(e for e in inventory(PYTHON_APP) if e.path == "/dev/orders")
    assert [(place.path, place.line) for place in dev.mount.places] == [("shop/main.py", 13)]
    assert [place.line for place in dev.mount.conditions] == [12]
    internal = next(e for e in inventory(PYTHON_APP) if e.path == "/internal/orders")
    assert [(g.name, g.kind, g.origin, g.where.line) for g in internal.guards] == [
        ("current_user", "authn", "parent-router", 11)
    ]


TYPESCRIPT_APP = {
    "package.json": '{ "dependencies": { "express": "^5.0.0" } }',
    "tsconfig.json": '{ "compilerOptions": { "baseUrl": ".", "paths": { "~/*": ["./src/*"] } } }',
    "src/auth/index.ts": 'export * from "./session";\n',
    "src/auth/session.ts": """
import type { NextFunction, Request, Response } from "express";

const currentUser = (req: Request) => req.session?.user;

export function requireRole(role: string) {
  return (req: Request, res: Response, next: NextFunction) => {
    const user = currentUser(req);
    if (user?.role !== role) throw new HttpError(403, "Forbidden");
    next();
  };
}
export const requireUser = (req: Request, res: Response, next: NextFunction) => {
  if (!currentUser(req)) return res.status(401).json({ error: "no" });
  return next();
};
""",
    "src/routes/users.ts": """
import { Router } from "express";
import rateLimit from "express-rate-limit";
import { requireRole } from "~/auth";

const router = Router();
const limiter = rateLimit({ max: 5 });
router.get("/", (req, res) => res.json([]));
router.delete("/:id", requireRole("admin"), async (req, res) => { res.json({}); });
router.post("/reset", limiter, (req, res) => res.json({}));
for (const kind of ["a", "b"]) {
  router.get(`/kind/${kind}`, (req, res) => res.json({ kind }));
}
export default router;
""",
    "src/routes/index.ts": """
import type { Express } from "express";
import { requireUser } from "../auth";
import users from "./users";

export class Routes {
  constructor(private readonly app: Express) {}
  mount() {
    this.app.get("/health", (req, res) => res.send("ok"));
    this.app.use("/open", users);
    this.app.use(requireUser);
    this.app.use("/users", users);
  }
}
""",
    "src/server.ts": """
import express from "express";
import { Routes } from "./routes";

async function main() {
  const app = express();
  new Routes(app).mount();
  app.listen(process.env.PORT);
}
main();
""",
}


def test_a_typescript_application_gives_exactly_its_table() -> None:
    assert table(TYPESCRIPT_APP) == {
        "GET /health": "unguarded",
        "GET /open/": "unguarded",
        "DELETE /open/:id": "guarded",
        "POST /open/reset": "unguarded",
        "GET /open/kind/a": "unguarded",
        "GET /open/kind/b": "unguarded",
        "GET /users/": "guarded",
        "DELETE /users/:id": "guarded",
        "POST /users/reset": "guarded",
        "GET /users/kind/a": "guarded",
        "GET /users/kind/b": "guarded",
    }


def test_a_guard_is_told_with_what_it_asks_for_and_where_it_was_attached() -> None:
    found = {(e.method, e.path): e for e in inventory(TYPESCRIPT_APP)}
    (guard,) = found["DELETE", "/open/:id"].guards
    assert (guard.name, guard.kind, guard.origin, guard.chain) == (
        "requireRole", "role", "function", ("requireRole",)
    )  # fmt: skip
    assert found["POST", "/open/reset"].rate_limits == ("express-rate-limit()",)
    assert found["GET", "/health"].public_reason == "health check"
    assert [g.origin for g in found["GET", "/users/"].guards] == ["app"]


def test_error_nodes_do_not_hide_the_rest_of_a_file() -> None:
    head = "from fastapi import FastAPI\napp = FastAPI(openapi_url=None)\ndef (((:\n\n\n"
    assert table({"main.py": head + "@app.get('/r')\ndef h():\n    return 1\n"}) == {"GET /r": "unguarded"}


def test_a_file_that_cannot_be_understood_is_unread() -> None:
    code = Codebase(MemorySnapshot({"a.py": b"from fastapi import FastAPI\0", "b.js": b"require('express') // \xff"}))
    assert code.get(ENDPOINTS) == ()
    assert sorted(u.path for u in code.unread_by(ENDPOINTS)) == ["a.py", "b.js"]


EXPRESS = 'const express = require("express");\nconst app = express();\n'
GET = 'app.get("/r", (req, res) => res.send("x"));\n'


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": "from b import app\nfrom fastapi import FastAPI\n", "b.py": "from a import app\n"},
        {"a.js": 'export * from "./b";\nimport { app } from "./b"; app.get("/r", h)', "b.js": 'export * from "./a";'},
        {"a.js": EXPRESS + "app.use(app);\n" + GET},
        {"a.js": EXPRESS + "const f = (n) => f(n);\napp.use(f(1));\n" + GET},
        {"a.js": EXPRESS + "app.use(" + "(" * 20_000 + "g" + ")" * 20_000 + ");\n" + GET},
        {"a.js": EXPRESS + "x = " + "[" * 20_000 + "]" * 20_000 + ";\n" + GET},
        {"a.js": EXPRESS + "a = " + " + ".join(["b"] * 20_000) + ";\n" + GET},
        {"a.js": EXPRESS + "if (a) { " * 5_000 + "b()" + "}" * 5_000 + "\n" + GET},
        {"a.js": EXPRESS + "if (a) b(); else " * 5_000 + "b();\n" + GET},
        {"a.js": EXPRESS + "app" + '.use("/a", b)' * 3_000 + ";\n" + GET},
        {"a.py": "from fastapi import FastAPI\napp = FastAPI()\nx = " + "f(" * 5_000 + ")" * 5_000 + "\n"},
        {"a.py": "from fastapi import FastAPI\nimport " + ".".join("a" * 3_000) + "\n"},
        {f"m{n}.py": f"from m{n + 1} import app\nfrom fastapi import FastAPI\n" for n in range(400)},
    ],
    ids=lambda files: next(iter(files.values()))[-40:],
)  # fmt: skip
def test_what_resists_is_read_as_far_as_it_goes(files: dict[str, str]) -> None:
    code = Codebase(MemorySnapshot({path: text.encode() for path, text in files.items()}))
    found = {f"{e.method} {e.path}" for e in code.get(ENDPOINTS)}
    assert not any(unread.reason == "nested too deeply" for unread in code.unread_by(ENDPOINTS))
    assert found == ({"GET /r"} if any(GET in text for text in files.values()) else found - {"GET /r"})


def test_a_long_file_is_read_to_its_end() -> None:
    routes = "".join(f'app.get("/r{n}", (req, res) => res.send("x"));\n' for n in range(5_000))
    assert len(table({"a.js": EXPRESS + routes})) == 5_000


def test_a_computed_path_says_what_is_computed() -> None:
    text = EXPRESS + 'app.get(`/${process.env.BASE}/r`, (req, res) => res.send("x"));\n'
    assert table({"a.js": text}) == {"GET /${BASE}/r": "unguarded"}


def test_a_router_that_no_application_uses_is_unknown() -> None:
    text = 'const r = require("express").Router();\nr.get("/r", (req, res) => res.send("x"));\nmodule.exports = r;\n'
    (endpoint,) = inventory({"a.js": text})
    assert (endpoint.verdict, endpoint.reason) == ("unknown", "no application was found that serves it")


def test_a_middleware_under_a_condition_guards_nothing_for_sure() -> None:
    text = EXPRESS + "if (process.env.AUTH) app.use((req, res, next) => (req.user ? next() : res.sendStatus(401)));\n"
    (endpoint,) = inventory({"a.js": text + GET})
    assert (endpoint.verdict, endpoint.guards[0].strength) == ("unknown", "conditional")
    inside = text.replace("if (process.env.AUTH) ", "if (process.env.AUTH) { ") + GET + "}\n"
    assert table({"a.js": inside}) == {"GET /r": "guarded"}


def test_a_file_is_parsed_once_for_both_sides_and_for_every_trial_of_a_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[tuple[str, bytes]] = []

    def counted(path: str, content: bytes) -> Node:
        parsed.append((path, content))
        return parse(path, content)

    monkeypatch.setattr(lowering, "parse", counted)
    files = {path: text.encode() for path, text in PYTHON_APP.items()}
    base = Codebase(MemorySnapshot(files))
    head = Codebase(MemorySnapshot({**files, "shop/new.py": b"from fastapi import FastAPI\n"}), base)
    for code in (head, base, head.over({"shop/new.py": b"from fastapi import APIRouter\n"})):
        assert len(code.get(ENDPOINTS)) == 15
    assert len(parsed) == len(set(parsed)) >= 6


def test_the_same_program_has_the_same_endpoints_and_unread_files() -> None:
    files = {"a.js": (EXPRESS + GET).encode(), "b.js": b"require('express') // \xff"}
    base = Codebase(MemorySnapshot(files))
    head = Codebase(MemorySnapshot({**files, "README.md": b"x"}), base)
    assert head.get(SURVEY) is base.get(SURVEY)
    assert head.get(ENDPOINTS) == base.get(ENDPOINTS)
    assert [unread.path for unread in head.unread_by(ENDPOINTS)] == ["b.js"]


def test_what_there_are_no_steps_left_for_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "ALL_STEPS", 40)
    verdicts = list(table(PYTHON_APP).values())
    assert "unknown" in verdicts
    monkeypatch.undo()
    assert verdicts != list(table(PYTHON_APP).values())
