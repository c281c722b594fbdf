"""The commands beside check and fix: what they print, write and refuse, and what none of them imports."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.bot.conftest import Repository

ROOT = Path(__file__).parents[2]
PRODGATE = Path(sys.executable).with_name("prodgate")
HEAVY = ("dbos", "githubkit", "fastapi", "starlette", "uvicorn", "jinja2", "sqlalchemy", "alembic", "httpx")


def run(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": os.devnull}
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout in which rules may be written."""
    place = tmp_path_factory.mktemp("checkout")
    for name in ("bot", "rules", "migration_guards", "tests/rules"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "tests" / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def new_rule(checkout: Path, name: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "bot.cli", "new-rule", name, cwd=checkout)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("env/left-on", "rules/packs/env/left_on.py"),
        ("migrations/no-such-table", "migration_guards/guards/no_such_table.py"),
    ],
)
def test_a_new_rule_passes_its_tests_and_the_linters(checkout: Path, name: str, path: str) -> None:
    done = new_rule(checkout, name)
    assert done.returncode == 0, done.stderr
    assert path in done.stdout
    words = ("-m", "pytest", "-v", "-p", "no:cacheprovider", "tests/rules/test_examples.py", "-k", name)
    tested = run(sys.executable, *words, cwd=checkout)
    assert (tested.returncode, "= 2 passed" in tested.stdout) == (0, True), tested.stdout
    for check in (("check",), ("format", "--check")):
        linted = run(sys.executable, "-m", "ruff", *check, path, cwd=checkout)
        assert linted.returncode == 0, linted.stdout


def test_a_new_rule_overwrites_nothing(checkout: Path) -> None:
    before = (checkout / "rules/packs/env/undeclared_read.py").read_bytes()
    done = new_rule(checkout, "env/undeclared-read")
    assert (done.returncode, "rules/packs/env/undeclared_read.py is there already" in done.stderr) == (2, True)
    assert (checkout / "rules/packs/env/undeclared_read.py").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("undeclared-read", "is no PACK/NAME"),
        ("env/Undeclared", "is no PACK/NAME"),
        ("env/../../escape", "is no PACK/NAME"),
        ("env/a_b", "is no PACK/NAME"),
        ("evn/left-on", "there is no pack 'evn'; there are"),
    ],
)
def test_a_wrong_name_is_refused(checkout: Path, name: str, says: str) -> None:
    done = new_rule(checkout, name)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def test_a_new_rule_is_not_written_into_an_installation(checkout: Path, tmp_path: Path) -> None:
    for name in ("bot", "rules", "migration_guards"):
        shutil.copytree(checkout / name, tmp_path / name)
    done = new_rule(tmp_path, "env/left-off")
    assert (done.returncode, "in a checkout of prodgate only" in done.stderr) == (2, True)
    assert not (tmp_path / "rules/packs/env/left_off.py").exists()


def test_the_demonstration_is_in_the_checkout_only(checkout: Path) -> None:
    done = run(sys.executable, "-m", "bot.cli", "demo", cwd=checkout)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "source checkout" in done.stderr


def test_the_schema_is_printed_and_the_shipped_one_is_current() -> None:
    done = run(str(PRODGATE), "schema")
    assert json.loads(done.stdout)["properties"]["rules"]["properties"]["env/undeclared-read"]
    assert (ROOT / "docs" / "prodgate.schema.json").read_text() == done.stdout, "run `make docs`"


def test_the_version_is_said() -> None:
    assert run(str(PRODGATE), "--version").stdout == f"prodgate {version('prodgate')}\n"


def test_every_command_has_help_of_its_own() -> None:
    listed = run(str(PRODGATE), "--help").stdout
    for path in (ROOT / "bot" / "commands").glob("[a-z]*.py"):
        name = path.stem.replace("_", "-")
        assert name in listed
        assert run(str(PRODGATE), name, "--help").returncode == 0


def test_check_imports_neither_the_queue_nor_the_web_nor_the_hub(repository: Repository) -> None:
    repository.commit({"a.py": "x = 1\n"})
    repository.write({"a.py": "x = 2\n"})
    script = (
        "import sys\nfrom bot.cli import main\nsys.argv = ['prodgate', 'check', '--base', 'main']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        f"print('imported', sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    done = run(sys.executable, "-c", script, cwd=repository.path)
    assert done.stdout.splitlines()[-1] == "imported []", done.stdout + done.stderr


@pytest.mark.parametrize("command", ["serve", "web", "worker"])
def test_serving_without_settings_names_what_is_missing(command: str, tmp_path: Path) -> None:
    done = run(str(PRODGATE), command, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "prodgate: PRODGATE_APP_ID is not set.\n")
