"""Check runs: created, finished, annotated, listed. And commit statuses beside them."""

from __future__ import annotations

from typing import Any

from tests.github.access import Refused
from tests.github.operation import Call, found, operation
from tests.github.repository import Repository, now
from tests.github.shapes import checks, repositories
from tests.github.shapes.people import Json

KEPT = ("external_id", "details_url", "actions", "name")
MAX_STATUSES = 1000


@operation("POST", "/repos/{owner}/{repo}/check-runs", "checks:write", status=201)
def create_run(call: Call) -> Json:
    repository, body = call.repository, call.body
    head = body["head_sha"]
    if repository.resolve(head) != head:
        raise Refused(422, f"No commit found for SHA: {head}")
    suite = repository.suites.setdefault(head, call.world.next_id())
    record: dict[str, Any] = {
        "id": call.world.next_id(),
        "app": call.world.app_id,
        "suite": suite,
        "head_sha": head,
        "status": "queued",
        "conclusion": None,
        "external_id": "",
        "details_url": None,
        "started_at": body.get("started_at", now()),
        "completed_at": None,
        "output": {},
        "annotations": [],
        "actions": [],
    }
    _apply(record, body)
    repository.checks.append(record)
    call.webhooks.checked(repository, record, "created")
    if record["status"] == "completed":
        call.webhooks.checked(repository, record, "completed")
    return checks.check_run(repository, record, call.world)


@operation("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks:write")
def update_run(call: Call) -> Json:
    repository, record = call.repository, _named(call)
    if record["app"] != call.world.app_id:
        raise Refused(403, "Invalid app_id - check run can only be modified by the GitHub App that created it.")
    before = record["status"]
    _apply(record, call.body)
    if (before, record["status"]) != ("completed", "completed") and record["status"] == "completed":
        call.webhooks.checked(repository, record, "completed")
    return checks.check_run(repository, record, call.world)


@operation("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", "checks:read")
def run(call: Call) -> Json:
    return checks.check_run(call.repository, _named(call), call.world)


@operation("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", "checks:read")
def annotations_of_run(call: Call) -> list[Json]:
    record = _named(call)
    notes = call.page(record["annotations"])
    return [checks.annotation(call.repository, record["head_sha"], note) for note in notes]


@operation("GET", "/repos/{owner}/{repo}/commits/{ref}/check-runs", "checks:read")
def runs_of_commit(call: Call) -> Json:
    repository, query = call.repository, call.query
    head = _commit(repository, call.path["ref"])
    wanted = {"name": query.get("check_name"), "app": query.get("app_id"), "status": query.get("status")}
    chosen = [
        record
        for record in reversed(repository.checks)
        if record["head_sha"] == head and all(value in (None, record[key]) for key, value in wanted.items())
    ]
    if query.get("filter", "latest") == "latest":
        chosen = list({(record["app"], record["name"]): record for record in reversed(chosen)}.values())
    listed = [checks.check_run(repository, record, call.world) for record in call.page(chosen)]
    return {"total_count": len(chosen), "check_runs": listed}


@operation("GET", "/repos/{owner}/{repo}/commits/{ref}/check-suites", "checks:read")
def suites_of_commit(call: Call) -> Json:
    repository = call.repository
    head = _commit(repository, call.path["ref"])
    listed = [checks.check_suite(repository, head, call.world)] if head in repository.suites else []
    return {"total_count": len(listed), "check_suites": call.page(listed)}


@operation("POST", "/repos/{owner}/{repo}/statuses/{sha}", "statuses:write", status=201)
def create_status(call: Call) -> Json:
    repository, sha = call.repository, _commit(call.repository, call.path["sha"])
    context = call.body.get("context", "default")
    known = [record for record in repository.statuses if (record["sha"], record["context"]) == (sha, context)]
    if len(known) >= MAX_STATUSES:
        raise Refused(422, "This SHA and context has reached the maximum number of statuses.")
    record = {**call.body, "id": call.world.next_id(), "sha": sha, "at": now(), "by": call.world.login}
    repository.statuses.append({**record, "context": context})
    return repositories.status(repository, repository.statuses[-1])


@operation("GET", "/repos/{owner}/{repo}/commits/{ref}/statuses", "statuses:read")
def statuses(call: Call) -> list[Json]:
    repository, sha = call.repository, _commit(call.repository, call.path["ref"])
    newest = [record for record in reversed(repository.statuses) if record["sha"] == sha]
    return [repositories.status(repository, record) for record in call.page(newest)]


def _commit(repository: Repository, name: str) -> str:
    sha = repository.resolve(name)
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {name}")
    return sha


def _named(call: Call) -> dict[str, Any]:
    number = call.path["check_run_id"]
    return found(next((record for record in call.repository.checks if record["id"] == number), None))


def _apply(record: dict[str, Any], body: dict[str, Any]) -> None:
    """Annotations are added to what is there; everything else takes its place."""
    output = dict(body.get("output") or {})
    record["annotations"] += output.pop("annotations", [])
    record["output"] |= output
    record |= {key: body[key] for key in KEPT if key in body}
    conclusion = body.get("conclusion")
    record["status"] = "completed" if conclusion else body.get("status", record["status"])
    if record["status"] == "completed":
        record["conclusion"] = conclusion or record["conclusion"]
        record["completed_at"] = body.get("completed_at") or now()
    else:
        record["conclusion"] = record["completed_at"] = None
