from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("fastapi",)

HEAD = """from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Security, WebSocket
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.security import OAuth2PasswordBearer
from fastapi.staticfiles import StaticFiles
from functools import wraps
import jwt


def g(authorization: str | None = Header(None)):
    if authorization is None:
        raise HTTPException(status_code=401)
    return jwt.decode(authorization, "key", algorithms=["HS256"])


def deco(f):
    @wraps(f)
    async def inner(*args, **kwargs):
        raise HTTPException(401)
    return inner


"""
GUARDED_APP = "app = FastAPI(dependencies=[Depends(g)])\n"
OPEN_APP = "app = FastAPI()\n"
SCHEME_ONLY = 's = OAuth2PasswordBearer(tokenUrl="t")\n@app.get("/r")\ndef h(token=Depends(s)):\n    return 1\n'
SUB_APP = 'sub = FastAPI()\n@sub.get("/r")\ndef h(): ...\napp.mount("/s", sub)\n'
ROUTER = 'r = APIRouter()\n\n\n@r.get("/r")\ndef h():\n    return 1\n\n\n'


def tree(body: str, path: str = "/r", method: str = "GET", *, silent: bool = False) -> Tree:
    return Tree({"app/__init__.py": "", "app/main.py": HEAD + body}, path, method, silent)


def trees(framework: str) -> dict[str, Tree]:
    get = '@app.get("/r")\ndef h():\n    return 1\n'
    return {
        "app-deps": tree(GUARDED_APP + get),
        "mount-subapp": tree(GUARDED_APP + SUB_APP, "/s/r"),
        "add_route": tree(GUARDED_APP + 'def h(request): return PlainTextResponse("x")\napp.add_route("/r", h)\n'),
        "frontend": tree(GUARDED_APP + 'app.frontend("/", directory="dist")\n', "/{path:path}"),
        "staticfiles": tree(GUARDED_APP + 'app.mount("/static", StaticFiles(directory="x"))\n', "/static/{path:path}"),
        "docs": tree(GUARDED_APP, "/docs"),
        "websocket": tree(GUARDED_APP + '@app.websocket("/r")\nasync def h(ws: WebSocket): ...\n', "/r", "WEBSOCKET"),
        "late-route": tree(
            OPEN_APP + 'r = APIRouter()\napp.include_router(r, dependencies=[Depends(g)])\n@r.get("/r")\ndef h(): ...\n'
        ),
        "late-router-deps": tree(OPEN_APP + ROUTER + "app.include_router(r)\nr.dependencies.append(Depends(g))\n"),
        "included-twice": tree(
            OPEN_APP + ROUTER + 'app.include_router(r, prefix="/a", dependencies=[Depends(g)])\n'
            'app.include_router(r, prefix="/b")\n',
            "/b/r",
        ),
        "parent-router": tree(
            OPEN_APP + ROUTER + "p = APIRouter(dependencies=[Depends(g)])\np.include_router(r)\napp.include_router(p)\n"
        ),
        "callable-class": tree(
            OPEN_APP + "class P:\n    def __call__(self, who=Depends(g)):\n        return who\n\n\n"
            '@app.get("/r", dependencies=[Depends(P())])\ndef h(): ...\n'
        ),
        "auto_error-false": tree(
            OPEN_APP + 's = OAuth2PasswordBearer(tokenUrl="t", auto_error=False)\n'
            '@app.get("/r")\ndef h(token=Security(s)):\n    return 1\n'
        ),
        "scheme-only-anon": tree(OPEN_APP + SCHEME_ONLY, silent=True),
        "scheme-only-garbage": tree(OPEN_APP + SCHEME_ONLY),
        "http-middleware": tree(
            OPEN_APP + '@app.middleware("http")\nasync def guard(request: Request, call_next):\n'
            '    if request.url.path.startswith("/admin") and "user" not in request.session:\n'
            "        return JSONResponse({}, status_code=401)\n    return await call_next(request)\n\n\n"
            '@app.get("/admin/r")\ndef h():\n    return 1\n',
            "/admin/r",
        ),
        "decorator-above-route": tree(OPEN_APP + '@deco\n@app.get("/r")\ndef h():\n    return 1\n'),
        "decorator-below-route": tree(OPEN_APP + '@app.get("/r")\n@deco\ndef h():\n    return 1\n'),
    }
