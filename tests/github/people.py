"""What people do on GitHub, and what they see there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from tests.github.repository import Files, Pull, Repository, now
from tests.github.shapes.people import account
from tests.github.webhooks import NOTHING, Webhooks
from tests.github.world import World, merged_tree

P = ParamSpec("P")
T = TypeVar("T")


def alone(action: Callable[Concatenate[People, P], T]) -> Callable[Concatenate[People, P], T]:
    """Holds the world's lock meanwhile, so that no request sees half of it."""

    @wraps(action)
    def locked(self: People, /, *given: P.args, **named: P.kwargs) -> T:
        with self.world.lock:
            return action(self, *given, **named)

    return locked


class People:
    """Everything here tells the bot by the webhooks that GitHub would send."""

    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks

    @alone
    def create_repository(self, full_name: str, files: Files, writers: tuple[str, ...] = ()) -> Repository:
        """A repository of an organization, with the App on it."""
        repository = self.world.create_repository(full_name, files)
        repository.permissions.update(dict.fromkeys(writers, "write"))
        if all(made.owner != repository.owner for made in self.world.installations.values()):
            self.world.install(repository.owner)
        return repository

    @alone
    def fork(self, repository: Repository, owner: str, kind: str = "User") -> Repository:
        """A fork, of a person or an organization; the App is not on it."""
        fork = self.world.create_repository(f"{owner}/{repository.name}", {}, kind)
        fork.git("fetch", "-q", str(repository.path), "+refs/heads/*:refs/heads/*")
        fork.parent = repository
        fork.permissions[owner] = "admin"
        return fork

    @alone
    def open_pull(
        self,
        repository: Repository,
        branch: str,
        files: Files,
        author: str = "alice",
        source: Repository | None = None,
        *,
        draft: bool = False,
        maintainers_may_edit: bool = False,
        base: str = "main",
        title: str = "Change",
    ) -> int:
        """Commits files on a new branch (of a fork, if `source` is given) and opens a pull request for it."""
        head, tip = source or repository, repository.tip(base)
        if source is not None:
            source.parent = repository
            source.git("fetch", "-q", str(repository.path), f"+{base}:refs/heads/{branch}")
        head.commit(branch, files, title, tip)
        self.webhooks.pushed(head, branch, sender=author)
        pull = Pull(self.world.next_id(), branch, base, author, head)
        pull.draft, pull.maintainers_may_edit, pull.title = draft, maintainers_may_edit, title
        repository.pulls[pull.number] = pull
        self.world.mirror(repository, pull)
        self.webhooks.pull(repository, pull, "opened", sender=account(repository.site, author))
        return pull.number

    @alone
    def push(self, repository: Repository, branch: str, files: Files) -> str:
        """One more commit on a branch."""
        before = repository.tip(branch)
        oid = repository.commit(branch, files, "More", before)
        self.webhooks.pushed(repository, branch, before)
        return oid

    @alone
    def force_push(self, repository: Repository, branch: str, files: Files, onto: str = "main") -> str:
        """Another history for a branch: one commit on top of another branch's tip."""
        before = repository.tip(branch)
        oid = repository.commit(branch, files, "Again", repository.tip(onto))
        self.webhooks.pushed(repository, branch, before, forced=True)
        return oid

    @alone
    def delete_branch(self, repository: Repository, branch: str) -> None:
        """Pull requests from it are closed."""
        before = repository.tip(branch)
        for _, pull in self.world.pulls_from(repository, branch):
            pull.last_head = before
        repository.git("update-ref", "-d", f"refs/heads/{branch}")
        self.webhooks.pushed(repository, branch, before)

    @alone
    def delete_fork(self, fork: Repository) -> None:
        """Pull requests from it stay open and have no head repository any more."""
        for target in self.world.repositories.values():
            for pull in target.pulls.values():
                if pull.head_repository is fork:
                    pull.last_head, pull.head_repository = pull.head, None
        del self.world.repositories[fork.full_name]

    @alone
    def close(self, repository: Repository, number: int) -> None:
        pull = repository.pulls[number]
        pull.open = False
        self.webhooks.pull(repository, pull, "closed")

    @alone
    def merge(self, repository: Repository, number: int) -> str:
        """Merges a pull request that may be merged; raises `ValueError` for another."""
        pull = repository.pulls[number]
        if not self.mergeable(repository, number):
            raise ValueError(f"#{number} may not be merged")
        before = repository.tip(pull.base)
        merged = repository.says("rev-parse", f"refs/pull/{number}/merge")
        repository.git("update-ref", f"refs/heads/{pull.base}", merged)
        pull.open, pull.merged = False, True
        self.webhooks.pushed(repository, pull.base, before)
        self.webhooks.pull(repository, pull, "closed")
        return merged

    @alone
    def reopen(self, repository: Repository, number: int) -> None:
        pull = repository.pulls[number]
        pull.open = True
        self.world.mirror(repository, pull)
        self.webhooks.pull(repository, pull, "reopened")

    @alone
    def ready(self, repository: Repository, number: int) -> None:
        """A draft is one no longer."""
        pull = repository.pulls[number]
        pull.draft = False
        self.webhooks.pull(repository, pull, "ready_for_review")

    @alone
    def retarget(self, repository: Repository, number: int, base: str) -> None:
        """Gives a pull request another base."""
        pull = repository.pulls[number]
        before, pull.base = pull.base, base
        self.world.mirror(repository, pull)
        changes = {"base": {"ref": {"from": before}, "sha": {"from": repository.tip(before)}}}
        self.webhooks.pull(repository, pull, "edited", changes=changes)

    @alone
    def enqueue(self, repository: Repository, number: int) -> str:
        """Puts a pull request into the merge queue; the head of its group. Raises `ValueError` on a conflict."""
        pull = repository.pulls[number]
        base = repository.tip(pull.base)
        tree = merged_tree(repository, base, pull.head)
        if tree is None:
            raise ValueError(f"#{number} does not merge")
        merged = repository.says("commit-tree", tree, "-p", base, "-p", pull.head, "-m", f"Merge #{number}")
        branch = f"gh-readonly-queue/{pull.base}/pr-{number}-{base}"
        repository.git("update-ref", f"refs/heads/{branch}", merged)
        self.webhooks.pull(repository, pull, "enqueued")
        self.webhooks.pushed(repository, branch, NOTHING)
        self.webhooks.grouped(repository, branch, pull.base)
        return merged

    @alone
    def say(self, repository: Repository, number: int, body: str, author: str) -> int:
        """Somebody comments; the comment's id."""
        user = account(self.world.url, author)
        identity = self.world.next_id()
        record = {"id": identity, "number": number, "body": body, "user": user, "at": now()}
        repository.comments.append(record)
        self.webhooks.commented(repository, record)
        return identity

    @alone
    def review(self, repository: Repository, number: int, state: str, author: str) -> None:
        """Somebody reviews the head as it is: `APPROVED` or `CHANGES_REQUESTED`."""
        pull = repository.pulls[number]
        record = {
            "id": self.world.next_id(), "by": author, "body": "", "state": state, "commit_id": pull.head,
            "comments": [], "at": now(),
        }  # fmt: skip
        pull.reviews.append(record)
        self.webhooks.reviewed(repository, pull, record)

    @alone
    def press(self, repository: Repository, number: int, identifier: str, name: str = "prodgate") -> None:
        """Presses a button of a check run; raises `ValueError` when that has no such button."""
        record = self.checks(repository, number)[name]
        if all(action["identifier"] != identifier for action in record["actions"]):
            raise ValueError(f"{name} has no button {identifier}")
        asked = {"identifier": identifier}
        self.webhooks.checked(repository, record, "requested_action", requested_action=asked)

    @alone
    def rerun(self, repository: Repository, number: int, name: str = "prodgate") -> None:
        """Asks for a check run again."""
        self.webhooks.checked(repository, self.checks(repository, number)[name], "rerequested")

    @alone
    def rerun_all(self, repository: Repository, number: int) -> None:
        """Asks for the check suite of a head again. Of a fork's, it names no pull request."""
        self.webhooks.suite(repository, repository.pulls[number].head, "rerequested")

    @alone
    def checked_by_another(self, repository: Repository, head: str, name: str, conclusion: str) -> None:
        """Another App reports a check run of this name."""
        record = {
            "id": self.world.next_id(), "app": self.world.app_id + 1, "suite": self.world.next_id(), "name": name,
            "head_sha": head, "status": "completed", "conclusion": conclusion, "external_id": "", "details_url": None,
            "started_at": now(), "completed_at": now(), "output": {}, "annotations": [], "actions": [],
        }  # fmt: skip
        repository.checks.append(record)

    def checks(self, repository: Repository, number: int) -> dict[str, dict[str, Any]]:
        """The completed check runs of the App at the head of a pull request, the newest by name."""
        head, mine = repository.pulls[number].head, self.world.app_id
        return {
            check["name"]: check
            for check in repository.checks
            if (check["head_sha"], check["status"], check["app"]) == (head, "completed", mine)
        }

    def mergeable(self, repository: Repository, number: int) -> bool:
        """Whether GitHub's button is open: no draft, no conflict, and every required check lets it merge."""
        pull = repository.pulls[number]
        clean = merged_tree(repository, repository.tip(pull.base), pull.head) is not None
        return pull.open and not pull.draft and clean and not self.world.required_unmet(repository, pull.head)

    def send(self, event: str, repository: Repository, **fields: Any) -> None:
        """A webhook of a repository with any fields."""
        self.webhooks.send(event, repository, **fields)
