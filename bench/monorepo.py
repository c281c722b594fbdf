"""`prodgate check` on a large repository, and on a small one with the same change."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.table import Row, Table, median

LARGE, SMALL, CHANGED = 5000, 500, 10
TURNS = 5
WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Somebody"), ("EMAIL", "somebody@example.org"))
}


def measure() -> Table:
    """Ten changed files each: without a cache, and again once everything was read before."""
    with tempfile.TemporaryDirectory(prefix="prodgate-bench-") as folder:
        times = {}
        for size in (LARGE, SMALL):
            place = Path(folder) / str(size)
            make(place, size)
            caches = [Path(folder) / f"cache-{size}-{turn}" for turn in range(3)]
            cold = [_check(place, cache) for cache in caches]
            warm = [_check(place, caches[0]) for _ in range(TURNS)]
            times[size] = median(cold), median(warm)
    (large_cold, large), (small_cold, small) = times[LARGE], times[SMALL]
    rows = (
        Row(f"{LARGE} files, cold", large_cold, "s"),
        Row(f"{LARGE} files, warm", large, "s"),
        Row(f"{SMALL} files, cold", small_cold, "s"),
        Row(f"{SMALL} files, warm", small, "s"),
        Row("warm, large by small", large / small, "", 1.5),
    )
    how = (
        f"A generated repository of services in Python and TypeScript with migrations, {CHANGED} files changed; "
        "the whole process from start to exit, scanners included."
    )
    return Table("prodgate check on a monorepo", how, rows)


def _check(place: Path, cache: Path) -> float:
    """The seconds that it takes."""
    env = {"PATH": os.environ["PATH"], "HOME": os.devnull, "XDG_CACHE_HOME": str(cache)}
    words = [str(Path(sys.executable).with_name("prodgate")), "check", str(place), "--base", "main", "--format", "json"]
    start = perf_counter()
    done = subprocess.run(words, env=env, capture_output=True, check=False)
    taken = perf_counter() - start
    if done.returncode not in (0, 1):
        raise RuntimeError(f"prodgate check ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return taken


def make(place: Path, size: int) -> None:
    """A repository of so many files, committed, with `CHANGED` of them changed in the working tree."""
    files = dict(_files(size))
    for path, text in files.items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "start")):
        subprocess.run(["git", *words], cwd=place, env={**os.environ, **WHO}, check=True)
    for path in [path for path in files if path.endswith((".py", ".ts"))][:CHANGED]:
        (place / path).write_text(files[path] + ("# changed\n" if path.endswith(".py") else "// changed\n"))


def _files(size: int) -> Iterator[tuple[str, str]]:
    """Services of ten files each: routes, logic, a client, migrations, an env template and a page of text."""
    for number in range(size // 10):
        home = f"services/s{number:03}"
        yield f"{home}/.env.example", f"S{number}_URL=\nS{number}_KEY=\n"
        yield f"{home}/README.md", f"# Service {number}\n\n" + "It does one thing and does it again when asked. " * 9
        yield f"{home}/migrations/1_init.sql", f"CREATE TABLE t{number} (id int PRIMARY KEY, name text NOT NULL);\n"
        yield f"{home}/migrations/2_more.sql", f"ALTER TABLE t{number} ADD COLUMN more text;\n"
        yield f"{home}/auth.py", _AUTH
        yield f"{home}/routes.py", _routes(number)
        for part in range(2):
            yield f"{home}/logic{part}.py", _logic(f"{number}_{part}")
        for part in range(2):
            yield f"{home}/client{part}.ts", _client(f"{number}_{part}")


_AUTH = """from fastapi import Header, HTTPException


def require_user(authorization: str = Header()):
    if not authorization:
        raise HTTPException(401)
"""


def _routes(number: int) -> str:
    return f"""import os

from fastapi import APIRouter, Depends, FastAPI

from .auth import require_user

router = APIRouter(prefix="/s{number}", dependencies=[Depends(require_user)])
URL = os.environ["S{number}_URL"]


@router.get("/")
def read():
    return []


@router.post("/{{item}}")
def write(item: int):
    return {{"item": item}}


app = FastAPI()
app.include_router(router)
"""


def _logic(name: str) -> str:
    steps = (
        f"def step{i}_{name}(values):\n    total = 0\n    for value in values:\n        if value > {i}:\n"
        f"            total += value * {i}\n    return total\n"
        for i in range(12)
    )
    return "\n\n".join(steps)


def _client(name: str) -> str:
    calls = (
        f"export async function call{i}_{name}(id: string): Promise<number> {{\n"
        f"  const answer = await fetch(`/{name}/${{id}}`);\n  return answer.status + {i};\n}}\n"
        for i in range(12)
    )
    return "\n".join(calls)
