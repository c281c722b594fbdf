"""Hostile and broken repositories through `prodgate check`: a clear outcome, no crash, never green by blindness."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.bot.conftest import Repository
from tests.bot.test_check_command import prodgate, report

READ = "import os\nos.environ[{!r}]\n"
NAMES = (
    b"a\nb.py", b"tab\t.py", b" .py", b"-rf.py", b"--output=x.py", b"quote\"'`$(touch x).py", b"star*?[.py",
    b"n" * 252 + b".py", b"bad\xff\xfe.py", "right\u202eto left.py".encode(), b"::error file=x::y.py", b"<b>.py",
    b"C:\\x.py", b":(top)x.py",
)  # fmt: skip
SHOWN = {name.decode("utf-8", "backslashreplace") for name in NAMES}


def found_in(outcome: dict[str, Any], rule: str) -> set[tuple[str, int]]:
    return {(f["path"], f["line"]) for f in outcome["findings"] if f["rule"] == rule and f["new"]}


def blind(outcome: dict[str, Any]) -> set[str]:
    return {item["path"] for item in outcome["could_not_look"] if item["fatal"]}


def blob(repository: Repository, content: str | bytes) -> str:
    raw = content.encode() if isinstance(content, str) else content
    words = ["git", "hash-object", "-w", "--stdin"]
    return (
        subprocess.run(words, cwd=repository.path, input=raw, check=True, capture_output=True).stdout.decode().strip()
    )


def tree(repository: Repository, entries: Mapping[bytes, tuple[str, str]]) -> str:
    """A tree of (mode, object) by name, written as it is, whatever git would say of such names."""
    kinds = {"040000": "tree", "160000": "commit"}
    raw = b"".join(
        f"{mode} {kinds.get(mode, 'blob')} {oid}\t".encode() + name + b"\0" for name, (mode, oid) in entries.items()
    )
    words = ["git", "mktree", "-z", "--missing"]
    return (
        subprocess.run(words, cwd=repository.path, input=raw, check=True, capture_output=True).stdout.decode().strip()
    )


def commit(repository: Repository, entries: Mapping[bytes, tuple[str, str]], parent: str = "main") -> str:
    return repository.git("commit-tree", tree(repository, entries), "-p", parent, "-m", "change")


@pytest.fixture
def shop(repository: Repository) -> Repository:
    repository.commit({".env.example": "A=\n", "migrations/0001_start.sql": "CREATE TABLE t (a int);\n"})
    repository.git("checkout", "-q", "-b", "topic")
    return repository


def test_what_cannot_be_read_is_named_and_the_rest_is_judged(shop: Repository) -> None:
    unreadable: dict[str, str | bytes] = {
        "large.py": READ.format("LARGE") + "x = 1\n" * 900_000,
        "latin.py": "import os\nos.environ['é']\n".encode("latin-1"),
        "nul.py": b"import os\n'\0'\nos.environ['NUL']\n",
        "nul.ts": b"const a = '\0'; process.env.NUL;\n",
        "utf16.ts": "process.env.WIDE;\n".encode("utf-16"),
        "deep.py": f"x = {'(' * 100_000}{')' * 100_000}\n",
        "migrations/0002_binary.sql": os.urandom(4_000) + b"\0",
        "migrations/0003_latin.sql": b"DROP TABLE caf\xe9;\n",
    }
    shop.write({**unreadable, "victim.py": READ.format("VICTIM"), "picture.png": os.urandom(100_000)})
    code, outcome = report(shop)
    assert code == 3
    assert blind(outcome) == set(unreadable)
    assert found_in(outcome, "env/undeclared-read") == {("victim.py", 2)}


def test_what_is_long_or_nested_deeply_is_judged(shop: Repository) -> None:
    shop.write(
        {
            "long.py": "x = 1\n" * 99_999 + READ.format("LAST"),
            "deep.ts": f"const x = {'[' * 100_000}process.env.DEEP{']' * 100_000};\n",
            "deep.json": "[" * 100_000 + "]" * 100_000,
            ".github/workflows/deep.yml": f"a: {'[' * 100_000}{']' * 100_000}",
            "migrations/0002_expression.sql": f"UPDATE t SET a = 1{' + 1' * 15_000};\nDROP TABLE one;\n",
            "migrations/0003_terms.sql": f"SELECT {'(' * 60}1{' + 1)' * 60};\nDROP TABLE two;\n",
            "migrations/0004_brackets.sql": f"SELECT {'(' * 50_000}1{')' * 50_000};\nDROP TABLE three;\n",
        }
    )
    code, outcome = report(shop)
    assert (code, blind(outcome)) == (1, set())
    assert found_in(outcome, "env/undeclared-read") == {("long.py", 100_001), ("deep.ts", 1)}
    dropped = {(f"migrations/000{n}_{name}.sql", 2) for n, name in ((2, "expression"), (3, "terms"), (4, "brackets"))}
    assert found_in(outcome, "migrations/drop-table") == dropped
    assert found_in(outcome, "migrations/update-or-delete-without-where") == {("migrations/0002_expression.sql", 1)}
    assert found_in(outcome, "migrations/opaque-statement") == {("migrations/0004_brackets.sql", 1)}


def test_three_thousand_files_with_every_kind_of_name_are_judged_and_no_link_is_followed(shop: Repository) -> None:
    names = {name: ("100644", blob(shop, READ.format(f"NAME{n}"))) for n, name in enumerate(NAMES)}
    plain, last = blob(shop, "x = 1\n"), blob(shop, READ.format("LAST"))
    many = {b"m%d.py" % n: ("100644", plain) for n in range(2_999)} | {b"last.py": ("100644", last)}
    above = tree(shop, {b"up.py": ("100644", blob(shop, READ.format("UP")))})
    links = {b"passwd.py": "/etc/passwd", b"folder.py": "..", b"dangling.py": "/nowhere", b".env.schema": "/etc/passwd"}
    entries = {
        **names,
        **{name: ("120000", blob(shop, target)) for name, target in links.items()},
        b".env.example": ("100644", blob(shop, "A=\n")),
        b"many": ("040000", tree(shop, many)),
        b"dots": ("040000", tree(shop, {b"..": ("040000", above)})),
        b"module.py": ("160000", "1" * 40),
    }
    head = commit(shop, entries)
    code, outcome = report(shop, "--head", head)
    assert (code, blind(outcome)) == (1, set())
    judged = {path for path, _ in found_in(outcome, "env/undeclared-read")}
    assert judged == SHOWN | {"many/last.py", "dots/../up.py"}
    done = prodgate(shop, "check", "--base", "main", "--head", head)
    assert "root:" not in done.stdout
    assert len([line for line in done.stdout.splitlines() if "[env/undeclared-read]" in line]) == len(judged)
    assert not [line for line in done.stdout.splitlines() if line.startswith("::")]


def test_two_names_that_look_the_same_hide_nothing(shop: Repository) -> None:
    calm, evil = blob(shop, "x = 1\n"), blob(shop, READ.format("EVIL"))
    done = prodgate(
        shop, "check", "--base", "main", "--head",
        commit(shop, {b"bad\\xff.py": ("100644", calm), b"bad\xff.py": ("100644", evil)}),
    )  # fmt: skip
    assert done.returncode == 3
    assert "the tree has two entries that are called" in done.stderr


def test_links_submodules_and_odd_files_of_the_working_tree_are_not_followed(shop: Repository, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text(READ.format("OUTSIDE"))
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "inner.py").write_text(READ.format("INNER"))
    for name, target in {"file.py": "outside.py", "folder": "outside", "self": ".", "gone.py": "nowhere"}.items():
        (shop.path / name).symlink_to(tmp_path / target if target != "." else ".")
    os.mkfifo(shop.path / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(shop.path / "socket.py"))
        inner = Repository(_folder(shop.path / "inner"))
        inner.commit({"nested.py": READ.format("NESTED")})
        shop.write({"victim.py": READ.format("VICTIM")})
        code, outcome = report(shop)
    assert (code, blind(outcome)) == (1, set())
    assert found_in(outcome, "env/undeclared-read") == {("victim.py", 2)}


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def test_a_folder_that_git_cannot_add_is_no_pass(shop: Repository) -> None:
    Repository(_folder(shop.path / "unborn"))
    shop.write({"app.py": "x = 1\n", "git~1/app.py": "x = 1\n"})
    done = prodgate(shop, "check", "--base", "main")
    assert (done.returncode, "git~1" in done.stderr) == (3, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("empty", ["working tree", "commit", "identical content"])
def test_an_empty_change_passes(shop: Repository, empty: str) -> None:
    words: tuple[str, ...] = ()
    if empty == "commit":
        words = ("--head", shop.commit({}))
    elif empty == "identical content":
        os.utime(shop.path / ".env.example", (0, 0))
    code, outcome = report(shop, *words)
    assert (code, blind(outcome), [f for f in outcome["findings"] if f["new"]]) == (0, set(), [])


PACKAGES = ("bot", "rules", "migration_guards", "yaml", "bandit", "typer")
MODULES = ("os.py", "json.py", "asyncio.py", "sitecustomize.py", "usercustomize.py", "conftest.py", "setup.py")


def test_nothing_of_the_repository_runs(shop: Repository, tmp_path: Path) -> None:
    marks = _folder(tmp_path / "marks")
    mine = {f"{name}/__init__.py": f"open({str(marks / name)!r}, 'w')\n" for name in PACKAGES}
    mine |= {name: f"open({str(marks / name)!r}, 'w')\n" for name in MODULES}
    shop.commit({**mine, ".gitattributes": "* filter=evil diff=evil merge=evil\n", "seen.py": "x = 1\n"})
    inner = Repository(_folder(shop.path / "inner"))
    inner.commit({"a.txt": "x"})
    shop.git("add", "inner")
    for place in (shop, inner):
        _booby_trap(place, marks)
    for name in ("seen.py", "inner/a.txt"):
        (shop.path / name).write_text("y" * len((shop.path / name).read_text()))
    shop.write({"victim.py": READ.format("VICTIM")})
    for mark in marks.iterdir():
        mark.unlink()
    for words in (
        ("check", "--base", "main"),
        ("check", "--base", "main", "--head", "topic"),
        ("fix", "--base", "main"),
    ):
        done = prodgate(shop, *words, home=_home(tmp_path, marks))
        assert done.returncode in (0, 1), done.stderr
        assert [mark.name for mark in marks.iterdir()] == [], words
    assert (shop.path / ".env.example").read_text() == "A=\nVICTIM=\n"
    subprocess.run(["git", "diff"], cwd=shop.path, check=False, capture_output=True)
    assert {mark.name for mark in marks.iterdir()} >= {"fsmonitor", "clean"}, "the traps work"


def _booby_trap(place: Repository, marks: Path) -> None:
    git_dir = place.path / ".git"
    for hook in ("post-index-change", "post-checkout", "pre-commit", "reference-transaction", "fsmonitor-watchman"):
        script = git_dir / "hooks" / hook
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!/bin/sh\ntouch {marks}/hook-{hook}\n")
        script.chmod(0o755)
    (git_dir / "config").open("a").write(_traps(marks))


def _traps(marks: Path) -> str:
    def trap(name: str) -> str:
        return f"touch {marks}/{name}; cat"

    return f"""
