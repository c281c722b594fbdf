"""A local repository, its working tree included, read without changing it or obeying its configuration."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.git.command import GitError, Misnamed, configured, environment, run
from bot.git.snapshot import ObjectStore

OBEYED = ("core.autocrlf", "core.eol", "core.fileMode", "core.ignoreCase", "core.symlinks")
"""Settings of the repository that say how its files lie on disk. None of them names a program."""


NOBODY = {f"GIT_{role}_{what}": "prodgate" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def find_git_dir(path: Path) -> tuple[Path, Path]:
    """The git directory and the root of the working tree around a path; raises `Misnamed`."""
    here = path.resolve()
    for folder in (here, *here.parents):
        if (folder / ".git").exists():
            found = run(folder / ".git", "rev-parse", "--absolute-git-dir").decode().rstrip("\n")
            return Path(found), folder
    raise Misnamed(f"{path} is not in a git repository")


@contextmanager
def object_view(git_dir: Path) -> Iterator[ObjectStore]:
    """The objects of a repository behind a git directory of our own, which takes the new ones and is then deleted.

    Filters, diff and merge drivers, promisor remotes and hooks are configuration, so none of them is known there.
    """
    with tempfile.TemporaryDirectory(prefix="prodgate-") as place:
        view = Path(place) / "view"
        form = run(git_dir, "rev-parse", "--show-object-format").decode().strip()
        run(view, "init", "--quiet", "--bare", "--template=", f"--object-format={form}")
        (view / "info").mkdir()
        (view / "objects" / "info" / "alternates").write_bytes(_inside(git_dir, "objects") + b"\n")
        for name in ("shallow", "info/exclude"):
            original = Path(_inside(git_dir, name).decode())
            if original.is_file():
                shutil.copyfile(original, view / name)
        yield ObjectStore(str(view))


def working_tree(store: ObjectStore, git_dir: Path, root: Path) -> str:
    """The files as they lie there, ignored ones excepted, as a tree in a view; raises `GitError`.

    A repository inside is an entry that is not followed, or none at all where git cannot name its commit.
    git's own index says which files are as they were, so that only the others are read. It keeps its time: git looks
    again into a file that changed in the moment in which the index was written.
    """
    view = Path(store.git_dir)
    env = environment({"GIT_WORK_TREE": str(root), **_settings(git_dir)})
    index = Path(_inside(git_dir, "index").decode())
    if index.is_file():
        shutil.copy2(index, view / "index")
        try:
            return _added(view, env)
        except GitError:
            (view / "index").unlink()
    try:
        run(view, "read-tree", run(git_dir, "rev-parse", "HEAD^{tree}").decode().strip())
    except GitError:
        run(view, "read-tree", "--empty")
    return _added(view, env)


def commit_of(store: ObjectStore, tree: str, git_dir: Path) -> str:
    """A tree as a commit on top of the one that is checked out; raises `GitError`."""
    parent = run(git_dir, "rev-parse", "--quiet", "--verify", "HEAD^{commit}", ok=(0, 1)).decode().strip()
    words = ("commit-tree", tree, *(("-p", parent) if parent else ()), "-m", "The working tree")
    return run(Path(store.git_dir), *words, env=environment(NOBODY)).decode().strip()


def _added(view: Path, env: Mapping[str, str]) -> str:
    try:
        run(view, "add", "-A", "--", ":(top)", env=env)
    except GitError:
        nested = _nested(view, env)
        if not nested:
            raise
        wanted = b"\0".join([b":(top)", *(b":(top,exclude,literal)" + name for name in nested)])
        run(view, "add", "-A", "--pathspec-from-file=-", "--pathspec-file-nul", env=env, stdin=wanted)
    return run(view, "write-tree", "--missing-ok", env=env).decode().strip()


def _nested(view: Path, env: Mapping[str, str]) -> list[bytes]:
    """The untracked repositories inside. git refuses to add one without a commit, or of another object format."""
    words = ("ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ":(top)")
    return [name.rstrip(b"/") for name in run(view, *words, env=env).split(b"\0") if name.endswith(b"/")]


def _settings(git_dir: Path) -> dict[str, str]:
    """What the files obey; submodules are not asked for their state, since that runs git inside them."""
    found = {"diff.ignoreSubmodules": "all"}
    for name in OBEYED:
        value = run(git_dir, "config", "--get", name, ok=(0, 1)).decode().rstrip("\n")
        found |= {name: value} if value else {}
    return configured(found)


def _inside(git_dir: Path, name: str) -> bytes:
    return run(git_dir, "rev-parse", "--path-format=absolute", "--git-path", name).rstrip(b"\n")
