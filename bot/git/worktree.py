"""A local repository, its working tree included, read without changing it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.git.command import GitError, environment, run
from bot.git.snapshot import ObjectStore


def find_git_dir(path: Path) -> tuple[Path, Path]:
    """The git directory and the root of the working tree around a path; raises `GitError`."""
    here = path.resolve()
    for folder in (here, *here.parents):
        if (folder / ".git").exists():
            env = environment({"GIT_DISCOVERY_ACROSS_FILESYSTEM": "1"})
            found = run(folder / ".git", "rev-parse", "--absolute-git-dir", env=env).decode().rstrip("\n")
            return Path(found), folder
    raise GitError(f"{path} is not in a git repository")


@contextmanager
def working_tree(git_dir: Path, root: Path) -> Iterator[tuple[ObjectStore, str]]:
    """The files as they lie there, ignored ones excepted, as a tree; its objects live in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="prodgate-") as place:
        objects = Path(place) / "objects"
        objects.mkdir()
        common = run(git_dir, "rev-parse", "--path-format=absolute", "--git-path", "objects").decode().rstrip("\n")
        extra = {"GIT_OBJECT_DIRECTORY": str(objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": common}
        store = ObjectStore(str(git_dir), extra)
        index = {"GIT_INDEX_FILE": str(Path(place) / "index"), "GIT_WORK_TREE": str(root)}
        env = environment({**extra, **index})
        try:
            run(git_dir, "read-tree", "HEAD", env=env)
        except GitError:
            run(git_dir, "read-tree", "--empty", env=env)
        run(git_dir, "add", "-A", "--", ":(top)", env=env)
        tree = run(git_dir, "write-tree", env=env).decode().strip()
        yield store, tree
