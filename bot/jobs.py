"""GitHub event to jobs. Pure: what a delivery asks for, and nothing about how it is done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FIX_ACTION = "prodgate-fix"
RECHECK_ACTION = "prodgate-recheck"
GATE = "prodgate"


@dataclass(frozen=True)
class Job:
    """Work to do, named by ids alone. `pull` is 0 for work on a whole repository or merge group.

    `base` is named where the base itself is new. `delivery` is the webhook that asked; empty, nobody did. `again`:
    what is known of this head does not count, somebody wants it looked at anew.
    """

    kind: Literal["check", "repair", "group", "close", "sweep", "reconcile", "redeliver", "retention"]
    installation: int = 0
    repository: int = 0
    owner: str = ""
    name: str = ""
    pull: int = 0
    head: str = ""
    base: str = ""
    comment: int = 0
    sender: str = ""
    words: str = ""
    delivery: str = ""
    again: bool = False

    @property
    def context(self) -> dict[str, Any]:
        """What every log line of the job says of it."""
        repository = f"{self.owner}/{self.name}" if self.name else ""
        named = {"delivery": self.delivery, "repository": repository, "pull": self.pull, "job": self.kind}
        return {key: value for key, value in named.items() if value}


class EventError(Exception):
    """The payload is not what this event should carry."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Id(_Model):
    id: int


class _User(_Model):
    login: str
    type: str = "User"


class _Repository(_Model):
    id: int
    name: str
    owner: _User
    default_branch: str = ""


class _Ref(_Model):
    ref: str
    sha: str


class _Pull(_Model):
    number: int
    state: str = "open"
    head: _Ref | None = None
    base: _Ref | None = None


class _App(_Model):
    id: int


class _Run(_Model):
    head_sha: str
    name: str = ""
    app: _App | None = None
    pull_requests: tuple[_Pull, ...] = ()


class _Issue(_Model):
    number: int
    pull_request: dict[str, Any] | None = None


class _Comment(_Model):
    id: int
    body: str = ""
    user: _User | None = None


class _Action(_Model):
    identifier: str


class _Group(_Model):
    head_sha: str
    base_sha: str


class _Event(_Model):
    action: str = ""
    installation: _Id | None = None
    repository: _Repository | None = None
    sender: _User | None = None
    pull_request: _Pull | None = None
    changes: dict[str, Any] = Field(default_factory=dict)
    check_run: _Run | None = None
    check_suite: _Run | None = None
    issue: _Issue | None = None
    comment: _Comment | None = None
    requested_action: _Action | None = None
    merge_group: _Group | None = None
    ref: str = ""


PULL_ACTIONS = frozenset({"opened", "synchronize", "reopened", "ready_for_review"})

REACHES = {
    "installation": frozenset({"created", "unsuspend", "new_permissions_accepted"}),
    "installation_repositories": frozenset({"added"}),
}
"""What gives us more to see. After the others there is no token, or nothing that was not seen before."""


def jobs_for(event: str, payload: object, app_id: int) -> list[Job]:
    """The jobs of one delivery, none for events that mean nothing here; raises `EventError`."""
    try:
        parsed = _Event.model_validate(payload)
    except ValidationError as problem:
        error = problem.errors()[0]
        raise EventError(f"{event}: {'.'.join(map(str, error['loc']))}: {error['msg']}") from None
    return list(_jobs(event, parsed, app_id))


def _jobs(event: str, payload: _Event, app_id: int) -> Iterator[Job]:
    if payload.action in REACHES.get(event, ()) and payload.installation:
        yield Job("sweep", installation=payload.installation.id)
    if payload.repository is None or payload.installation is None:
        return
    if event == "pull_request" and payload.pull_request:
        yield from _pull(payload, payload.pull_request)
    elif event == "issue_comment" and payload.action == "created":
        yield from _comment(payload)
    elif event in ("check_run", "check_suite"):
        yield from _run(payload, app_id)
    elif event == "merge_group" and payload.action == "checks_requested" and payload.merge_group:
        yield _job("group", payload, head=payload.merge_group.head_sha, base=payload.merge_group.base_sha)
    elif event == "push" and payload.ref == f"refs/heads/{payload.repository.default_branch}":
        yield _job("sweep", payload)


def _job(kind: Any, payload: _Event, **fields: Any) -> Job:
    assert payload.repository and payload.installation
    repository = payload.repository
    return Job(
        kind,
        installation=payload.installation.id,
        repository=repository.id,
        owner=repository.owner.login,
        name=repository.name,
        sender=payload.sender.login if payload.sender else "",
        **fields,
    )


def _pull(payload: _Event, pull: _Pull) -> Iterator[Job]:
    if payload.action == "closed":
        yield _job("close", payload, pull=pull.number)
        return
    head = pull.head.sha if pull.head else ""
    if payload.action in PULL_ACTIONS:
        yield _job("check", payload, pull=pull.number, head=head)
    elif payload.action == "edited" and "base" in payload.changes:
        yield _job("check", payload, pull=pull.number, head=head, base=pull.base.sha if pull.base else "")


def _comment(payload: _Event) -> Iterator[Job]:
    comment, issue = payload.comment, payload.issue
    if not (comment and issue and issue.pull_request is not None) or comment.user is None:
        return
    if comment.user.type == "Bot" or comment.user.login.endswith("[bot]"):
        return
    words = command_in(comment.body)
    if words is not None:
        yield _job("repair", payload, pull=issue.number, comment=comment.id, words=words)


def _run(payload: _Event, app_id: int) -> Iterator[Job]:
    run = payload.check_run or payload.check_suite
    if run is None or (run.app is not None and run.app.id != app_id):
        return
    pulls = run.pull_requests
    if payload.action == "rerequested":
        for pull in pulls:
            yield _job("check", payload, pull=pull.number, head=run.head_sha, again=True)
        if not pulls:
            yield _job("check", payload, head=run.head_sha, again=True)
    elif payload.action == "requested_action" and payload.requested_action:
        fixing = payload.requested_action.identifier == FIX_ACTION
        for pull in pulls:
            kind = "repair" if fixing else "check"
            yield _job(kind, payload, pull=pull.number, head=run.head_sha, again=not fixing)


_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")


def command_in(body: str) -> str | None:
    """The words behind the first `/fix` that stands at the start of a line, outside quotes and code; None if none."""
    fence = ""
    for line in body.replace("\r\n", "\n").split("\n")[:500]:
        mark = _FENCE.match(line)
        if mark:
            if not fence:
                fence = mark[1]
            elif mark[1][0] == fence[0] and len(mark[1]) >= len(fence):
                fence = ""
            continue
        if fence or line.startswith(("    ", "\t", ">")):
            continue
        first, _, rest = line.strip().partition(" ")
        if first == "/fix":
            return rest.strip()[:200]
    return None
