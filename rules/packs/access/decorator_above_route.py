from __future__ import annotations

from rules.core.codebase import Codebase
from rules.core.rule import Bad, Good
from rules.facts.endpoints.model import Endpoint, Trap
from rules.packs.access.causes import OpenEndpoint, spoken

_APP = """from functools import wraps

from flask import Flask, abort, session

app = Flask(__name__)


def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if "user" not in session:
            abort(401)
        return view(*args, **kwargs)

    return inner


"""
_WRONG = '@signed_in\n@app.route("/orders")\ndef orders():\n    return []\n'
_RIGHT = '@app.route("/orders")\n@signed_in\ndef orders():\n    return []\n'


class DecoratorAboveRoute(OpenEndpoint):
    """A guard stands above the decorator that declares the route, so it never runs.

    Decorators are applied from the function upwards. `@app.route`, `@router.get` and their like hand the
    function that they are given to the framework, and what stands above them wraps a function that nobody
    serves any more (seen by running Flask 3.1 and FastAPI 0.165). Put the guard between the route and `def`.
    """

    id = "access/decorator-above-route"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Trap.ABOVE_ROUTE
    examples = (
        Bad({"app.py": _APP + _WRONG}, line=19),
        Good({"app.py": _APP + _RIGHT}),
        Good({"app.py": _APP + _WRONG.replace("@signed_in\n", "")}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        return f"{spoken(endpoint.misses[0])} stands above the decorator that declares it and never runs"
