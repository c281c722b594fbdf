"""What goes wrong at the stand-in when it is told to, and what lets a pull request merge there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.github.faults import Fault, answer_lost, before, broken, exhausted, limited, slow, unauthorized
from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn
from tests.github.talk import Talk

REPO = "/repos/acme/shop"


@pytest.mark.parametrize(
    ("fault", "status", "headers"),
    [
        (limited("GET", "/pulls", retry_after=7), 429, {"retry-after": "7"}),
        (limited("GET", "/pulls", status=403), 403, {"retry-after": None, "x-ratelimit-remaining": "4999"}),
        (exhausted("GET", "/pulls", reset_in=60), 403, {"x-ratelimit-remaining": "0", "retry-after": None}),
        (broken("GET", "/pulls"), 502, {}),
        (unauthorized("GET", "/pulls"), 401, {}),
    ],
)
def test_a_fault_is_met_once_by_the_request_it_is_for(
    hub: GitHubStandIn, talk: Talk, shop: Repository, fault: Fault, status: int, headers: dict[str, str | None]
) -> None:
    hub.faults.append(fault)
    assert talk("GET", REPO).status_code == 200
    met = talk("GET", f"{REPO}/pulls")
    assert met.status_code == status
    assert {name: met.headers.get(name) for name in headers} == headers
    assert talk("GET", f"{REPO}/pulls").status_code == 200
    assert hub.faults == []


def test_an_answer_may_be_lost_after_the_write(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    path = f"{REPO}/issues/{number}/comments"
    hub.faults.extend([answer_lost("POST", "/comments"), broken("POST", "/comments")])
    assert [talk("POST", path, json={"body": "x"}).status_code for _ in range(3)] == [502, 502, 201]
    assert len(shop.comments) == 2


def test_an_answer_may_be_late_and_the_world_may_move_meanwhile(
    hub: GitHubStandIn, talk: Talk, shop: Repository
) -> None:
    talk.token = talk.mint().json()["token"]
    hub.faults.append(slow("GET", "/git/ref", seconds=1))
    with ThreadPoolExecutor() as pool:
        late = pool.submit(talk, "GET", f"{REPO}/git/ref/heads/main")
        hub.wait_for(lambda: hub.faults == [])
        assert talk("GET", REPO).status_code == 200
        assert not late.done()
        head = late.result().json()["object"]["sha"]
    hub.faults.append(before("POST", "/graphql", lambda: hub.push(shop, "main", {"x": "1"})))
    error = talk.commit("acme/shop", "main", head, {"path": "app.py"})["errors"][0]
    assert error["type"] == "STALE_DATA"
    assert shop.tip("main") != head


def test_mergeability_is_unknown_at_first_where_that_is_wanted(
    hub: GitHubStandIn, talk: Talk, shop: Repository
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    shop.pulls[number].computing = 2

    def shown() -> tuple[Any, str]:
        pull = talk("GET", f"{REPO}/pulls/{number}").json()
        return pull["mergeable"], pull["mergeable_state"]

    assert [shown() for _ in range(3)] == [(None, "unknown"), (None, "unknown"), (True, "blocked")]
    hub.push(shop, "main", {"mail.py": "conflict\n"})
    assert shown() == (False, "dirty")


def report(talk: Talk, head: str, conclusion: str = "", name: str = "prodgate") -> None:
    done = {"status": "completed", "conclusion": conclusion} if conclusion else {"status": "in_progress"}
    answer = talk("POST", f"{REPO}/check-runs", json={"name": name, "head_sha": head, **done})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("conclusion", "lets_merge"),
    [
        ("success", True),
        ("neutral", True),
        ("skipped", True),
        ("failure", False),
        ("cancelled", False),
        ("timed_out", False),
        ("action_required", False),
        ("", False),
    ],
)
def test_a_required_check_decides(
    hub: GitHubStandIn, talk: Talk, shop: Repository, conclusion: str, lets_merge: bool
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    assert not hub.mergeable(shop, number), "a check that was never reported blocks"
    report(talk, shop.tip("mail"), conclusion)
    assert hub.mergeable(shop, number) is lets_merge
    state = talk("GET", f"{REPO}/pulls/{number}").json()["mergeable_state"]
    assert state == ("clean" if lets_merge else "blocked")


def test_only_our_latest_check_at_the_latest_head_counts(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    hub.checked_by_another(shop, shop.tip("mail"), "prodgate", "success")
    assert not hub.mergeable(shop, number), "another App's"
    report(talk, shop.tip("mail"), "success")
    report(talk, shop.tip("mail"))
    assert not hub.mergeable(shop, number), "a newer one is in progress"
    report(talk, shop.tip("mail"), "success")
    assert hub.mergeable(shop, number)
    hub.push(shop, "mail", {"mail.py": "x = 2\n"})
    assert not hub.mergeable(shop, number), "an older head's"
    with pytest.raises(ValueError, match="may not be merged"):
        hub.merge(shop, number)
    shop.required.add("prodgate / env")
    report(talk, shop.tip("mail"), "success")
    assert not hub.mergeable(shop, number), "one of two"
    contexts = [
        check["context"]
        for rule in talk("GET", f"{REPO}/rules/branches/main").json()
        for check in rule["parameters"]["required_status_checks"]
    ]
    assert contexts == ["prodgate", "prodgate / env"]
    report(talk, shop.tip("mail"), "success", "prodgate / env")
    assert shop.tip("main") != hub.merge(shop, number) == shop.tip("main")


def test_drafts_conflicts_and_closed_pull_requests_do_not_merge(
    hub: GitHubStandIn, talk: Talk, shop: Repository
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"}, draft=True)
    report(talk, shop.tip("mail"), "success")
    assert not hub.mergeable(shop, number)
    hub.ready(shop, number)
    assert hub.mergeable(shop, number)
    hub.close(shop, number)
    assert not hub.mergeable(shop, number)
    hub.reopen(shop, number)
    hub.push(shop, "main", {"mail.py": "conflict\n"})
    assert not hub.mergeable(shop, number)


def test_a_merge_group_is_the_base_with_the_pull_request(hub: GitHubStandIn, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    head = hub.enqueue(shop, number)
    assert shop.says("rev-parse", f"{head}^1", f"{head}^2").split() == [shop.tip("main"), shop.tip("mail")]
    assert shop.tip(f"gh-readonly-queue/main/pr-{number}-{shop.tip('main')}") == head
