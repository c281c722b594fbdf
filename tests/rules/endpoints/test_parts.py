"""The inventory of a tree that resembles an earlier one: the same as from nothing, and only what changed is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pytest
from pydantic import TypeAdapter

from rules.core.codebase import Codebase
from rules.core.source import Entry, MemorySnapshot
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint

Files = dict[str, str]
JSON = TypeAdapter(tuple[Endpoint, ...])


class Kept:
    """A cache in memory."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], dict[tuple[str, str], bytes]] = {}

    def load(self, fact: str, version: str, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], bytes]:
        known = self.values.get((fact, version), {})
        return {key: known[key] for key in wanted if key in known}

    def save(self, fact: str, version: str, values: Mapping[tuple[str, str], bytes]) -> None:
        self.values.setdefault((fact, version), {}).update(values)


class Counting:
    """A snapshot that knows which files were read."""

    def __init__(self, files: Files) -> None:
        self._held = MemorySnapshot({path: text.encode() for path, text in files.items()})
        self._paths = {entry.blob: entry.path for entry in self._held.entries()}
        self.read_paths: set[str] = set()

    def entries(self) -> Iterable[Entry]:
        return self._held.entries()

    def read(self, blob: str) -> bytes:
        self.read_paths.add(self._paths[blob])
        return self._held.read(blob)


AUTH = "from fastapi import HTTPException\n\n\ndef user(token: str):\n    raise HTTPException(401)\n"
OPEN = "def user():\n    return None\n"


def service(number: int, guard: str = "Depends(user)") -> Files:
    return {
        f"s{number}/auth.py": f"# {number}\n{AUTH}",
        f"s{number}/api.py": "from fastapi import APIRouter, Depends, FastAPI\nfrom .auth import user\n\n"
        f'app = FastAPI()\nrouter = APIRouter(prefix="/s{number}", dependencies=[{guard}])\n\n\n'
        '@router.get("/")\ndef listed():\n    return []\n\n\napp.include_router(router)\n',
    }


SERVICES = service(1) | service(2) | service(3)
NODE = {
    "web/package.json": '{"dependencies": {"express": "^4.18.0"}}',
    "web/app.js": "const express = require('express');\nconst app = express();\nconst g = require('./guard');\n"
    "app.use('*', g);\napp.get('/x1', (req, res) => res.json({}));\n",
    "web/guard.js": "module.exports = (req, res, next) => req.user ? next() : res.status(401).end();\n",
    "tool/package.json": '{"name": "tool", "main": "one.js"}',
    "tool/one.js": "const { Router } = require('express');\nconst r = Router();\n"
    "r.get('/one', (req, res) => res.json({}));\nmodule.exports = r;\n",
    "tool/two.js": "const { Router } = require('express');\nconst r = Router();\n"
    "r.get('/two', (req, res) => res.json({}));\nmodule.exports = r;\n",
    "web/mount.js": "const express = require('express');\nconst app = express();\napp.use('/t', require('tool'));\n",
}
JOINING = "from fastapi import Depends, FastAPI\nfrom s1.api import router as one\nfrom s2.api import router as two\n"
JOINING += "app = FastAPI()\napp.include_router(one, prefix='/all')\napp.include_router(two, prefix='/all')\n"
SHARED = {
    "routers.py": "found = []\n",
    "a.py": "from fastapi import APIRouter\nfrom routers import found\n\nr = APIRouter()\n\n\n"
    "@r.get('/a')\ndef a():\n    return 1\n\n\nfound.append(r)\n",
    "main.py": "from fastapi import FastAPI\nimport a\nfrom routers import found\n\napp = FastAPI()\n"
    "for r in found:\n    app.include_router(r, prefix='/p')\n",
}

NEXT = {
    "shop/package.json": '{"dependencies": {"next": "^16.0.0"}}',
    "shop/app/api/a/route.ts": "export async function GET(request) {\n  return Response.json([]);\n}\n",
    "shop/middleware.ts": "export function middleware(request) {\n"
    "  if (!request.session.user) return new Response('no', { status: 401 });\n}\n",
}
DJANGO = {
    "site/settings.py": "ROOT_URLCONF = 'site.urls'\nREST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': "
    "['rest_framework.permissions.IsAuthenticated']}\nINSTALLED_APPS = ['django']\n",
    "site/urls.py": "from django.urls import include, path\n\nurlpatterns = [path('shop/', include('shop.urls'))]\n",
    "shop/urls.py": "from django.urls import path\nfrom .views import V\n\nurlpatterns = [path('v', V.as_view())]\n",
    "shop/views.py": "from rest_framework.views import APIView\n\n\nclass V(APIView):\n"
    "    def get(self, request):\n        return None\n",
}
AUTOLOADED = {
    "api/package.json": '{"dependencies": {"fastify": "^5"}}',
    "api/app.js": "const fastify = require('fastify');\nconst path = require('path');\nconst f = fastify();\n"
    "f.register(require('@fastify/autoload'), { dir: path.join(__dirname, 'routes'), autoHooks: true });\n",
    "api/routes/one.js": "module.exports = async (fastify) => { fastify.get('/one', async () => 1); };\n",
}

