"""Limits and troubles of GitHub's API: waited for, and no write made twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.flows.hub import Commit, HubError, Later, Place
from bot.github.client import Client, GraphQLRefused, Refused
from bot.github.hub import GitHubHub
from bot.github.waits import LONGEST_SECONDS
from bot.report.model import Annotation, CheckRun
from rules.policy import Conclusion
from tests.github.asking import QUERY, asked, comment, get
from tests.github.clock import Still
from tests.github.faults import Fault, answer_lost, broken, exhausted, graphql_limited, limited, unauthorized
from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (limited("POST", "/comments", status=403), 60),
        (limited("POST", "/comments"), 60),
        (limited("POST", "/comments", retry_after=7), 7),
        (limited("POST", "/comments", status=403, retry_after=7), 7),
        (Fault("POST", "/comments", 429, {"retry-after": "soon"}), 60),
    ],
)
async def test_a_limit_is_waited_for_and_the_write_made_once(
    hub: GitHubStandIn, shop: Repository, client: Client, clock: Still, fault: Callable[[], Fault], seconds: float
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    hub.faults.append(fault)
    await comment(client, number)
    assert clock.pauses == [seconds]
    assert len(shop.comments) == 1


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (lambda: limited("POST", "/comments", retry_after=61), 61),
        (lambda: exhausted("POST", "/comments", reset_in=1500), 1500),
        (lambda: exhausted("POST", "/comments", reset_in=900_000), LONGEST_SECONDS),
    ],
)
async def test_a_limit_that_lasts_is_told_at_once_and_every_write_of_the_installation_hears_of_it(
    hub: GitHubStandIn, shop: Repository, client: Client, clock: Still, fault: Fault, seconds: float
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    hub.faults.append(fault())
    for _ in range(2):
        with pytest.raises(Later) as told:
            await comment(client, number)
        assert told.value.seconds == pytest.approx(seconds, abs=30 if seconds > 61 else 0)
    assert (clock.pauses, shop.comments, asked(hub, "POST", "/comments")) == ([], [], 1)
    clock.at += seconds + 30
    await comment(client, number)
    assert len(shop.comments) == 1


async def test_a_secondary_limit_that_stays_is_waited_for_once_and_then_told(
    hub: GitHubStandIn, shop: Repository, client: Client, clock: Still
) -> None:
    hub.faults.extend([limited("GET", "/pulls", status=403)] * 2)
    with pytest.raises(Later) as told:
        await get(client)
    assert (clock.pauses, told.value.seconds) == ([60], 120)


async def test_short_limits_end_with_what_github_says(
    hub: GitHubStandIn, shop: Repository, client: Client, clock: Still
) -> None:
    hub.faults.extend([limited("GET", "/pulls", status=403, retry_after=5)] * 4)
    with pytest.raises(Refused, match="secondary rate limit"):
        await get(client)
    assert clock.pauses == [5, 5, 5]


async def test_what_may_not_be_done_is_not_waited_for(
    hub: GitHubStandIn, shop: Repository, client: Client, clock: Still
) -> None:
    with pytest.raises(Refused) as refused:
        await get(client, "/branches/main/protection")
    assert (refused.value.status, clock.pauses) == (403, [])


async def test_a_limit_of_one_write_holds_the_others_of_its_installation(
    hub: GitHubStandIn, shop: Repository, client: Client, clock: Still
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    hub.faults.append(limited("POST", "/comments", retry_after=7))
    await asyncio.gather(*(comment(client, number, str(n)) for n in range(3)))
    assert sorted(made["body"] for made in shop.comments) == ["0", "1", "2"]
    assert clock.pauses == [7]
    assert asked(hub, "POST", "/comments") == 4


async def test_a_server_error_repeats_reads_and_no_write(
    hub: GitHubStandIn, shop: Repository, client: Client, clock: Still
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    hub.faults.extend([broken("GET", "/pulls")] * 2)
    assert [pull["number"] for pull in await get(client)] == [number]
    assert clock.pauses == [1, 2]
    hub.faults.append(answer_lost("POST", "/comments"))
    with pytest.raises(Refused, match="502"):
        await comment(client, number)
    assert len(shop.comments) == 1


async def test_a_reply_whose_answer_was_lost_is_not_made_twice(
    hub: GitHubStandIn, shop: Repository, ours: GitHubHub, place: Place
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    hub.faults.append(answer_lost("POST", "/comments"))
    with pytest.raises(HubError):
        await ours.reply(place, number, "fix-1", "Fixed.")
    await ours.reply(place, number, "fix-1", "Fixed, after all.")
    assert [made["body"].partition("\n")[0] for made in shop.comments] == ["Fixed, after all."]


def check_run(notes: int) -> CheckRun:
    listed = tuple(Annotation("mail.py", n, n, None, None, "failure", f"t{n}", "m") for n in range(1, notes + 1))
    return CheckRun("prodgate", Conclusion.FAILURE, "Title", "Summary", "", listed, ())


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("fault", [answer_lost, broken])
async def test_annotations_whose_answer_was_lost_are_not_added_twice(
    hub: GitHubStandIn, shop: Repository, ours: GitHubHub, place: Place, method: str, fault: Any
) -> None:
    hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    head = shop.tip("mail")
    hub.faults.append(fault(method, "/check-runs"))
    with pytest.raises(HubError):
        await ours.finish_check(place, head, check_run(120), "1")
    await ours.finish_check(place, head, check_run(120), "1")
    (made,) = shop.checks
    assert [note["start_line"] for note in made["annotations"]] == list(range(1, 121))
    assert (made["status"], made["conclusion"]) == ("completed", "failure")


async def test_the_last_request_of_a_check_run_is_repeated_where_it_adds_nothing(
    hub: GitHubStandIn, shop: Repository, ours: GitHubHub, place: Place, clock: Still
) -> None:
    hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    head = shop.tip("mail")
    await ours.start_check(place, head, check_run(0), "1")
    hub.faults.append(answer_lost("PATCH", "/check-runs"))
    await ours.finish_check(place, head, check_run(0), "1")
    assert [made["status"] for made in shop.checks] == ["completed"]
    assert clock.pauses == [1]


def executable(shop: Repository) -> Commit:
    return Commit("mail", shop.tip("mail"), "Fix it", "x", {"mail.py": b"x = 2\n"}, frozenset({"mail.py"}))


@pytest.mark.parametrize("trouble", [answer_lost, broken])
async def test_a_branch_whose_answer_was_lost_is_asked_whether_it_has_the_commit(
    hub: GitHubStandIn, shop: Repository, ours: GitHubHub, place: Place, trouble: Any
) -> None:
    hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    before, wanted = shop.tip("mail"), executable(shop)
    hub.faults.append(trouble("PATCH", "/git/refs/heads/mail"))
    if trouble is broken:
        with pytest.raises(Refused, match="502"):
            await ours.commit(place, wanted)
        assert shop.tip("mail") == before
    else:
        assert await ours.commit(place, wanted) == shop.tip("mail") != before
        assert shop.file("mail", "mail.py") == "x = 2\n"
    assert asked(hub, "PATCH", "/git/refs/heads/mail") == 1


async def test_a_branch_that_may_not_be_moved_is_not_asked(
    hub: GitHubStandIn, shop: Repository, ours: GitHubHub, place: Place
) -> None:
    hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    wanted = executable(shop)
    hub.faults.append(Fault("PATCH", "/git/refs/heads/mail", 404, message="Not Found"))
    with pytest.raises(Refused, match="404"):
        await ours.commit(place, wanted)
    assert asked(hub, "GET", "/git/ref/heads/mail") == 0


MUTATION = "mutation($i: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $i) { commit { oid } } }"


def change(shop: Repository) -> dict[str, Any]:
    where = {"repositoryNameWithOwner": "acme/shop", "branchName": "main"}
    files = {"deletions": [{"path": "app.py"}]}
    given = {"branch": where, "expectedHeadOid": shop.tip("main"), "message": {"headline": "m"}, "fileChanges": files}
    return {"i": given}


async def test_graphql_waits_for_its_limit_and_replaces_its_token(
    hub: GitHubStandIn, shop: Repository, client: Client, clock: Still
) -> None:
    hub.faults.extend([graphql_limited(reset_in=30), unauthorized("POST", "/graphql")])
    assert await client.graphql(77, QUERY, {}) == {"repository": {"databaseId": shop.id}}
    assert clock.pauses == [pytest.approx(30, abs=5)]
    hub.faults.append(graphql_limited(reset_in=30))
    done = await client.graphql(77, MUTATION, change(shop))
    assert done["createCommitOnBranch"]["commit"]["oid"] == shop.tip("main")


async def test_graphql_repeats_a_query_and_no_mutation(hub: GitHubStandIn, shop: Repository, client: Client) -> None:
    hub.faults.append(broken("POST", "/graphql"))
    assert (await client.graphql(77, QUERY, {}))["repository"]["databaseId"] == shop.id
    hub.faults.append(answer_lost("POST", "/graphql"))
    with pytest.raises(Refused, match="502"):
        await client.graphql(77, MUTATION, change(shop))
    assert shop.says("rev-list", "--count", "main") == "2"
    with pytest.raises(GraphQLRefused, match="Could not resolve") as refused:
        await client.graphql(77, QUERY.replace("shop", "other"), {})
    assert refused.value.errors[0][0] == "NOT_FOUND"
