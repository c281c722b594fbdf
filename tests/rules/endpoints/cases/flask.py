from __future__ import annotations

from tests.rules.endpoints.trees import Tree

FRAMEWORKS = ("flask",)

HEAD = """from functools import wraps
from flask import Blueprint, Flask, abort, session
from flask.views import MethodView
from flask_restx import Api, Resource

app = Flask(__name__)


def g():
    if "user" not in session:
        abort(401)


def guarded(view):
    @wraps(view)
    def inner(*args, **kwargs):
        g()
        return view(*args, **kwargs)
    return inner


"""
BLUEPRINT = 'bp = Blueprint("bp", __name__)\n\n\n'
HOOKED = BLUEPRINT + "@bp.before_request\ndef before():\n    g()\n\n\n"
VIEW = "def v():\n    return 'ok'\n\n\n"
BASE = "class B(MethodView):\n    decorators = [guarded]\n\n    def get(self):\n        return 'ok'\n\n\n"
RESOURCE = "    def get(self):\n        return {}\n"


def tree(body: str, path: str = "/r") -> Tree:
    return Tree({"app.py": HEAD + body}, path)


def trees(framework: str) -> dict[str, Tree]:
    rule = 'app.add_url_rule("/r", view_func={}.as_view("r"))\n'
    return {
        "decorator-above-route": tree(f'@guarded\n@app.route("/r")\n{VIEW}'),
        "decorator-below-route": tree(f'@app.route("/r")\n@guarded\n{VIEW}'),
        "bp-before_request": tree(f'{HOOKED}@bp.route("/r")\n{VIEW}app.register_blueprint(bp)\n'),
        "bp-before_request-other": tree(f'{HOOKED}@app.route("/r")\n{VIEW}app.register_blueprint(bp)\n'),
        "parent-bp-before_request": tree(
            f'{HOOKED}inner = Blueprint("inner", __name__)\n\n\n@inner.route("/r")\n{VIEW}'
            "bp.register_blueprint(inner)\napp.register_blueprint(bp)\n"
        ),
        "before_app_request": tree(
            f'{BLUEPRINT}@bp.before_app_request\ndef before():\n    g()\n\n\n@app.route("/r")\n{VIEW}'
            "app.register_blueprint(bp)\n"
        ),
        "app-before_request-static": tree("@app.before_request\ndef before():\n    g()\n", "/static/<path:filename>"),
        "methodview-decorators": tree(BASE + rule.format("B")),
        "methodview-decorators-override": tree(BASE + "class C(B):\n    decorators = []\n\n\n" + rule.format("C")),
        "restx-method_decorators": tree(
            f'api = Api(app)\n\n\n@api.route("/r")\nclass R(Resource):\n    method_decorators = [guarded]\n\n{RESOURCE}'
        ),
        "restx-api-decorators": tree(
            f'api = Api(app, decorators=[guarded])\n\n\n@api.route("/r")\nclass R(Resource):\n{RESOURCE}'
        ),
    }
