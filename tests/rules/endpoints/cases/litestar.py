from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("litestar",)

HEAD = """from litestar import Controller, Litestar, Router, get
from litestar.exceptions import NotAuthorizedException


def g(connection, handler):
    if not connection.user:
        raise NotAuthorizedException()


"""


def tree(body: str) -> Tree:
    return Tree({"app.py": HEAD + body}, "/r")


def handler(options: str = "") -> str:
    return f'@get("/r"{options})\nasync def h() -> str:\n    return "ok"\n\n\n'


def trees(framework: str) -> dict[str, Tree]:
    return {
        "handler": tree(handler(", guards=[g]") + "app = Litestar([h])\n"),
        "controller": tree(
            'class C(Controller):\n    path = "/r"\n    guards = [g]\n\n    @get()\n    async def h(self) -> str:\n'
            '        return "ok"\n\n\napp = Litestar([C])\n'
        ),
        "router": tree(handler() + 'app = Litestar([Router(path="/", route_handlers=[h], guards=[g])])\n'),
        "app": tree(handler() + "app = Litestar([h], guards=[g])\n"),
        "empty-guards-list": tree(handler(", guards=[]") + "app = Litestar([h], guards=[g])\n"),
    }
