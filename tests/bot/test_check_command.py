"""`prodgate check` and `prodgate fix` as somebody types them, on real repositories."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.bot.conftest import Repository

PRODGATE = Path(sys.executable).with_name("prodgate")


def prodgate(repository: Repository, *words: str, home: str = os.devnull) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": home}
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


def test_only_the_packs_asked_for_are_judged(shop: Repository) -> None:
    shop.write({"app.py": 'import os, subprocess\nsubprocess.run(os.environ["CMD"], shell=True)\n'})
    _, found = report(shop, "--pack", "security")
    assert new(found) == [("security/bandit", "app.py", 2)]
    _, found = report(shop, "--pack", "security", "--pack", "env")
    assert {rule for rule, _, _ in new(found)} == {"security/bandit", "env/undeclared-read"}


@pytest.mark.parametrize(
    ("fail_on", "with_error", "with_warning"), [("error", 1, 0), ("warning", 1, 1), ("never", 0, 0)]
)
def test_what_fails_is_chosen(shop: Repository, fail_on: str, with_error: int, with_warning: int) -> None:
    shop.write({"app.py": 'import os\nos.getenv("SOFT", "1")\n'})
    assert report(shop, "--fail-on", fail_on)[0] == with_warning
    shop.write({"app.py": 'import os\nos.environ["HARD"]\n'})
    assert report(shop, "--fail-on", fail_on)[0] == with_error


def test_what_could_not_be_looked_at_fails_whatever_is_chosen(shop: Repository) -> None:
    shop.write({"app.py": b"x = '\xe9'\n"})
    assert prodgate(shop, "check", "--base", "main", "--fail-on", "never").returncode == 3


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("text", "app.py:2:1: blocks: NEW is read here"),
        ("markdown", "**Blocks the merge** (1)"),
        ("github", "::error file=app.py,line=2,endLine=2"),
        ("sarif", '"ruleId": "env/undeclared-read"'),
        ("json", '"rule": "env/undeclared-read"'),
    ],
)
def test_each_format_goes_to_standard_output_or_to_a_file(
    shop: Repository, tmp_path: Path, form: str, says: str
) -> None:
    shop.write({"app.py": 'import os\nos.environ["NEW"]\n'})
    shown = prodgate(shop, "check", "--base", "main", "--format", form)
    kept = prodgate(shop, "check", "--base", "main", "--format", form, "--output", str(tmp_path / "report"))
    assert says in shown.stdout
    assert (shown.returncode, kept.returncode, kept.stdout) == (1, 1, "")
    assert (tmp_path / "report").read_text("utf-8") == shown.stdout


def test_a_report_that_cannot_be_written_is_said(shop: Repository, tmp_path: Path) -> None:
    done = prodgate(shop, "check", "--base", "main", "--output", str(tmp_path / "no" / "report"))
    assert (done.returncode, "cannot be written: No such file or directory" in done.stderr) == (2, True)


def test_a_folder_inside_the_repository_means_the_repository(shop: Repository, tmp_path: Path) -> None:
    shop.write({"deep/er/app.py": 'import os\nos.environ["NEW"]\n'})
    env = {"PATH": os.environ["PATH"], "HOME": os.devnull}
    words = [str(PRODGATE), "check", str(shop.path / "deep"), "--base", "main"]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, "deep/er/app.py:2:1: blocks" in done.stdout) == (1, True)


def test_a_folder_without_a_repository_is_said(shop: Repository, tmp_path: Path) -> None:
    done = prodgate(shop, "check", "/", "--base", "main")
    assert (done.returncode, "is not in a git repository" in done.stderr) == (2, True)


def on_terminal(repository: Repository, *words: str) -> str:
    """What somebody sees who types it."""
    ours, theirs = pty.openpty()
    env = {"PATH": os.environ["PATH"], "HOME": os.devnull, "TERM": "xterm-256color"}
    done = subprocess.Popen([str(PRODGATE), *words], cwd=repository.path, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    with suppress(OSError):
        while part := os.read(ours, 4096):
            seen += part
    os.close(ours)
    done.wait()
    return seen.decode()


def test_steps_move_on_a_terminal_and_are_plain_lines_on_standard_error_elsewhere(shop: Repository) -> None:
    shop.write({"app.py": 'import os\nos.environ["NEW"]\n'})
    plain = prodgate(shop, "check", "--base", "main")
    assert plain.stderr.splitlines() == ["Reading the change …", "Judging 1 changed file …"]
    assert "\x1b" not in plain.stdout + plain.stderr
    seen = on_terminal(shop, "check", "--base", "main")
    assert "Judging 1 changed file" in seen
    assert "\x1b[1;31mblocks\x1b[0m" in seen


def test_fix_says_what_it_did_and_what_it_left(shop: Repository) -> None:
    shop.write(
        {"app.py": 'import os\nos.environ["NEW"]\n', "a.ts": "new https.Agent({ rejectUnauthorized: false });\n"}
    )
    done = prodgate(shop, "fix", "--base", "main")
    assert done.stdout == "fixed app.py:2: Declare NEW in .env.example [env/undeclared-read]\n"
    again = prodgate(shop, "fix", "--base", "main", "--pack", "env")
    assert (again.returncode, again.stdout) == (0, "nothing to fix\n")


def test_fix_never_calls_it_well_when_it_could_not_look(shop: Repository) -> None:
    shop.write({"app.py": b"x = '\xe9'\n"})
    done = prodgate(shop, "fix", "--base", "main")
    assert (done.returncode, "could not look everywhere" in done.stderr) == (3, True)


def test_fix_writes_nothing_through_a_link_that_leads_out(shop: Repository, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".env.example").write_text("A=\n")
    shop.commit({"svc/.env.example": "A=\n", "svc/app.py": "x = 1\n"})
    shop.write({"svc/app.py": 'import os\nos.environ["NEW"]\n', "svc/.env.example": None})
    (shop.path / "svc/.env.example").symlink_to(outside / ".env.example")
    prodgate(shop, "fix", "--base", "main")
    assert (outside / ".env.example").read_text() == "A=\n"


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


def test_a_change_that_mends_the_bases_policy_is_judged_and_that_is_said(repository: Repository) -> None:
    repository.commit({".github/prodgate.yml": "chekcs: gate\n"})
    repository.git("checkout", "-q", "-b", "topic")
    repository.write({".github/prodgate.yml": "checks: gate\n"})
    code, found = report(repository)
    assert code == 0
    assert any("this change mends it" in note for note in found["notes"])


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


def test_a_repository_inside_without_a_commit_is_not_looked_into(shop: Repository) -> None:
    (shop.path / "tool").mkdir()
    Repository(shop.path / "tool").write({"app.py": 'import os\nos.environ["INNER"]\n'})
    shop.write({"app.py": 'import os\nos.environ["OUTER"]\n'})
    code, found = report(shop)
    assert (code, new(found)) == (1, [("env/undeclared-read", "app.py", 2)])


def test_an_empty_change_passes(shop: Repository) -> None:
    assert report(shop) == (0, report(shop)[1])
    assert new(report(shop)[1]) == []


def test_explain_and_rules_say_what_there_is(shop: Repository) -> None:
    assert "env/undeclared-read" in prodgate(shop, "rules").stdout
    assert "learns of the variable from a crash" in prodgate(shop, "explain", "env/undeclared-read").stdout
    wrong = prodgate(shop, "explain", "env/undeclared-raed")
    assert (wrong.returncode, "did you mean 'env/undeclared-read'?" in wrong.stderr) == (2, True)
