"""What GitHub knows: one App, its installations, and their repositories."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.github.faults import Fault
from tests.github.repository import Files, GitFailed, Pull, Repository, now

MANIFEST: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "app.yml").read_text("utf-8"))
"""What the App is registered with."""

FIRST_INSTALLATION = 77
PASSING = frozenset({"success", "neutral", "skipped"})


@dataclass
class Installation:
    """The App on the repositories of one owner: all of them, or those `selected` by name."""

    id: int
    owner: str
    permissions: dict[str, str]
    selected: set[str] | None = None
    suspended: bool = False
    created: str = field(default_factory=now)

    def covers(self, repository: Repository) -> bool:
        return repository.owner == self.owner and (self.selected is None or repository.name in self.selected)


@dataclass
class World:
    """Everything, guarded by one lock: one App, which may do and hears what `app.yml` asks for.

    What the bot did wrong stands in `violations`, what it was refused in `refusals`. Installation tokens are good for
    `token_seconds`.
    """

    folder: Path
    app_id: int
    key: Any
    secret: str
    slug: str = "prodgate"
    url: str = ""
    permissions: dict[str, str] = field(default_factory=lambda: dict(MANIFEST["default_permissions"]))
    events: list[str] = field(default_factory=lambda: list(MANIFEST["default_events"]))
    token_seconds: int = 3600
    repositories: dict[str, Repository] = field(default_factory=dict)
    installations: dict[int, Installation] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    violations: list[str] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    redeliver: Callable[[str], None] = lambda guid: None
    last_id: int = 100

    @property
    def login(self) -> str:
        """Who the App's commits and comments are by."""
        return f"{self.slug}[bot]"

    def next_id(self) -> int:
        with self.lock:
            self.last_id += 1
            return self.last_id

    def fault(self, method: str, path: str) -> Fault | None:
        """The fault that this request or delivery meets; each is met once."""
        with self.lock:
            met = next((fault for fault in self.faults if fault.meets(method, path)), None)
            if met:
                self.faults.remove(met)
            return met

    def install(self, owner: str, selected: set[str] | None = None) -> Installation:
        """Installs the App for an owner, or changes for which repositories it is."""
        made = next((known for known in self.installations.values() if known.owner == owner), None)
        if made is None:
            number = max(self.installations, default=FIRST_INSTALLATION - 1) + 1
            made = self.installations[number] = Installation(number, owner, dict(self.permissions))
        made.selected = selected
        return made

    def installation_of(self, repository: Repository) -> Installation | None:
        return next((known for known in self.installations.values() if known.covers(repository)), None)

    def create_repository(self, full_name: str, files: Files, kind: str = "Organization") -> Repository:
        owner, _, name = full_name.partition("/")
        path = self.folder / owner / f"{name}.git"
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
        repository = Repository(self.next_id(), owner, name, path, self.url, kind)
        for setting in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "http.uploadpack"):
            repository.git("config", setting, "true")
        repository.commit("main", files, "Start")
        self.repositories[full_name] = repository
        return repository

    def pulls_from(self, repository: Repository, branch: str) -> list[tuple[Repository, Pull]]:
        """The open pull requests whose head is this branch, each with where it is open."""
        return [
            (target, pull)
            for target in self.repositories.values()
            for pull in target.pulls.values()
            if pull.open and pull.branch == branch and pull.head_repository is repository
        ]

    def mirror(self, repository: Repository, pull: Pull) -> None:
        """Brings `refs/pull/N/head` and, where it merges, `refs/pull/N/merge` up to date."""
        if pull.head_repository is None or not pull.head_repository.has(pull.branch):
            return
        name = f"refs/pull/{pull.number}"
        repository.git("fetch", "-q", str(pull.head_repository.path), f"+{pull.branch}:{name}/head")
        base = repository.tip(pull.base)
        tree = merged_tree(repository, base, pull.head)
        if tree:
            words = ("commit-tree", tree, "-p", base, "-p", pull.head, "-m", f"Merge {pull.head} into {base}")
            repository.git("update-ref", f"{name}/merge", repository.says(*words))

    def required_unmet(self, repository: Repository, head: str) -> list[str]:
        """The required checks that do not let a commit merge: the App's latest run of each name decides."""
        latest = {c["name"]: c for c in repository.checks if c["head_sha"] == head and c["app"] == self.app_id}
        return sorted(name for name in repository.required if latest.get(name, {}).get("conclusion") not in PASSING)


def merged_tree(repository: Repository, base: str, head: str) -> str | None:
    """The tree of a merge, or None when the two do not merge by themselves."""
    try:
        return repository.says("merge-tree", "--write-tree", base, head).splitlines()[0]
    except GitFailed:
        return None
