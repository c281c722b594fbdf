"""Every event that the App hears, from its delivery to what becomes of it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.github.faults import limited, slow
from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn, pull_json
from tests.github.test_main_job import BASE, BROKEN, RunningBot, gate
from tests.runtime.conftest import PUBLIC, logged

GOOD = ("success", "neutral")


def gates(repository: Repository, head: str) -> list[dict[str, Any]]:
    """The finished gates at a commit, the oldest first."""
    return [
        check
        for check in repository.checks
        if (check["name"], check["head_sha"], check["status"]) == ("prodgate", head, "completed")
    ]


def our_run(hub: GitHubStandIn, head: str, *numbers: int) -> dict[str, Any]:
    """A check run or suite of ours, as in webhooks."""
    pulls = [{"id": number, "number": number} for number in numbers]
    return {"id": 1, "head_sha": head, "name": "prodgate", "app": {"id": hub.world.app_id}, "pull_requests": pulls}


def answered(hub: GitHubStandIn, event: str) -> list[int]:
    return [status for name, _, status in hub.deliveries if name == event]


def test_the_details_of_the_gate_are_the_page_of_its_run(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN)
    address = gate(hub, shop, number)["details_url"].replace(PUBLIC["PRODGATE_PUBLIC_URL"], bot.url)
    page = httpx.get(address, trust_env=False)
    assert page.status_code == 200
    assert f"acme/shop #{number}" in page.text
    assert f"{hub.url}/acme/shop/blob/{shop.tip('mail')}/mail.py#L3" in page.text
    assert httpx.get(address.partition("?")[0], trust_env=False).status_code == 403


def test_a_check_run_asked_for_again_is_judged_again(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN)
    gate(hub, shop, number)
    hub.send("check_run", shop, action="rerequested", check_run=our_run(hub, shop.tip("mail"), number))
    first, second = hub.wait_for(lambda: gates(shop, shop.tip("mail"))[1:] and gates(shop, shop.tip("mail")))
    assert first["external_id"] != second["external_id"]
    assert second["conclusion"] == "failure"


def test_a_check_suite_asked_for_again_is_judged_even_for_a_fork(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    fork = hub.create_repository("bob/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN, author="bob", source=fork)
    gate(hub, shop, number)
    hub.send("check_suite", shop, action="rerequested", check_suite=our_run(hub, fork.tip("mail")))
    assert len(hub.wait_for(lambda: gates(shop, fork.tip("mail"))[1:])) == 1


def test_the_buttons_fix_and_judge_again(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", BROKEN)
    gate(hub, shop, number)
    head = shop.tip("mail")
    press = {"check_run": our_run(hub, head, number), "action": "requested_action"}
    hub.send("check_run", shop, **press, requested_action={"identifier": "prodgate-recheck"})
    hub.wait_for(lambda: gates(shop, head)[1:])
    hub.send("check_run", shop, **press, requested_action={"identifier": "prodgate-fix"})
    hub.wait_for(lambda: shop.file("mail", ".env.example") == "A=\nMAIL_KEY=\n")
    assert gate(hub, shop, number)["conclusion"] in GOOD


def test_a_merge_group_is_judged_for_real_on_its_head(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    base = shop.tip("main")
    bad = shop.commit("gh-readonly-queue/main/pr-1", BROKEN, "Merge", base)
    good = shop.commit("gh-readonly-queue/main/pr-2", {"other.py": "x = 1\n"}, "Merge", base)
    for head in (bad, good):
        group = {"head_sha": head, "base_sha": base, "head_ref": "refs/heads/q", "base_ref": "refs/heads/main"}
        hub.send("merge_group", shop, action="checks_requested", merge_group=group)
    assert hub.wait_for(lambda: gates(shop, bad))[0]["conclusion"] == "failure"
    assert hub.wait_for(lambda: gates(shop, good))[0]["conclusion"] in GOOD


def test_another_base_is_another_change(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN)
    head = shop.tip("mail")
    assert gate(hub, shop, number)["conclusion"] == "failure"
    shop.git("update-ref", "refs/heads/release", head)
    shop.pulls[number].base = "release"
    changed = {"base": {"ref": {"from": "main"}}}
    hub.send("pull_request", shop, action="edited", pull_request=pull_json(shop, shop.pulls[number]), changes=changed)
    assert hub.wait_for(lambda: gates(shop, head)[1:])[0]["conclusion"] in GOOD


def test_closing_ends_the_work_that_is_under_way(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(limited("POST", "/check-runs", retry_after=60))
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: hub.faults == [])
    shop.pulls[number].open = False
    hub.send("pull_request", shop, action="closed", pull_request=pull_json(shop, shop.pulls[number]))
    hub.wait_for(lambda: logged(settled, "job superseded", "check"))
    assert gates(shop, shop.tip("mail")) == []
    assert not logged(settled, "job done", "check")


def test_the_newest_head_ends_the_judging_of_the_older(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(slow("POST", "/git-upload-pack", seconds=8))
    number = hub.open_pull(shop, "mail", BROKEN)
    older = shop.tip("mail")
    hub.wait_for(lambda: hub.faults == [])
    hub.push(shop, "mail", {".env.example": "A=\nMAIL_KEY=\n"})
    assert hub.wait_for(lambda: gates(shop, older))[0]["conclusion"] == "cancelled"
    assert gate(hub, shop, number)["conclusion"] in GOOD
    assert all(check["status"] == "completed" for check in shop.checks)


def test_a_delivery_of_a_head_that_moved_on_is_dropped(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN)
    older = pull_json(shop, shop.pulls[number])
    gate(hub, shop, number)
    hub.push(shop, "mail", {".env.example": "A=\nMAIL_KEY=\n"})
    gate(hub, shop, number)
    hub.send("pull_request", shop, action="synchronize", pull_request=older)
    hub.send("check_run", shop, action="rerequested", check_run=our_run(hub, shop.tip("mail"), number))
    hub.wait_for(lambda: gates(shop, shop.tip("mail"))[1:])
    assert len(gates(shop, older["head"]["sha"])) == 1


def test_an_installation_has_its_open_pull_requests_judged(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.connect("")
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: answered(hub, "pull_request"))
    hub.connect(settled.url)
    hub.send("installation_repositories", shop, action="added")
    assert gate(hub, shop, number)["conclusion"] == "failure"


def test_what_was_missed_while_the_bot_was_down_is_asked_for_again(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    bot.kill()
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: answered(hub, "pull_request"))
    hub.world.deliveries[:] = {made["guid"]: made for made in hub.world.deliveries}.values()
    bot.start(hub)
    assert gate(hub, shop, number)["conclusion"] == "failure"
    hub.wait_for(lambda: answered(hub, "pull_request")[-1] == 202)
    assert len({guid for event, guid, _ in hub.deliveries if event == "pull_request"}) == 1
    assert len(gates(shop, shop.tip("mail"))) == 1, "found by both sweeps, judged once"


def test_ping_and_unknown_events_are_taken_and_ignored(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.send("ping", shop, zen="Design for failure.", hook_id=1)
    hub.send("star", shop, action="created")
    hub.wait_for(lambda: answered(hub, "star") and answered(hub, "ping"))
    assert {*answered(hub, "ping"), *answered(hub, "star")} == {202}
    assert shop.checks == []
