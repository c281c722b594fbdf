"""An installation from the lock and the wheel alone: what the image holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.conftest import ROOT

pytestmark = [pytest.mark.contract, pytest.mark.timeout(900)]


def run(*words: str | Path, cwd: Path) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PRODGATE", "VIRTUAL"))}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a fresh environment."""
    place = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "venv", place / "venv", cwd=place)
    pip = (place / "venv" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "install", "--no-deps", "--require-hashes", "-r", ROOT / "requirements.lock", cwd=place)
    build = ("-m", "pip", "--quiet", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", place)
    run(sys.executable, *build, ROOT, cwd=place)
    run(*pip, "install", "--no-deps", "--no-index", next(place.glob("prodgate-*.whl")), cwd=place)
    return place / "venv" / "bin"


def test_nothing_is_missing_from_the_lock(installed: Path, tmp_path: Path) -> None:
    run(installed / "python", "-m", "pip", "check", cwd=tmp_path)


def test_the_app_imports_with_all_that_it_carries(installed: Path, tmp_path: Path) -> None:
    script = (
        "import bot.app, bot.web.pages as p, bot.doctor as d, bot.scanners.semgrep as s\n"
        "assert not bot.app.__file__.startswith(%r)\n"
        "assert (p.HERE / 'static/prodgate.css').is_file() and (p.HERE / 'templates/run.html').is_file()\n"
        "assert d.manifest()['default_permissions']['checks'] == 'write'\n"
        "assert s.own_rules()\n"
    )
    run(installed / "python", "-c", script % str(ROOT), cwd=tmp_path)


def test_the_command_knows_every_pack_and_where_the_demonstration_is_not(installed: Path, tmp_path: Path) -> None:
    listed = run(installed / "prodgate", "rules", cwd=tmp_path)
    for rule in ("migrations/drop-table", "env/undeclared-read", "security/semgrep"):
        assert rule in listed
    done = subprocess.run([installed / "prodgate", "demo"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "source checkout" in done.stderr) == (2, True)
