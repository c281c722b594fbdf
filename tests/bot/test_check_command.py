"""`prodgate check` and `prodgate fix` as somebody types them, on real repositories."""

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


def prodgate(repository: Repository, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": os.devnull}
    return subprocess.run(
        [str(PRODGATE), *words], cwd=repository.path, env=env, capture_output=True, text=True, check=False
    )


def report(repository: Repository, *words: str) -> tuple[int, dict[str, Any]]:
    done = prodgate(repository, "check", "--base", "main", "--format", "json", *words)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def new(found: dict[str, Any]) -> list[tuple[str, str, int]]:
    return sorted((f["rule"], f["path"], f["line"]) for f in found["findings"] if f["new"] and f["severity"] != "note")


@pytest.fixture
def shop(repository: Repository) -> Repository:
    repository.commit({".env.example": "A=\n", "old.py": 'import os\nos.environ["OLD"]\n'})
    repository.git("checkout", "-q", "-b", "topic")
    return repository


def test_one_problem_of_each_engine_is_found_and_old_ones_are_not(shop: Repository) -> None:
    shop.write(
        {
            "app.py": 'import os, subprocess\nsubprocess.run(os.environ["CMD"], shell=True)\n',
            "a.ts": "const a = new https.Agent({ rejectUnauthorized: false });\n",
        }
    )
    code, found = report(shop)
    assert code == 1
    assert new(found) == [
        ("env/undeclared-read", "app.py", 2),
        ("security/bandit", "app.py", 2),
        ("security/semgrep", "a.ts", 1),
    ]
    assert shop.git("status", "--short", "--untracked-files=all") == "?? a.ts\n?? app.py"


def test_a_commit_is_judged_without_the_working_tree(shop: Repository) -> None:
    head = shop.commit({"app.py": 'import os\nos.environ["NEW"]\n'})
    shop.write({"app.py": None, "junk.py": 'import os\nos.environ["JUNK"]\n'})
    _, found = report(shop, "--head", head)
    assert new(found) == [("env/undeclared-read", "app.py", 2)]


def test_fix_writes_what_it_proved_and_the_check_is_green(shop: Repository) -> None:
    shop.write({"app.py": 'import os\nos.environ["NEW"]\n'})
    shown = prodgate(shop, "fix", "--base", "main", "--diff")
    assert "+NEW=" in shown.stdout
    assert (shop.path / ".env.example").read_text() == "A=\n"
    assert prodgate(shop, "fix", "--base", "main").returncode == 0
    assert (shop.path / ".env.example").read_text() == "A=\nNEW=\n"
    assert prodgate(shop, "check", "--base", "main").returncode == 0


def test_the_policy_of_the_base_counts_and_not_the_change(shop: Repository) -> None:
    shop.write({".github/prodgate.yml": "packs: {env: false}\n", "app.py": 'import os\nos.environ["NEW"]\n'})
    assert report(shop)[0] == 1
    shop.git("stash", "-q", "-u")
    shop.git("checkout", "-q", "main")
    shop.commit({".github/prodgate.yml": "packs: {env: false}\n"})
    shop.write({"app.py": 'import os\nos.environ["NEW"]\n'})
    assert report(shop)[0] == 0


def test_a_wrong_policy_is_a_usage_error_with_its_line(shop: Repository) -> None:
    shop.git("checkout", "-q", "main")
    shop.commit({".github/prodgate.yml": "pakcs: {env: false}\n"})
    done = prodgate(shop, "check", "--base", "main")
    assert done.returncode == 2
    assert "line 1: unknown key 'pakcs'; did you mean 'packs'?" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--base", "nowhere"), "no commit called 'nowhere'"),
        (("--base", "main", "--pack", "evn"), "there is no pack 'evn'"),
        (("--base=--output=/tmp/x",), "no commit called"),
    ],
)
def test_wrong_usage_is_said_and_exits_2(shop: Repository, words: tuple[str, ...], says: str) -> None:
    done = prodgate(shop, "check", *words)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_touched_file_that_cannot_be_read_is_never_green(shop: Repository) -> None:
    shop.write({"app.py": b"import os\nx = '\xe9'\nos.environ['A']\n"})
    done = prodgate(shop, "check", "--base", "main")
    assert done.returncode == 3
    assert "could not look: app.py: it is not UTF-8" in done.stdout


def test_hostile_names_links_and_packages_of_the_repository_do_nothing(shop: Repository, tmp_path: Path) -> None:
    evil = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    shop.write(
        {
            "bot/__init__.py": evil,
            "rules/__init__.py": evil,
            "conftest.py": evil,
            "bandit.py": evil,
            "a\nb.py": "x = 1\n",
        }
    )
    (shop.path / "link.py").symlink_to("/etc/passwd")
    (shop.path / ".env").symlink_to("/nowhere")
    done = prodgate(shop, "check", "--base", "main")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert not (tmp_path / "ran").exists()
    assert "/etc/passwd" not in done.stdout


def test_an_empty_change_passes(shop: Repository) -> None:
    assert report(shop) == (0, report(shop)[1])
    assert new(report(shop)[1]) == []


def test_explain_and_rules_say_what_there_is(shop: Repository) -> None:
    assert "env/undeclared-read" in prodgate(shop, "rules").stdout
    assert "learns of the variable from a crash" in prodgate(shop, "explain", "env/undeclared-read").stdout
    wrong = prodgate(shop, "explain", "env/undeclared-raed")
    assert (wrong.returncode, "did you mean 'env/undeclared-read'?" in wrong.stderr) == (2, True)
