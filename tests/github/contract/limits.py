"""What GitHub enforces and its description does not state. Sources: its documentation of each operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_ANNOTATIONS = 50
MAX_TEXT = 65_535
"""Characters of a check run's summary and text."""

MAX_MESSAGE_BYTES = 64 * 1024
MAX_TITLE = 255
MAX_ACTIONS = 3
ACTION_LIMITS = {"label": 20, "description": 40, "identifier": 20}
MAX_COMMENT = 65_536
MAX_PAGE = 100
MAX_REPOSITORIES = 500
MAX_STATUS_DESCRIPTION = 140
CONCLUSIONS = frozenset({"action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"})
"""Those that an App may set: `stale` is GitHub's alone."""

Body = Mapping[str, Any]


def beyond_limits(method: str, template: str, query: Mapping[str, Any], body: Any) -> list[str]:
    """What is wrong with a request that follows the description."""
    faults = [f"per_page is {query['per_page']}"] if _number(query.get("per_page")) > MAX_PAGE else []
    for key, check in CHECKS.items():
        if template.endswith(key) and method in ("POST", "PATCH") and isinstance(body, dict):
            faults += check(body)
    return faults


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _check_run(body: Body) -> Iterator[str]:
    output = body.get("output") or {}
    notes, actions = output.get("annotations") or [], body.get("actions") or []
    if len(notes) > MAX_ANNOTATIONS:
        yield f"{len(notes)} annotations in one request"
    for key in ("summary", "text"):
        if len(output.get(key) or "") > MAX_TEXT:
            yield f"{key} has {len(output[key])} characters"
    for note in notes:
        yield from _annotation(note)
    if len(actions) > MAX_ACTIONS:
        yield f"{len(actions)} actions"
    for action in actions:
        yield from (f"an action's {key} is too long" for key, most in ACTION_LIMITS.items() if len(action[key]) > most)
    if body.get("conclusion") not in CONCLUSIONS | {None}:
        yield f"the conclusion {body['conclusion']} is not an App's to give"
    if body.get("status") == "completed" and not body.get("conclusion"):
        yield "completed without a conclusion"


def _annotation(note: Body) -> Iterator[str]:
    start, end = note["start_line"], note["end_line"]
    if start < 1 or end < start:
        yield f"an annotation from line {start} to line {end}"
    if start != end and ("start_column" in note or "end_column" in note):
        yield "columns on an annotation of several lines"
    if start == end and note.get("start_column", 1) > note.get("end_column", note.get("start_column", 1)):
        yield "an annotation that ends before it starts"
    for key in ("message", "raw_details"):
        if len((note.get(key) or "").encode()) > MAX_MESSAGE_BYTES:
            yield f"an annotation's {key} is over 64 KB"
    if len(note.get("title") or "") > MAX_TITLE:
        yield "an annotation's title is over 255 characters"
    if note["path"].startswith("/") or ".." in note["path"].split("/"):
        yield f"an annotation outside the repository: {note['path']}"


def _comment(body: Body) -> Iterator[str]:
    if len(body.get("body") or "") > MAX_COMMENT:
        yield "a comment is over 65,536 characters"


def _review(body: Body) -> Iterator[str]:
    yield from _comment(body)
    for comment in body.get("comments") or []:
        yield from _comment(comment)


def _token(body: Body) -> Iterator[str]:
    if max(len(body.get("repository_ids") or []), len(body.get("repositories") or [])) > MAX_REPOSITORIES:
        yield "a token for more than 500 repositories"


def _status(body: Body) -> Iterator[str]:
    if len(body.get("description") or "") > MAX_STATUS_DESCRIPTION:
        yield "a status description is over 140 characters"


CHECKS: dict[str, Callable[[Body], Iterator[str]]] = {
    "/check-runs": _check_run,
    "/check-runs/{check_run_id}": _check_run,
    "/comments": _comment,
    "/comments/{comment_id}": _comment,
    "/reviews": _review,
    "/access_tokens": _token,
    "/statuses/{sha}": _status,
}
