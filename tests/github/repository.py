"""One repository: real git, and what GitHub keeps beside it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SOMEBODY = "Somebody <somebody@example.org>"
WORKFLOWS = ".github/workflows/"


@dataclass(frozen=True)
class Special:
    """A file with a mode of its own: 100755, 120000 (content: where it points) or 160000 (content: a commit)."""

    mode: str
    content: bytes


Files = Mapping[str, str | bytes | Special | None]
"""Contents by path; None deletes."""


class GitFailed(Exception):
    """A git command failed; the message is its standard error."""


def now() -> str:
    """The time as GitHub writes it: UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Pull:
    """A pull request. `computing` answers still say nothing of mergeability, as after a push."""

    number: int
    branch: str
    base: str
    author: str
    head_repository: Repository | None
    open: bool = True
    draft: bool = False
    merged: bool = False
    maintainers_may_edit: bool = False
    title: str = "Change"
    computing: int = 0
    last_head: str = ""
    created: str = field(default_factory=now)
    reviews: list[dict[str, Any]] = field(default_factory=list)

    @property
    def head(self) -> str:
        """The tip of its branch, or where that was before it went."""
        source = self.head_repository
        if source is not None and source.has(self.branch):
            self.last_head = source.tip(self.branch)
        return self.last_head


@dataclass
class Repository:
    """A real bare repository. `site` is where its GitHub listens; `required` are the checks that a merge waits for."""

    id: int
    owner: str
    name: str
    path: Path
    site: str = ""
    owner_kind: str = "Organization"
    parent: Repository | None = None
    required: set[str] = field(default_factory=lambda: {"prodgate"})
    pulls: dict[int, Pull] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    suites: dict[str, int] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    reactions: list[tuple[int, str]] = field(default_factory=list)
    permissions: dict[str, str] = field(default_factory=dict)
    signed: set[str] = field(default_factory=set)
    created: str = field(default_factory=now)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def git(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Standard output of a git command here; raises `GitFailed`."""
        settings = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
        full = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, **(env or {})}
        command = ["git", *settings, "--git-dir", str(self.path), *words]
        done = subprocess.run(command, input=stdin, capture_output=True, env=full, check=False)
        if done.returncode:
            raise GitFailed(f"git {words[0]}: {done.stderr.decode()}")
        return done.stdout

    def says(self, *words: str, stdin: bytes = b"") -> str:
        """The same as text, without the end of its line."""
        return self.git(*words, stdin=stdin).decode().strip()

    def tip(self, branch: str) -> str:
        return self.says("rev-parse", "--verify", f"refs/heads/{branch}")

    def has(self, branch: str) -> bool:
        return self.resolve(f"refs/heads/{branch}") is not None

    def resolve(self, name: str, kind: str = "commit") -> str | None:
        """The object id of this kind that a name or id stands for, or None."""
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options")
        try:
            oid = self.says(*words, name)
            return self.says(*words, f"{oid}^{{{kind}}}")
        except GitFailed:
            return None

    def commit(self, branch: str, files: Files, message: str, parent: str = "", author: str = SOMEBODY) -> str:
        """Commits contents on top of `parent`, or as a first commit, and moves the branch there whatever it was."""
        text = message.encode()
        lines = [
            f"commit refs/heads/{branch}\nauthor {author} now\ncommitter {author} now\ndata {len(text)}\n".encode()
        ]
        lines += [text, f"\nfrom {parent}\n".encode() if parent else b"\n"]
        for path, content in files.items():
            lines.append(_change(path, content))
        if not parent:
            lines.insert(0, f"reset refs/heads/{branch}\n\n".encode())
        self.git("fast-import", "--quiet", "--force", "--date-format=now", stdin=b"".join(lines))
        return self.tip(branch)

    def file(self, branch: str, path: str) -> str:
        return self.git("show", f"{branch}:{path}").decode()

    def changed(self, before: str, after: str) -> list[str]:
        """The paths that differ between two commits."""
        names = self.git("diff", "--name-only", "--no-renames", "-z", before, after).decode("utf-8", "replace")
        return [name for name in names.split("\0") if name]


def _change(path: str, content: str | bytes | Special | None) -> bytes:
    quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if content is None:
        return f"D {quoted}\n".encode()
    mode, raw = ("100644", content) if not isinstance(content, Special) else (content.mode, content.content)
    if mode == "160000":
        return f"M 160000 {raw if isinstance(raw, str) else raw.decode()} {quoted}\n".encode()
    raw = raw.encode() if isinstance(raw, str) else raw
    return f"M {mode} inline {quoted}\ndata {len(raw)}\n".encode() + raw + b"\n"
