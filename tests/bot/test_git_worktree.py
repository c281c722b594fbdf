"""The files of a working tree as a commit, and the repository left as it was."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from bot.git.changes import Difference, difference
from bot.git.worktree import commit_of, find_git_dir, object_view, working_tree
from tests.bot.conftest import Repository

LARGE = "".join(f"line {n}\n" for n in range(400))


def seen(repository: Repository, path: Path | None = None) -> Difference:
    """What differs between HEAD and the files; checks that nothing was written into the repository."""
    git_dir, root = find_git_dir(path or repository.path)
    before = state(git_dir)
    with object_view(git_dir) as store:
        commit = commit_of(store, working_tree(store, git_dir, root), git_dir)
        found = difference(store, repository.git("rev-parse", "HEAD"), commit)
    assert state(git_dir) == before
    return found


def state(git_dir: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(git_dir.rglob("*")) if path.is_file()}


@pytest.fixture
def shop(repository: Repository) -> Repository:
    repository.commit(
        {"a.py": "x = 1\n", "b.py": "y = 1\n", "old.py": LARGE, ".gitignore": "*.log\n", "sub/c.py": "z\n"}
    )
    return repository


def test_nothing_changed_is_no_difference(shop: Repository) -> None:
    assert seen(shop) == Difference(frozenset(), {})


def test_an_edit_of_the_same_size_in_the_second_of_a_commit_is_seen_later(shop: Repository) -> None:
    while True:
        time.sleep(1 - time.time() % 1)
        shop.commit({"a.py": f"x = {time.time_ns()}\n"})
        shop.write({"a.py": f"x = {time.time_ns()}\n"})
        if int((shop.path / "a.py").stat().st_mtime) == int((shop.path / ".git" / "index").stat().st_mtime):
            break
    time.sleep(1.1)
    assert seen(shop).touched == {"a.py"}


def test_what_is_staged_what_is_not_and_what_is_new_all_count(shop: Repository) -> None:
    shop.write({"a.py": "x = 2\n", "new.py": "n = 1\n", "noise.log": "ignored\n"})
    shop.git("add", "a.py")
    shop.write({"b.py": "y = 2\n", "sub/c.py": None})
    assert seen(shop) == Difference(frozenset({"a.py", "b.py", "new.py"}), {})


def test_a_file_that_was_moved_and_changed_a_little_is_a_rename(shop: Repository) -> None:
    shop.write({"old.py": None, "moved/new.py": LARGE.replace("line 7\n", "line seven\n")})
    assert seen(shop) == Difference(frozenset({"moved/new.py"}), {"moved/new.py": "old.py"})


def test_a_mode_is_a_change(shop: Repository) -> None:
    (shop.path / "a.py").chmod(0o755)
    assert seen(shop).touched == {"a.py"}


def test_a_file_of_the_same_size_and_age_is_still_read_when_git_would_read_it(shop: Repository) -> None:
    shop.write({"a.py": "x = 2\n"})
    assert seen(shop).touched == {"a.py"}


def test_a_sparse_checkout_has_deleted_nothing(shop: Repository) -> None:
    shop.git("sparse-checkout", "set", "--no-cone", "/*", "!/sub/")
    assert not (shop.path / "sub").exists()
    shop.write({"a.py": "x = 2\n"})
    assert seen(shop).touched == {"a.py"}


def test_an_index_that_cannot_be_taken_over_is_made_anew(shop: Repository) -> None:
    shop.git("update-index", "--split-index")
    shop.write({"a.py": "x = 2\n"})
    assert seen(shop).touched == {"a.py"}


def test_what_the_clone_alone_ignores_is_ignored(shop: Repository) -> None:
    (shop.path / ".git/info/exclude").write_text("private.py\n")
    shop.write({"private.py": "p = 1\n"})
    assert seen(shop).touched == set()


def test_line_ends_of_the_clone_are_no_change(shop: Repository) -> None:
    shop.git("config", "core.autocrlf", "true")
    shop.write({"a.py": "x = 1\r\n", "b.py": "y = 2\r\n"})
    assert seen(shop).touched == {"b.py"}


def test_a_linked_worktree_and_a_folder_inside_are_found(shop: Repository, tmp_path: Path) -> None:
    shop.git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "topic")
    (tmp_path / "linked/sub/c.py").write_text("changed\n")
    git_dir, root = find_git_dir(tmp_path / "linked/sub")
    assert root == tmp_path / "linked"
    with object_view(git_dir) as store:
        commit = commit_of(store, working_tree(store, git_dir, root), git_dir)
        assert difference(store, shop.git("rev-parse", "HEAD"), commit).touched == {"sub/c.py"}


def nested(repository: Repository, name: str, kind: str) -> None:
    """An untracked repository inside, with a file that is not to be seen."""
    inside = repository.path / name
    inside.mkdir(parents=True)
    made = Repository(inside)
    if kind == "of another format":
        shutil.rmtree(inside / ".git")
        made.git("init", "-q", "--object-format=sha256")
    made.write({"inner.py": "i = 1\n"})
    if kind != "without a commit":
        made.commit({})


def test_a_repository_inside_is_an_entry_and_not_followed(shop: Repository) -> None:
    nested(shop, "inside", "with a commit")
    shop.write({"a.py": "x = 2\n"})
    assert seen(shop).touched == {"a.py", "inside"}


@pytest.mark.parametrize("index", ["taken over", "made anew"])
@pytest.mark.parametrize("kind", ["without a commit", "of another format"])
def test_a_repository_inside_that_has_no_name_keeps_nothing_from_being_seen(
    shop: Repository, kind: str, index: str
) -> None:
    nested(shop, "sub/[un]named\n", kind)
    shop.write({"a.py": "x = 2\n", "sub/c.py": None, "u/new.py": "n = 1\n"})
    if index == "made anew":
        shop.git("update-index", "--split-index")
    assert seen(shop).touched == {"a.py", "u/new.py"}


def test_a_merge_in_progress_is_judged_as_the_files_lie(shop: Repository) -> None:
    shop.git("checkout", "-q", "-b", "one")
    shop.commit({"a.py": "x = 'one'\n"})
    shop.git("checkout", "-q", "main")
    shop.commit({"a.py": "x = 'two'\n"})
    with pytest.raises(Exception, match="merge"):
        shop.git("merge", "-q", "one")
    assert b"<<<<<<<" in (shop.path / "a.py").read_bytes()
    assert seen(shop).touched == {"a.py"}
