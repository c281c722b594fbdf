"""Which functions that nothing calls are followed: those that may declare an endpoint, and no others."""

from __future__ import annotations

import pytest

from rules.core.codebase import Codebase
from rules.core.source import MemorySnapshot
from rules.facts.endpoints import ENDPOINTS

LADDER = "def f0():\n    pass\n" + "".join(
    f"def f{n}():\n" + f"    f{n - 1}()\n" * 10 for n in range(1, 8)
)  # fmt: skip
"""Ten million calls for one of f7: more than is followed."""

STEPS = "const f0 = () => 1;\n" + "".join(
    f"const f{n} = () => {{ {f'f{n - 1}(); ' * 10}}};\n" for n in range(1, 8)
)  # fmt: skip


def read(files: dict[str, str]) -> tuple[set[str], list[str]]:
    """The endpoints, and the files that were not read to their end."""
    code = Codebase(MemorySnapshot({path: text.encode() for path, text in files.items()}))
    found = {f"{endpoint.method} {endpoint.path}" for endpoint in code.get(ENDPOINTS)}
    return found, [unread.path for unread in code.unread_by(ENDPOINTS)]


PYTHON = "from fastapi import FastAPI, APIRouter\n" + LADDER
QUESTIONS = (
    "base.get(KEY)",
    "d.get('a', 1)",
    "session.query(User).all()",
    "queue.put(1)",
    "head.files.get(p).delete()",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_long_function_that_declares_nothing_leaves_its_python_file_read(question: str) -> None:
    text = PYTHON + f"def lookup(base, d, session, queue, head, p):\n    {question}\n    f7()\n"
    assert read({"a.py": text}) == (set(), [])


def test_a_long_method_that_declares_nothing_leaves_its_file_read() -> None:
    text = PYTHON + "class Rule:\n    def check(self, code):\n        if code.base.get(KEY):\n            f7()\n"
    assert read({"a.py": text}) == (set(), [])


@pytest.mark.parametrize("question", ["cache.get('a')", "req.get(`x-${name}`)", "this.emitter.head()"])
def test_a_long_function_that_declares_nothing_leaves_its_javascript_file_read(question: str) -> None:
    text = "require('express');\n" + STEPS + f"export const lookup = () => {{ {question}; f7(); }};\n"
    assert read({"a.js": text}) == (set(), [])


def test_a_function_that_declares_and_is_too_long_is_said() -> None:
    python = PYTHON + "def setup(app):\n    f7()\n    app.include_router(router)\n"
    javascript = "require('express');\n" + STEPS + "export const setup = (app, h) => { f7(); app.get('/r', h); };\n"
    assert read({"a.py": python, "a.js": javascript}) == (set(), ["a.js", "a.py"])


def test_a_long_function_that_the_set_up_calls_is_said() -> None:
    text = PYTHON + "def lookup(base):\n    base.get(KEY)\n    f7()\nlookup({})\napp = FastAPI()\n"
    assert read({"a.py": text})[1] == ["a.py"]


PYTHON_FORMS = {
    "decorator": "    @app.get(path)\n    def h():\n        return 1\n",
    "called again": "    app.get(path)(handler)\n",
    "kept for later": "    declare = app.get('/r')\n    declare(handler)\n",
    "computed text": "    declare = app.get(f'/{name}')\n    declare(handler)\n",
    "added": "    app.add_api_route(path, handler)\n",
}


@pytest.mark.parametrize("form", PYTHON_FORMS.values(), ids=PYTHON_FORMS)
def test_a_factory_that_nothing_calls_declares_in_every_form(form: str) -> None:
    made = f"def create():\n    app = FastAPI(openapi_url=None)\n{form}    return app\n"
    text = f"from fastapi import FastAPI\npath = '/r'\nname = 'r'\ndef handler():\n    return 1\n{made}"
    assert read({"a.py": text}) == ({"GET /r"}, [])


JAVASCRIPT_FORMS = {
    "with a path": "app.get('/r', h)",
    "on a route": "app.route('/r').get(h)",
    "in another function": "[1].forEach(() => app.get('/r', h))",
}


@pytest.mark.parametrize("form", JAVASCRIPT_FORMS.values(), ids=JAVASCRIPT_FORMS)
def test_a_javascript_function_that_nothing_calls_declares_in_every_form(form: str) -> None:
    text = f"const h = (req, res) => res.send('x');\nmodule.exports = () => {{ const app = express(); {form}; }};\n"
    assert read({"a.js": "const express = require('express');\n" + text}) == ({"GET /r"}, [])
