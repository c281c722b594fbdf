"""`prodgate endpoints` as somebody types it, and what the inventory makes of a change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bot.conftest import Repository

PRODGATE = Path(sys.executable).with_name("prodgate")

API = """from fastapi import Depends, FastAPI, HTTPException, Request
from orders import router


def current_user(request: Request):
    if not request.session.get("user"):
        raise HTTPException(401)


app = FastAPI(openapi_url=None)
app.include_router(router, prefix="/api", dependencies=[Depends(current_user)])
"""
ORDERS = """from fastapi import APIRouter

router = APIRouter(prefix="/orders")


@router.get("/{order}")
def read(order: int):
    return order
"""
MORE = """

@router.post("")
def create():
    return {}
"""


def prodgate(repository: Repository, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": os.devnull}
    return subprocess.run(
        [str(PRODGATE), *words], cwd=repository.path, env=env, capture_output=True, text=True, check=False
    )


def endpoints(repository: Repository, *words: str) -> list[dict[str, Any]]:
    done = prodgate(repository, "endpoints", "--format", "json", *words)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture
def shop(repository: Repository) -> Repository:
    repository.commit({"main.py": API, "orders.py": ORDERS})
    return repository


def test_json_holds_everything_that_is_known_of_an_endpoint(shop: Repository) -> None:
    (found,) = endpoints(shop)
    guards, mounts = found.pop("guards"), found.pop("mounts")
    assert found == {
        "method": "GET",
        "path": "/api/orders/{order}",
        "file": "orders.py",
        "line": 6,
        "handler_file": "orders.py",
        "handler_line": 7,
        "handler_end_line": 8,
        "framework": "fastapi",
        "verdict": "guarded",
        "confidence": "high",
        "reason": "current_user (authn, parent-router)",
        "roles": [],
        "rate_limits": [],
        "validators": [],
        "public_reason": "",
    }
    assert [(g["name"], g["holds"], g["file"], g["line"]) for g in guards] == [("current_user", True, "main.py", 11)]
    assert mounts == [
        {"prefix": "/api", "found": True, "places": [{"file": "main.py", "line": 11}], "conditions": []}
    ]  # fmt: skip


def test_text_is_one_line_an_endpoint_and_a_count(shop: Repository) -> None:
    lines = prodgate(shop, "endpoints").stdout.splitlines()
    assert lines == [
        "guarded  GET  /api/orders/{order}  orders.py:6  current_user (authn, parent-router)",
        "1 endpoints: 1 guarded, 0 unguarded, 0 unknown",
    ]


def test_a_commit_is_read_without_the_working_tree(shop: Repository) -> None:
    first = shop.git("rev-parse", "HEAD")
    shop.write({"main.py": API.replace(", dependencies=[Depends(current_user)]", ""), "orders.py": ORDERS})
    assert [e["verdict"] for e in endpoints(shop)] == ["unguarded"]
    shop.write({"main.py": None})
    assert [e["verdict"] for e in endpoints(shop, "--rev", first)] == ["guarded"]
    wrong = prodgate(shop, "endpoints", "--rev", "nowhere")
    assert (wrong.returncode, "no commit called 'nowhere'" in wrong.stderr) == (2, True)


def test_a_file_that_cannot_be_read_is_said(shop: Repository) -> None:
    shop.write({"legacy.py": b"import fastapi  # \xe9\n"})
    done = prodgate(shop, "endpoints", "--format", "json")
    assert (done.returncode, len(json.loads(done.stdout))) == (3, 1)
    assert "could not look: legacy.py: it is not UTF-8" in done.stderr


def test_hostile_paths_and_names_stay_text(shop: Repository) -> None:
    head = "from fastapi import FastAPI\napp = FastAPI(openapi_url=None)\n"
    shop.write({"a\nb.py": head + '@app.get("/\x1b[31m")\ndef f(): ...\n'})
    done = prodgate(shop, "endpoints")
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 3


def test_a_guard_taken_from_a_router_blocks_where_it_stood_and_names_the_endpoint(shop: Repository) -> None:
    shop.git("checkout", "-q", "-b", "topic")
    shop.write({"main.py": API.replace(", dependencies=[Depends(current_user)]", "")})
    done = prodgate(shop, "check", "--base", "main", "--pack", "access", "--format", "json")
    assert done.returncode == 1, done.stderr
    (finding,) = [f for f in json.loads(done.stdout)["findings"] if f["new"]]
    assert (finding["rule"], finding["path"], finding["line"]) == ("access/unguarded-endpoint", "main.py", 11)
    assert [(r["path"], r["line"]) for r in finding["related"]] == [("orders.py", 6)]


def test_fix_guards_a_new_endpoint_like_its_siblings_and_the_check_is_green(shop: Repository) -> None:
    guarded = ORDERS.replace("APIRouter\n", "APIRouter, Depends\nfrom deps import Who\n").replace(
        "order: int", "order: int, who: Who"
    )
    deps = API.partition("\n\n\napp =")[0].replace("from orders import router\n", "from typing import Annotated\n")
    files = {"deps.py": deps + "\n\n\nWho = Annotated[None, Depends(current_user)]\n", "orders.py": guarded}
    main = "from fastapi import FastAPI\nfrom orders import router\n\napp = FastAPI()\napp.include_router(router)\n"
    shop.commit({**files, "main.py": main})
    shop.git("checkout", "-q", "-b", "topic")
    shop.write({"orders.py": guarded + '\n\n@router.delete("/{order}")\ndef delete(order: int):\n    return order\n'})
    assert prodgate(shop, "check", "--base", "main", "--pack", "access").returncode == 1
    assert prodgate(shop, "fix", "--base", "main").returncode == 0
    text = (shop.path / "orders.py").read_text()
    assert "from deps import Who\nfrom deps import current_user\n" in text
    assert '@router.delete("/{order}", dependencies=[Depends(current_user)])' in text
    assert prodgate(shop, "check", "--base", "main", "--pack", "access").returncode == 0


def matrix(repository: Repository) -> Path:
    return repository.path / ".github" / "prodgate-access.yml"


def test_the_matrix_is_written_once_and_holds_the_code_to_it(shop: Repository) -> None:
    done = prodgate(shop, "endpoints", "--write-matrix")
    assert (done.returncode, "review every row" in done.stderr) == (0, True)
    assert '"GET /api/orders/{order}": "authenticated"' in matrix(shop).read_text()
    again = prodgate(shop, "endpoints", "--write-matrix")
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    shop.commit({})
    shop.git("checkout", "-q", "-b", "topic")
    assert prodgate(shop, "check", "--base", "main", "--pack", "access").returncode == 0
    matrix(shop).write_text(matrix(shop).read_text().replace('"authenticated"', "role:admin"))
    done = prodgate(shop, "check", "--base", "main", "--pack", "access", "--format", "json")
    (finding,) = [f for f in json.loads(done.stdout)["findings"] if f["new"] and f["rule"] == "access/weaker-than-row"]
    assert finding["message"] == "GET /api/orders/{order} lets in every signed-in user; its row says role:admin."


def test_the_matrix_is_not_written_through_a_link(shop: Repository, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    matrix(shop).parent.mkdir()
    matrix(shop).symlink_to(target)
    done = prodgate(shop, "endpoints", "--write-matrix")
    assert (done.returncode, target.exists()) == (2, False)
    assert "leads out of the repository" in done.stderr


def test_a_check_says_how_the_surface_changed(shop: Repository) -> None:
    shop.git("checkout", "-q", "-b", "topic")
    shop.write({"main.py": API.replace("dependencies=[Depends(current_user)]", ""), "orders.py": ORDERS + MORE})
    done = prodgate(shop, "check", "--base", "main", "--pack", "access")
    said = "Endpoints: added POST /api/orders (anybody); opened GET /api/orders/{order}."
    assert said in done.stdout
