"""What a change is compared with: the merge base, the tip of the base, and the tree that merging would make."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bot.git.changes import merge_base
from bot.git.command import Misnamed
from bot.git.sides import read_sides
from bot.git.snapshot import ObjectStore, tree_entries
from tests.bot.conftest import Repository
from tests.bot.test_check_command import new, report

START = {"shared.py": "one\ntwo\nthree\nfour\nfive\n", ".env.example": "A=\n"}


def store(repository: Repository) -> ObjectStore:
    return ObjectStore(str(repository.path / ".git"))


def apart(repository: Repository, there: dict[str, str], here: dict[str, str]) -> tuple[str, str, str]:
    """The commit from which two branches part, the tip of main and the head of the topic."""
    start = repository.commit(START)
    repository.git("checkout", "-q", "-b", "topic")
    head = repository.commit(here)
    repository.git("checkout", "-q", "main")
    return start, repository.commit(there), head


def test_a_change_is_what_the_head_did_since_it_parted_from_the_base(repository: Repository) -> None:
    start, tip, head = apart(repository, {"theirs.py": "t\n", "shared.py": "ONE\n"}, {"ours.py": "o\n"})
    base = merge_base(store(repository), head, tip)
    sides = read_sides(store(repository), base, head, tip)
    assert (base, sides.touched) == (start, {"ours.py"})
    assert (sides.head_files, sides.base_files) == ({"ours.py": b"o\n"}, {})


def test_the_merged_tree_holds_what_both_did(repository: Repository) -> None:
    start, tip, head = apart(repository, {"theirs.py": "t\n", "shared.py": "ONE\n"}, {"ours.py": "o\n"})
    merged = read_sides(store(repository), start, head, tip).merged
    assert {entry.path for entry in tree_entries(store(repository), merged)} == {*START, "theirs.py", "ours.py"}
    assert repository.git("show", f"{merged}:shared.py") == "ONE"


def test_a_conflict_is_left_in_the_merged_tree_as_git_marks_it(repository: Repository) -> None:
    theirs, ours = (START["shared.py"].replace("three", word) for word in ("THREE", "drei"))
    start, tip, head = apart(repository, {"shared.py": theirs}, {"shared.py": ours})
    merged = read_sides(store(repository), start, head, tip).merged
    assert repository.git("show", f"{merged}:shared.py").count("<<<<<<<") == 1


def test_a_base_that_has_not_moved_needs_no_merge(repository: Repository) -> None:
    start = repository.commit(START)
    head = repository.commit({"ours.py": "o\n"})
    assert read_sides(store(repository), start, head, start).merged == head


def test_histories_that_share_nothing_are_said(repository: Repository) -> None:
    tip = repository.commit(START)
    repository.git("checkout", "-q", "--orphan", "other")
    head = repository.commit({"ours.py": "o\n"})
    with pytest.raises(Misnamed, match="have no common history"):
        merge_base(store(repository), head, tip)


def test_any_number_of_files_is_read_by_one_process(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = repository.commit(START)
    head = repository.commit({f"file{n}.py": f"x = {n}\n" for n in range(60)})
    started = tmp_path / "started"
    (tmp_path / "bin").mkdir()
    watching = tmp_path / "bin" / "git"
    watching.write_text(f'#!/bin/sh\necho "$@" >> {started}\nexec {shutil.which("git")} "$@"\n')
    watching.chmod(0o755)
    monkeypatch.setenv("PATH", f"{watching.parent}{os.pathsep}{os.environ['PATH']}")
    assert len(read_sides(store(repository), start, head, start).head_files) == 60
    readers = [line for line in started.read_text().splitlines() if line.endswith("cat-file --batch")]
    assert len(readers) == 1


def test_findings_are_compared_with_the_merge_base_and_the_policy_is_the_tips(repository: Repository) -> None:
    broken = {"mail.py": 'import os\nos.environ["MAIL_KEY"]\n'}
    apart(repository, {"theirs.py": 'import os\nos.environ["THEIRS"]\n'}, broken)
    repository.git("checkout", "-q", "topic")
    code, found = report(repository)
    assert (code, new(found)) == (1, [("env/undeclared-read", "mail.py", 2)])
    repository.git("checkout", "-q", "main")
    repository.commit({".github/prodgate.yml": "packs: {env: false}\n"})
    repository.git("checkout", "-q", "topic")
    code, found = report(repository)
    assert (code, new(found)) == (0, [])
