"""Check runs and suites."""

from __future__ import annotations

from typing import Any

from tests.github.repository import Pull, Repository
from tests.github.shapes.people import Json, integration, node
from tests.github.shapes.repositories import api, html, repository_json, webhook_commit
from tests.github.world import World


def listed_pulls(repository: Repository, head: str) -> list[Json]:
    """The open pull requests at a head as checks list them: never those of forks."""
    return [
        minimal_pull(repository, pull)
        for pull in repository.pulls.values()
        if pull.open and pull.head_repository is repository and pull.head == head
    ]


def minimal_pull(repository: Repository, pull: Pull) -> Json:
    short = {"id": repository.id, "url": api(repository), "name": repository.name}
    return {
        "id": pull.number * 1000,
        "number": pull.number,
        "url": f"{api(repository)}/pulls/{pull.number}",
        "head": {"ref": pull.branch, "sha": pull.head, "repo": short},
        "base": {"ref": pull.base, "sha": repository.tip(pull.base), "repo": short},
    }


def check_run(repository: Repository, record: dict[str, Any], world: World) -> Json:
    """A run as GitHub answers with it: the annotations are only counted."""
    url = f"{api(repository)}/check-runs/{record['id']}"
    output = {key: record["output"].get(key) for key in ("title", "summary", "text")}
    page = f"{html(repository)}/runs/{record['id']}"
    maker = integration(world)
    return {
        "id": record["id"],
        "node_id": node("CR", record["id"]),
        "head_sha": record["head_sha"],
        "name": record["name"],
        "url": url,
        "html_url": page,
        "details_url": record["details_url"] or page,
        "external_id": record["external_id"] or "",
        "status": record["status"],
        "conclusion": record["conclusion"],
        "started_at": record["started_at"],
        "completed_at": record["completed_at"],
        "output": {**output, "annotations_count": len(record["annotations"]), "annotations_url": f"{url}/annotations"},
        "check_suite": {"id": record["suite"]},
        "app": maker if record["app"] == world.app_id else {**maker, "id": record["app"], "slug": "other"},
        "pull_requests": listed_pulls(repository, record["head_sha"]),
    }


def annotation(repository: Repository, head: str, note: Json) -> Json:
    optional = ("start_column", "end_column", "title", "raw_details")
    kept = ("path", "start_line", "end_line", "annotation_level", "message")
    return {
        **{key: note[key] for key in kept},
        **{key: note.get(key) for key in optional},
        "blob_href": f"{html(repository)}/blob/{head}/{note['path']}",
    }


def check_suite(repository: Repository, head: str, world: World) -> Json:
    number = repository.suites[head]
    runs = [check for check in repository.checks if check["suite"] == number]
    open_pulls = listed_pulls(repository, head)
    done = bool(runs) and all(check["status"] == "completed" for check in runs)
    return {
        "id": number,
        "node_id": node("CS", number),
        "head_branch": open_pulls[0]["head"]["ref"] if open_pulls else None,
        "head_sha": head,
        "status": "completed" if done else "queued",
        "conclusion": runs[-1]["conclusion"] if done else None,
        "url": f"{api(repository)}/check-suites/{number}",
        "before": None,
        "after": head,
        "pull_requests": open_pulls,
        "app": integration(world),
        "created_at": repository.created,
        "updated_at": repository.created,
        "rerequestable": True,
        "runs_rerequestable": True,
        "latest_check_runs_count": len(runs),
        "check_runs_url": f"{api(repository)}/check-suites/{number}/check-runs",
        "head_commit": _head_commit(repository, head),
        "repository": repository_json(repository),
    }


def _head_commit(repository: Repository, head: str) -> Json:
    whole = webhook_commit(repository, head)
    people = {role: {key: whole[role][key] for key in ("name", "email")} for role in ("author", "committer")}
    return {**{key: whole[key] for key in ("id", "tree_id", "message", "timestamp")}, **people}
