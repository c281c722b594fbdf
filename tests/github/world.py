"""What GitHub knows: repositories, people, pull requests, checks and comments."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

AUTHOR = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Somebody"), ("EMAIL", "somebody@example.org"))
}


@dataclass
class Pull:
    number: int
    branch: str
    base: str
    author: str
    head_repository: Repository
    open: bool = True


@dataclass
class Repository:
    """A real bare repository and what GitHub keeps beside it."""

    id: int
    owner: str
    name: str
    path: Path
    pulls: dict[int, Pull] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    reactions: list[tuple[int, str]] = field(default_factory=list)
    permissions: dict[str, str] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def git(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        full = {**os.environ, **AUTHOR, "GIT_CONFIG_GLOBAL": os.devnull, **(env or {})}
        done = subprocess.run(
            ["git", "--git-dir", str(self.path), *words], input=stdin, capture_output=True, env=full, check=False
        )
        if done.returncode:
            raise RuntimeError(f"git {words[0]}: {done.stderr.decode()}")
        return done.stdout

    def tip(self, branch: str) -> str:
        return self.git("rev-parse", f"refs/heads/{branch}").decode().strip()

    def commit(self, branch: str, files: Mapping[str, str | bytes | None], message: str, parent: str = "") -> str:
        """Commits contents (None deletes) on top of `parent`, or of the branch itself."""
        index = {"GIT_INDEX_FILE": str(self.path / f"index-{threading.get_ident()}")}
        self.git("read-tree", parent or "--empty", env=index)
        for path, content in files.items():
            if content is None:
                self.git("update-index", "--force-remove", path, env=index)
                continue
            raw = content.encode() if isinstance(content, str) else content
            blob = self.git("hash-object", "-w", "--stdin", stdin=raw).decode().strip()
            self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
        tree = self.git("write-tree", env=index).decode().strip()
        parents = ["-p", parent] if parent else []
        oid = self.git("commit-tree", tree, *parents, "-m", message).decode().strip()
        self.git("update-ref", f"refs/heads/{branch}", oid)
        return oid

    def file(self, branch: str, path: str) -> str:
        return self.git("show", f"{branch}:{path}").decode()


@dataclass
class World:
    """Everything, guarded by one lock."""

    folder: Path
    app_id: int
    key: Any
    secret: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    violations: list[str] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    redeliver: Callable[[str], None] = lambda guid: None
    last_id: int = 100
    url: str = ""

    def next_id(self) -> int:
        with self.lock:
            self.last_id += 1
            return self.last_id

    def create_repository(self, full_name: str, files: Mapping[str, str | bytes | None]) -> Repository:
        owner, _, name = full_name.partition("/")
        path = self.folder / owner / f"{name}.git"
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
        repository = Repository(self.next_id(), owner, name, path)
        for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "http.uploadpack"):
            repository.git("config", setting, "true")
        repository.commit("main", files, "Start")
        self.repositories[full_name] = repository
        return repository
