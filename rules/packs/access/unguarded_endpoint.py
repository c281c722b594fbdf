from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Fix, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Location, locate_line
from rules.facts.access_matrix import PATH, declared_public
from rules.facts.endpoints import BY_ADDRESS, ENDPOINTS
from rules.facts.endpoints.model import Endpoint, Guard, Verdict
from rules.facts.endpoints.surface import surface_change

_API = """from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request

app = FastAPI()
router = APIRouter()


def current_user(request: Request):
    if not request.session.get("user"):
        raise HTTPException(401)


@router.get("/orders", dependencies=[Depends(current_user)])
def orders():
    return []


@router.delete("/orders/{order}")
def delete(order: int):
    return order


app.include_router(router)
"""
_ROUTES = """const express = require("express");
const app = express();
const requireUser = (req, res, next) => (req.user ? next() : res.sendStatus(401));
app.get("/orders", requireUser, (req, res) => res.json([]));
app.delete("/orders/:id", (req, res) => res.json({}));
"""
_ROW = "endpoints:\n  DELETE /orders/:id: {access: public, reason: behind the gateway}\n"
_ORDERS = """const router = require("express").Router();
router.get("/", (req, res) => res.json([]));
module.exports = router;
"""
_NEXT = {"package.json": '{"dependencies": {"next": "16.2.6"}}'}
_FILE = "app/api/orders/route.ts"
_HANDLERS = """import { auth } from "@clerk/nextjs/server";

export async function GET() {
  await auth.protect();
  return Response.json([]);
}

export async function POST(request: Request) {
  const order = await request.json();
  return Response.json(order);
}
"""
_GUARDED = """const app = require("express")();
const g = (req, res, next) => (req.user ? next() : res.sendStatus(401));
"""


class UnguardedEndpoint(Rule[Endpoint]):
    """Anybody can call this endpoint.

    Nothing on the way to the handler turns a caller without an identity away: no dependency, decorator,
    middleware, router or application, and not the handler itself. What counts is what the code does. It is
    followed through imports and calls as if such a caller had sent the request, with no credential or with
    one that was made up; names prove nothing. Rate limits, CSRF tokens, validators, feature flags and
    captchas let strangers in, so they are no guards.

    Guard the endpoint, or its router. Health checks, sign-in and account recovery, static files and
    descriptions of the interface are left alone. Where something could not be followed the finding is a
    warning and says what: it never blocks.

    A row of `.github/prodgate-access.yml` that calls the endpoint public and says why silences this, once it
    stands in the base branch: a change cannot excuse itself.

    A change that takes the guard from a router opens endpoints in files that it does not touch. Then the
    finding stands where the guard was, and names the endpoint as a related place.
    """

    id = "access/unguarded-endpoint"
    reference = "ACC-01"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = ENDPOINTS
    examples = (
        Bad(
            {"main.py": _API},
            line=17,
            fixed={
                "main.py": _API.replace(
                    'delete("/orders/{order}")', 'delete("/orders/{order}", dependencies=[Depends(current_user)])'
                )
            },
        ),
        Bad(
            {"app.js": _ROUTES},
            line=5,
            fixed={"app.js": _ROUTES.replace('"/orders/:id", (req', '"/orders/:id", requireUser, (req')},
        ),
        Bad(
            {"app.js": _GUARDED + 'app.use("/orders", require("./orders"));\n', "orders.js": _ORDERS},
            base={"app.js": _GUARDED + 'app.use("/orders", g, require("./orders"));\n', "orders.js": _ORDERS},
            line=3,
        ),
        Bad(
            {**_NEXT, _FILE: _HANDLERS},
            line=8,
            fixed={_FILE: _HANDLERS.replace("  const order", "  await auth.protect();\n  const order")},
        ),
        Bad({"app.js": _ROUTES.replace("(req, res, next) =>", 'require("@acme/auth").requireUser; //')}, findings=2),
        Good({"main.py": _API.replace("router(router", "router(router, dependencies=[Depends(current_user)]")}),
        Good({"app.js": _GUARDED + 'app.use("/orders", g, require("./orders"));\n', "orders.js": _ORDERS}),
        Bad({"app.js": _ROUTES, PATH: _ROW}, base={"app.js": _ROUTES}, line=5),
        Good({"app.js": _ROUTES, PATH: _ROW}, base={"app.js": _ROUTES, PATH: _ROW}),
        Good({"app.js": _GUARDED + 'app.post("/login", (req, res) => res.json({}));\n'}),
    )

    def check(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        name = subject.address
        if subject.verdict is Verdict.GUARDED or subject.public_reason:
            return
        if declared_public(code, subject) and declared_public(code.base or code, subject):
            return
        key = (name,)
        if subject.verdict is Verdict.UNKNOWN:
            message = f"Whether anybody can call {name} could not be told: {subject.reason}."
            yield self.finding(key, message, subject.declared, severity=Severity.WARNING, confidence=subject.confidence)
            return
        lost = _lost(subject, code)
        if lost is None:
            yield self.finding(key, f"Anybody can call {name}.", subject.declared, fix=_fix(subject))
            return
        guard, where = lost
        message = f"Anybody can call {name} now: {guard.name} no longer stands before it."
        related = (Related(subject.declared, "this endpoint is open now"),)
        yield self.finding(key, message, where, fix=_fix(subject), related=related)

    def remark(self, subjects: Sequence[Endpoint], code: Codebase) -> str:
        return str(surface_change(code)) if code.base is not None else ""


def _fix(endpoint: Endpoint) -> Fix | None:
    protection = endpoint.protection
    return Fix(f"Guard it with {protection.guard}, like its siblings", protection.edits) if protection else None


def _lost(endpoint: Endpoint, code: Codebase) -> tuple[Guard, Location] | None:
    """The guard that stood before an endpoint at the base, and where it was, if that is in another file."""
    if code.base is None:
        return None
    before = code.base.get(BY_ADDRESS).get((endpoint.method, endpoint.path), ())
    guards = [guard for e in before if e.verdict is Verdict.GUARDED for guard in e.guards if guard.holds]
    for guard in guards:
        path = guard.where.path
        if path != endpoint.declared.path and _changed(code, path):
            mounts = [place for place in endpoint.mount.places if place.path == path]
            content = code.text(path) or b""
            return guard, mounts[-1] if mounts else locate_line(path, content, guard.where.line)
    return None


def _changed(code: Codebase, path: str) -> bool:
    """Whether a file that is still there differs from the base."""
    before = code.base.files.get(path) if code.base is not None else None
    return path in code.files and before is not None and before.blob != code.files[path].blob
