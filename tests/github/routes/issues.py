"""Comments on pull requests, and reactions to them."""

from __future__ import annotations

from typing import Any

from tests.github.access import Refused
from tests.github.operation import Call, found, operation
from tests.github.repository import now
from tests.github.shapes.people import Json, account, integration, node
from tests.github.shapes.pulls import comment

READ = ("issues:read", "pull_requests:read")
WRITE = ("issues:write", "pull_requests:write")


@operation("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", *READ)
def comments(call: Call) -> list[Json]:
    on_it = [record for record in call.repository.comments if record["number"] == call.pull.number]
    return [comment(call.repository, record) for record in call.page(on_it)]


@operation("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", *WRITE, status=201)
def create_comment(call: Call) -> Json:
    world, repository = call.world, call.repository
    record = {
        "id": world.next_id(),
        "number": call.pull.number,
        "body": call.body["body"],
        "at": now(),
        "user": account(world.url, world.login),
        "performed_via_github_app": integration(world),
    }
    repository.comments.append(record)
    call.webhooks.commented(repository, record)
    return comment(repository, record)


@operation("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", *WRITE)
def edit_comment(call: Call) -> Json:
    record = _named(call)
    if record["user"]["login"] != call.world.login:
        raise Refused(403, "Resource not accessible by integration")
    record["body"] = call.body["body"]
    call.webhooks.commented(call.repository, record, "edited")
    return comment(call.repository, record)


@operation("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", "issues:write", status=201)
def react(call: Call) -> Json:
    record, content, site = _named(call), call.body["content"], call.world.url
    reaction = (record["id"], content)
    if reaction in call.repository.reactions:
        call.status = 200
    else:
        call.repository.reactions.append(reaction)
    number = record["id"] * 100 + len(content)
    return {
        "id": number,
        "node_id": node("RE", number),
        "user": account(site, call.world.login),
        "content": content,
        "created_at": now(),
    }


def _named(call: Call) -> dict[str, Any]:
    number = call.path["comment_id"]
    return found(next((record for record in call.repository.comments if record["id"] == number), None))
