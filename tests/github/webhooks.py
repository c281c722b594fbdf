"""The webhooks that a change of the world brings about, with payloads in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.github.repository import Pull, Repository
from tests.github.shapes import checks, pulls
from tests.github.shapes.people import Json, account, node
from tests.github.shapes.people import installation as installation_json
from tests.github.shapes.repositories import html, repository_json, webhook_commit
from tests.github.world import Installation, World

NOTHING = "0" * 40
"""The id of a commit before a branch began, and after it went."""


class Webhooks:
    """Writes webhooks; `post` takes an event and its payload. Only what an installation covers is told."""

    def __init__(self, world: World, post: Callable[[str, Json], None]) -> None:
        self._world = world
        self._post = post

    def send(self, event: str, repository: Repository, **fields: Any) -> None:
        """An event of a repository with these fields beside the common ones."""
        installation = self._world.installation_of(repository)
        if installation is None:
            return
        owner = account(repository.site, repository.owner, repository.owner_kind)
        payload = {
            "repository": repository_json(repository),
            "organization": owner,
            "installation": {"id": installation.id, "node_id": node("I", installation.id)},
            "sender": account(repository.site, "alice"),
            **fields,
        }
        self._post(event, payload)

    def pushed(
        self, repository: Repository, branch: str, before: str = NOTHING, sender: str = "alice", forced: bool = False
    ) -> None:
        """A branch moved, began or went: `push`, a new check suite, and `synchronize` where it is a head."""
        after = repository.tip(branch) if repository.has(branch) else NOTHING
        who = account(repository.site, sender)
        self._tell("push", repository, **self._push(repository, branch, before, after, forced), sender=who)
        if after != NOTHING and self._world.installation_of(repository):
            self._suite_requested(repository, after, who)
        for target, pull in self._world.pulls_from(repository, branch):
            if after == NOTHING:
                pull.open = False
                self.pull(target, pull, "closed", sender=who)
                continue
            self._world.mirror(target, pull)
            self.pull(target, pull, "synchronize", before=before, after=after, sender=who)

    def pull(self, repository: Repository, pull: Pull, action: str, **fields: Any) -> None:
        whole = pulls.pull_json(repository, pull)
        self._tell("pull_request", repository, action=action, number=pull.number, pull_request=whole, **fields)

    def commented(self, repository: Repository, record: dict[str, Any], action: str = "created") -> None:
        issue = pulls.issue(repository, repository.pulls[record["number"]])
        made = pulls.comment(repository, record)
        self._tell("issue_comment", repository, action=action, issue=issue, comment=made, sender=record["user"])

    def checked(self, repository: Repository, record: dict[str, Any], action: str, **fields: Any) -> None:
        run = checks.check_run(repository, record, self._world)
        run["check_suite"] = checks.check_suite(repository, record["head_sha"], self._world)
        self._tell("check_run", repository, action=action, check_run=run, **fields)

    def suite(self, repository: Repository, head: str, action: str, **fields: Any) -> None:
        whole = checks.check_suite(repository, head, self._world)
        self._tell("check_suite", repository, action=action, check_suite=whole, **fields)

    def reviewed(self, repository: Repository, pull: Pull, record: dict[str, Any]) -> None:
        made = pulls.review(repository, pull, record)
        self._tell("pull_request_review", repository, action="submitted", review=made,
                  pull_request=pulls.pull_json(repository, pull), sender=made["user"])  # fmt: skip

    def grouped(self, repository: Repository, branch: str, base: str, action: str = "checks_requested") -> None:
        """A merge queue asks for the checks of a group, whose commits are on a branch of its own."""
        head = repository.tip(branch)
        base_sha = repository.says("rev-parse", f"{head}^")
        group = {
            "head_sha": head,
            "head_ref": f"refs/heads/{branch}",
            "base_sha": base_sha,
            "base_ref": f"refs/heads/{base}",
            "head_commit": webhook_commit(repository, head),
        }
        self._tell("merge_group", repository, action=action, merge_group=group)

    def installed(self, installation: Installation, event: str, action: str, **fields: Any) -> None:
        """`installation` and `installation_repositories`: they name no single repository."""
        listed = [
            {"id": r.id, "node_id": node("R", r.id), "name": r.name, "full_name": r.full_name, "private": True}
            for r in self._world.repositories.values()
            if installation.covers(r)
        ]
        key = "repositories" if event == "installation" else "repositories_added"
        payload = {
            "action": action,
            "installation": installation_json(self._world, installation),
            key: listed,
            "repository_selection": "all" if installation.selected is None else "selected",
            "requester": None,
            "sender": account(self._world.url, "alice"),
            **fields,
        }
        self._post(event, payload)

    def ping(self) -> None:
        hook = {"type": "App", "id": 1, "name": "web", "active": True, "events": list(self._world.events)}
        self._post("ping", {"zen": "Design for failure.", "hook_id": 1, "hook": {**hook, "app_id": self._world.app_id}})

    def _tell(self, event: str, repository: Repository, **fields: Any) -> None:
        """Sends an event if the App asks to hear of it."""
        if event in self._world.events:
            self.send(event, repository, **fields)

    def _suite_requested(self, repository: Repository, head: str, sender: Json) -> None:
        if head not in repository.suites:
            repository.suites[head] = self._world.next_id()
            self.suite(repository, head, "requested", sender=sender)

    def _push(self, repository: Repository, branch: str, before: str, after: str, forced: bool) -> Json:
        page = html(repository)
        gone = after == NOTHING
        commits = [] if gone else [webhook_commit(repository, after)]
        return {
            "ref": f"refs/heads/{branch}",
            "before": before,
            "after": after,
            "created": before == NOTHING,
            "deleted": gone,
            "forced": forced,
            "base_ref": None,
            "compare": f"{page}/compare/{before[:12]}...{after[:12]}",
            "commits": commits,
            "head_commit": commits[0] if commits else None,
            "pusher": {"name": "alice", "email": "alice@example.org"},
        }
