from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("starlette",)

HEAD = """from starlette.applications import Starlette
from starlette.authentication import AuthenticationBackend, requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route


class Nobody(AuthenticationBackend):
    async def authenticate(self, connection):
        return None


class Guard(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if "user" not in request.session:
            return JSONResponse({}, status_code=401)
        return await call_next(request)


async def h(request):
    return PlainTextResponse("ok")


"""
AUTHENTICATES = "middleware=[Middleware(AuthenticationMiddleware, backend=Nobody())]"


def tree(body: str, path: str = "/r") -> Tree:
    return Tree({"app.py": HEAD + body}, path)


def trees(framework: str) -> dict[str, Tree]:
    asking = '@requires("authenticated")\nasync def asks(request):\n    return PlainTextResponse("ok")\n\n\n'
    return {
        "auth-mw-returning-None": tree(f'app = Starlette(routes=[Route("/r", h)], {AUTHENTICATES})\n'),
        "requires": tree(f'{asking}app = Starlette(routes=[Route("/r", asks)], {AUTHENTICATES})\n'),
        "mount-middleware": tree(
            'app = Starlette(routes=[Mount("/s", routes=[Route("/r", h)], middleware=[Middleware(Guard)])])\n', "/s/r"
        ),
        "route-middleware": tree('app = Starlette(routes=[Route("/r", h, middleware=[Middleware(Guard)])])\n'),
    }