CHANGES: dict[str, tuple[Files, Files]] = {
    "nothing": (SERVICES, SERVICES),
    "a guard is taken away": (SERVICES, SERVICES | service(2, "")),
    "a guard elsewhere lets everybody pass": (SERVICES, SERVICES | {"s2/auth.py": OPEN}),
    "a service comes": (SERVICES, SERVICES | service(4)),
    "a service goes": (SERVICES, service(1) | service(3)),
    "two become one": (SERVICES, SERVICES | {"main.py": JOINING}),
    "one becomes two": (SERVICES | {"main.py": JOINING}, SERVICES),
    "an import leads elsewhere": (
        {"lib/auth.py": AUTH, "lib/sub/api.py": service(1)["s1/api.py"].replace(".auth", "auth")},
        {"lib/auth.py": AUTH, "lib/sub/api.py": service(1)["s1/api.py"].replace(".auth", "auth"),
         "lib/sub/auth.py": OPEN},
    ),
    "a file comes where an import led outside": (
        {"api.py": service(1)["s1/api.py"].replace(".auth", "auth")},
        {"api.py": service(1)["s1/api.py"].replace(".auth", "auth"), "auth.py": OPEN},
    ),
    "a route handler comes": (NEXT, NEXT | {"shop/app/api/b/route.ts": NEXT["shop/app/api/a/route.ts"]}),
    "a middleware comes": ({p: t for p, t in NEXT.items() if "middleware" not in p}, NEXT),
    "settings guard nothing any more": (
        DJANGO, DJANGO | {"site/settings.py": "ROOT_URLCONF = 'site.urls'\ndjango = 1\n"},
    ),
    "a file comes into a folder that is loaded whole": (
        AUTOLOADED, AUTOLOADED | {"api/routes/two.js": AUTOLOADED["api/routes/one.js"].replace("one", "two")},
    ),
    "a hook comes into a folder that is loaded whole": (
        AUTOLOADED, AUTOLOADED | {"api/routes/autohooks.js": "module.exports = async (fastify) => {\n"
        "  fastify.addHook('onRequest', async (request, reply) => {\n"
        "    if (!request.user) reply.code(401).send();\n  });\n};\n"},
    ),
    "a manifest asks for another version": (
        NODE, NODE | {"web/package.json": '{"dependencies": {"express": "^5.0.0"}}'},
    ),
    "a manifest names another file": (NODE, NODE | {"tool/package.json": '{"name": "tool", "main": "two.js"}'}),
    "a list that two files share": (SHARED, SHARED | {"b.py": SHARED["a.py"].replace("/a", "/b")}),
    "a list that two files share is read by a third": (SHARED, SHARED | {"main.py": SHARED["main.py"] + "import b\n",
        "b.py": SHARED["a.py"].replace("/a", "/b")}),
}  # fmt: skip


def told(files: Files, cache: Kept | None) -> bytes:
    return JSON.dump_json(tuple(Codebase(Counting(files), cache=cache).get(ENDPOINTS)), indent=1)


def there_and_back() -> Iterator[tuple[str, Files, Files]]:
    for name, (before, after) in CHANGES.items():
        yield name, before, after
        yield f"{name}, and back", after, before


@pytest.mark.parametrize(("before", "after"), [pytest.param(b, a, id=n) for n, b, a in there_and_back()])
def test_what_is_kept_changes_no_inventory(before: Files, after: Files) -> None:
    cache = Kept()
    assert told(before, cache) == told(before, None)
    for files in (after, before, after):
        assert told(files, cache) == told(files, None)


def test_the_changes_of_these_tests_are_seen() -> None:
    same = {name for name, (before, after) in CHANGES.items() if told(before, None) == told(after, None)}
    assert same == {"nothing"}


def test_only_what_leads_to_a_changed_file_is_read_again() -> None:
    cache = Kept()
    told(SERVICES, cache)
    again = Counting(SERVICES)
    assert len(Codebase(again, cache=cache).get(ENDPOINTS)) == 12
    assert again.read_paths == set()
    changed = Counting(SERVICES | service(2, ""))
    Codebase(changed, cache=cache).get(ENDPOINTS)
    assert changed.read_paths == {"s2/api.py", "s2/auth.py"}


def test_a_file_that_stays_unread_is_tried_again() -> None:
    cache = Kept()
    broken = SERVICES | {"s2/auth.py": "fastapi\0"}
    for _ in range(2):
        code = Codebase(Counting(broken), cache=cache)
        code.get(ENDPOINTS)
        assert [unread.path for unread in code.unread_by(ENDPOINTS)] == ["s2/auth.py"]
