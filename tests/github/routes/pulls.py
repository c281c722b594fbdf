"""Pull requests and their reviews."""

from __future__ import annotations

import re
from typing import Any

from tests.github.access import Refused
from tests.github.operation import Call, found, operation
from tests.github.repository import Pull, Repository, now
from tests.github.shapes.people import Json
from tests.github.shapes.pulls import pull_json, review, whole_pull

HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED", "": "PENDING"}


@operation("GET", "/repos/{owner}/{repo}/pulls", "pull_requests:read")
def pulls(call: Call) -> list[Json]:
    wanted = {"open": (True,), "closed": (False,)}.get(str(call.query.get("state", "open")), (True, False))
    base, head = call.query.get("base"), call.query.get("head")
    chosen = [
        pull
        for pull in call.repository.pulls.values()
        if pull.open in wanted and base in (None, pull.base) and head in (None, _label(pull))
    ]
    return [pull_json(call.repository, pull) for pull in call.page(chosen)]


@operation("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", "pull_requests:read")
def pull(call: Call) -> Json:
    return whole_pull(call.world, call.repository, call.pull)


@operation("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", "pull_requests:read", "contents:read")
def pulls_of_commit(call: Call) -> list[Json]:
    repository = call.repository
    sha = found(repository.resolve(call.path["commit_sha"]))
    holding = [pull for pull in repository.pulls.values() if _holds(repository, pull, sha)]
    return [pull_json(repository, pull) for pull in call.page(holding)]


@operation("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pull_requests:read")
def reviews(call: Call) -> list[Json]:
    return [review(call.repository, call.pull, record) for record in call.page(call.pull.reviews)]


@operation("POST", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews", "pull_requests:write")
def create_review(call: Call) -> Json:
    repository, of, body = call.repository, call.pull, call.body or {}
    commit = found(repository.resolve(body.get("commit_id", of.head)))
    comments = body.get("comments", [])
    if body.get("event", "") in ("COMMENT", "REQUEST_CHANGES") and not (body.get("body") or comments):
        raise Refused(422, "Unprocessable Entity", [{"message": "Body can't be blank"}])
    base = repository.says("merge-base", repository.tip(of.base), commit)
    for comment in comments:
        _check_lines(repository, base, commit, comment)
    record = {
        "id": call.world.next_id(),
        "by": call.world.login,
        "body": body.get("body", ""),
        "state": STATES[body.get("event", "")],
        "commit_id": commit,
        "comments": comments,
        "at": now(),
    }
    of.reviews.append(record)
    call.webhooks.reviewed(repository, of, record)
    return review(repository, of, record)


def _label(pull: Pull) -> str:
    owner = pull.head_repository.owner if pull.head_repository else pull.author
    return f"{owner}:{pull.branch}"


def _holds(repository: Repository, pull: Pull, sha: str) -> bool:
    return sha in repository.says("rev-list", f"{repository.tip(pull.base)}..{pull.head}").split()


def _check_lines(repository: Repository, base: str, head: str, comment: dict[str, Any]) -> None:
    """Comments lie on lines that the diff shows, a range in one hunk; raises `Refused`."""
    if "position" in comment and "line" not in comment:
        return
    hunks = diff_lines(repository, base, head, comment["path"], comment.get("side", "RIGHT"))
    line = comment.get("line", 0)
    start = comment.get("start_line", line)
    if start > line or not any(start in hunk and line in hunk for hunk in hunks):
        problem = "Line could not be resolved" if hunks else "Path could not be resolved"
        raise Refused(422, "Unprocessable Entity", [{"message": problem}])


def diff_lines(repository: Repository, base: str, head: str, path: str, side: str) -> list[range]:
    """The lines of a file that a pull request's diff shows, a range for each hunk."""
    diff = repository.git("diff", "--no-renames", "--unified=3", base, head, "--", f":(literal){path}")
    first = 3 if side == "RIGHT" else 1
    hunks = []
    for match in filter(None, map(HUNK.match, diff.splitlines())):
        start, count = int(match[first]), int(match[first + 1] or b"1")
        hunks.append(range(start, start + count))
    return hunks
