"""GitHub event to jobs."""

from __future__ import annotations

from typing import Any

import pytest

from bot.jobs import EventError, Job, command_in, jobs_for

APP = 7
COMMON: dict[str, Any] = {
    "installation": {"id": 3},
    "repository": {"id": 5, "name": "shop", "owner": {"login": "acme"}, "default_branch": "main"},
    "sender": {"login": "alice"},
}


def kinds(event: str, **payload: Any) -> list[tuple[str, int]]:
    return [(job.kind, job.pull) for job in jobs_for(event, {**COMMON, **payload}, APP)]


PULL = {"number": 9, "head": {"ref": "t", "sha": "a" * 40}, "base": {"ref": "main", "sha": "b" * 40}}


@pytest.mark.parametrize("action", ["opened", "synchronize", "reopened", "ready_for_review"])
def test_a_pull_request_is_checked(action: str) -> None:
    assert kinds("pull_request", action=action, pull_request=PULL) == [("check", 9)]


def test_an_edit_counts_only_when_the_base_changed() -> None:
    assert kinds("pull_request", action="edited", pull_request=PULL, changes={"title": {}}) == []
    assert kinds("pull_request", action="edited", pull_request=PULL, changes={"base": {}}) == [("check", 9)]


def test_closing_ends_the_work() -> None:
    assert kinds("pull_request", action="closed", pull_request=PULL) == [("close", 9)]


def comment(body: str, kind: str = "User", action: str = "created", pull: bool = True) -> list[tuple[str, int]]:
    issue = {"number": 9, **({"pull_request": {}} if pull else {})}
    return kinds(
        "issue_comment",
        action=action,
        issue=issue,
        comment={"id": 1, "body": body, "user": {"login": "a", "type": kind}},
    )


def test_only_created_comments_of_people_on_pull_requests_count() -> None:
    assert comment("/fix env") == [("repair", 9)]
    assert comment("/fix", action="edited") == []
    assert comment("/fix", kind="Bot") == []
    assert comment("/fix", pull=False) == []


@pytest.mark.parametrize(
    "body", ["> /fix", "```\n/fix\n```", "~~~~\n/fix\n~~~\n~~~~", "    /fix", "please /fix", "/fixed", "\t/fix"]
)
def test_quoted_and_fenced_words_are_no_command(body: str) -> None:
    assert command_in(body) is None


def test_the_words_of_a_command() -> None:
    assert command_in("thanks\r\n/fix migrations/drop-column\r\n") == "migrations/drop-column"


def test_buttons_and_reruns_of_our_own_checks_only() -> None:
    run = {"head_sha": "a" * 40, "app": {"id": APP}, "pull_requests": [{"number": 9}]}
    assert kinds("check_run", action="rerequested", check_run=run) == [("check", 9)]
    assert kinds("check_run", action="rerequested", check_run={**run, "app": {"id": 8}}) == []
    asked = {"identifier": "prodgate-fix"}
    assert kinds("check_run", action="requested_action", check_run=run, requested_action=asked) == [("repair", 9)]
    assert kinds("check_suite", action="rerequested", check_suite={**run, "pull_requests": []}) == [("check", 0)]


def test_merge_groups_and_pushes_to_the_default_branch() -> None:
    group = {"head_sha": "a" * 40, "base_sha": "b" * 40}
    assert kinds("merge_group", action="checks_requested", merge_group=group) == [("group", 0)]
    assert kinds("push", ref="refs/heads/main") == [("sweep", 0)]
    assert kinds("push", ref="refs/heads/topic") == []


@pytest.mark.parametrize(
    ("event", "action", "wanted"),
    [
        ("installation", "created", ["sweep"]),
        ("installation", "unsuspend", ["sweep"]),
        ("installation", "new_permissions_accepted", ["sweep"]),
        ("installation", "deleted", []),
        ("installation", "suspend", []),
        ("installation_repositories", "added", ["sweep"]),
        ("installation_repositories", "removed", []),
    ],
)
def test_an_installation_is_swept_only_when_there_is_more_to_see(event: str, action: str, wanted: list[str]) -> None:
    payload = {"action": action, "installation": {"id": 3}}
    assert [job.kind for job in jobs_for(event, payload, APP)] == wanted
    assert jobs_for(event, {"action": action}, APP) == [], "it names no installation"


@pytest.mark.parametrize(
    ("event", "action", "swept"),
    [
        ("installation", "created", True),
        ("installation", "unsuspend", True),
        ("installation", "new_permissions_accepted", True),
        ("installation_repositories", "added", True),
        ("installation", "suspend", False),
        ("installation", "deleted", False),
        ("installation_repositories", "removed", False),
    ],
)
def test_an_installation_is_swept_when_there_is_more_to_see(event: str, action: str, swept: bool) -> None:
    found = jobs_for(event, {"action": action, "installation": {"id": 3}}, APP)
    assert found == ([Job("sweep", installation=3)] if swept else [])


def test_unknown_events_are_ignored_and_wrong_payloads_refused() -> None:
    assert kinds("star", action="created") == []
    with pytest.raises(EventError, match=r"pull_request\.number"):
        jobs_for("pull_request", {**COMMON, "pull_request": {"number": "x"}}, APP)
    with pytest.raises(EventError):
        jobs_for("pull_request", ["not", "a", "mapping"], APP)