[core]
\tfsmonitor = "touch {marks}/fsmonitor"
\tsshCommand = "{trap("ssh")}"
\tpager = "{trap("pager")}"
\teditor = "{trap("editor")}"
[diff]
\texternal = "touch {marks}/external"
[diff "evil"]
\ttextconv = "touch {marks}/textconv"
\tcommand = "touch {marks}/command"
[merge "evil"]
\tdriver = "touch {marks}/driver"
[filter "evil"]
\tclean = "{trap("clean")}"
\tsmudge = "{trap("smudge")}"
\trequired = true
[remote "origin"]
\turl = "ext::touch {marks}/remote"
\tuploadpack = "touch {marks}/uploadpack"
\tpromisor = true
\tpartialclonefilter = blob:none
[credential]
\thelper = "!touch {marks}/credential"
[alias]
\tls-tree = "!touch {marks}/alias"
"""


def _home(tmp_path: Path, marks: Path) -> str:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text(_traps(marks))
    return str(home)


def test_what_is_missing_is_not_fetched_from_the_repositorys_own_remote(shop: Repository, tmp_path: Path) -> None:
    content = READ.format("GONE")
    shop.commit({"gone.py": content, "victim.py": READ.format("VICTIM")})
    lost = shop.git("rev-parse", "HEAD:gone.py")
    (shop.path / ".git/objects" / lost[:2] / lost[2:]).unlink()
    marks = _folder(tmp_path / "marks")
    with (shop.path / ".git/config").open("a") as config:
        config.write(_traps(marks))
    code, outcome = report(shop, "--head", "topic")
    assert (code, blind(outcome)) == (3, {"gone.py"})
    assert found_in(outcome, "env/undeclared-read") == {("victim.py", 2)}
    assert list(marks.iterdir()) == []


def test_a_tree_that_is_lost_is_no_pass(shop: Repository) -> None:
    shop.commit({"folder/app.py": "x = 1\n"})
    lost = shop.git("rev-parse", "HEAD:folder")
    (shop.path / ".git/objects" / lost[:2] / lost[2:]).unlink()
    done = prodgate(shop, "check", "--base", "main", "--head", "topic")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("prodgate: could not look: git ")


def test_the_repositorys_settings_for_our_scanners_are_not_obeyed(shop: Repository) -> None:
    shop.write(
        {
            ".bandit": "[bandit]\nexclude: /\nskips: B602\n",
            "bandit.yaml": "skips: [B602]\n",
            "pyproject.toml": "[tool.bandit]\nskips = ['B602']\n",
            ".semgrepignore": "*\n",
            ".semgrep.yml": "rules: []\n",
            "a.py": "import subprocess\nsubprocess.run(x, shell=True)  # nosec\n",
            "a.ts": "const a = new https.Agent({ rejectUnauthorized: false }); // nosemgrep\n",
        }
    )
    code, outcome = report(shop)
    assert code == 1
    assert ("a.py", 2) in found_in(outcome, "security/bandit")
    assert found_in(outcome, "security/semgrep") == {("a.ts", 1)}


BOMBS = {
    "aliases": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "merges": "a: &a {x: 1}\nb: {<<: *a}\n",
    "nesting": "packs: " + "[" * 20_000 + "]" * 20_000 + "\n",
    "tags": "packs: !!python/object/apply:os.system ['touch /tmp/x']\n",
    "size": "# " + "x" * 200_000 + "\n",
    "integer": "annotations: 1" + "0" * 9_000 + "\n",
    "documents": "packs: {}\n---\npacks: {}\n",
    "bytes": "packs: \udcff\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_in_the_policy_of_the_base_is_a_mistake_with_its_line(shop: Repository, bomb: str) -> None:
    shop.git("checkout", "-q", "main")
    shop.commit({".github/prodgate.yml": BOMBS[bomb].encode("utf-8", "surrogateescape")})
    done = prodgate(shop, "check", "--base", "main")
    assert (done.returncode, done.stdout) == (2, "")
    assert ".github/prodgate.yml of the base, line " in done.stderr.splitlines()[-1]


def test_a_bomb_in_the_policy_that_the_change_brings_changes_nothing(shop: Repository) -> None:
    shop.write({".github/prodgate.yml": BOMBS["nesting"], "victim.py": READ.format("VICTIM")})
    code, outcome = report(shop)
    assert code == 1
    assert ("victim.py", 2) in found_in(outcome, "env/undeclared-read")


def test_a_policy_that_is_a_link_is_not_followed(shop: Repository) -> None:
    shop.git("checkout", "-q", "main")
    shop.write({"off.yml": "packs: {env: false}\n"})
    _folder(shop.path / ".github")
    (shop.path / ".github/prodgate.yml").symlink_to("../off.yml")
    shop.commit({})
    shop.write({"victim.py": READ.format("VICTIM")})
    assert report(shop)[0] == 1


def test_a_sha256_repository_is_judged(tmp_path: Path) -> None:
    place = Repository(_folder(tmp_path / "sha256"))
    shutil.rmtree(place.path / ".git")
    place.git("init", "-q", "-b", "main", "--object-format=sha256")
    place.commit({".env.example": "A=\n"})
    place.write({"victim.py": READ.format("VICTIM")})
    code, outcome = report(place)
    assert (code, found_in(outcome, "env/undeclared-read")) == (1, {("victim.py", 2)})


def test_a_shallow_clone_is_judged_as_far_as_its_history_goes(shop: Repository, tmp_path: Path) -> None:
    shop.commit({"victim.py": READ.format("VICTIM")})
    for depth, code, says in (("2", 1, "VICTIM"), ("1", 2, "no common history")):
        place = tmp_path / depth
        shop.git("clone", "-q", f"--depth={depth}", "--no-single-branch", f"file://{shop.path}", str(place))
        done = prodgate(Repository(place), "check", "--base", "origin/main")
        assert (done.returncode, says in done.stdout + done.stderr) == (code, True), done.stderr
