"""The policy of a change: the base's, the organization's above it, and what an edit of it would do."""

from __future__ import annotations

from tests.github.faults import broken
from tests.github.standin import GitHubStandIn
from tests.github.test_fix import summary
from tests.github.test_main_job import BASE, BROKEN, RunningBot, gate

PATH = ".github/prodgate.yml"
SOFT = "rules:\n  env/undeclared-read: {severity: note}\n"
LOCKED = "lock: [rules]\nrules:\n  env/undeclared-read: {severity: error}\n"


def test_the_bases_policy_holds_and_the_edit_is_previewed(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", {**BROKEN, PATH: SOFT})
    conclusion, text = summary(hub, shop, number)
    assert conclusion == "failure"
    assert "once merged, env/undeclared-read at mail.py:3 would no longer block" in text.replace("\\", "")


def test_a_mistake_in_the_edited_policy_is_annotated_on_its_line(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", {PATH: "checks: gate\nannotation: 5\n"})
    check = gate(hub, shop, number)
    assert check["conclusion"] == "failure"
    (note,) = [a for a in check["annotations"] if a["path"] == PATH]
    assert (note["start_line"], note["title"]) == (2, "policy/invalid-file")
    assert "did you mean 'annotations'" in note["message"]


def test_a_base_that_cannot_be_read_is_mended_by_a_change_and_only_by_that(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", {**BASE, PATH: "chekcs: gate\n"})
    other = hub.open_pull(shop, "other", {"x.py": "x = 1\n"})
    assert gate(hub, shop, other)["output"]["title"] == "Could not look"
    mending = hub.open_pull(shop, "mend", {PATH: "checks: gate\n"})
    conclusion, text = summary(hub, shop, mending)
    assert conclusion in ("success", "neutral")
    assert "this change mends it" in text


def test_the_organizations_policy_stands_above_and_its_locks_hold(hub: GitHubStandIn, bot: RunningBot) -> None:
    hub.create_repository("acme/.github", {PATH: LOCKED})
    shop = hub.create_repository("acme/shop", {**BASE, PATH: SOFT})
    number = hub.open_pull(shop, "mail", BROKEN)
    conclusion, text = summary(hub, shop, number)
    assert conclusion == "failure"
    assert "The organization locks rules" in text


def test_once_a_lock_was_seen_an_unreadable_policy_fails_the_gate(hub: GitHubStandIn, bot: RunningBot) -> None:
    above = hub.create_repository("acme/.github", {PATH: LOCKED})
    shop = hub.create_repository("acme/shop", BASE)
    assert gate(hub, shop, hub.open_pull(shop, "one", {"x.py": "x = 1\n"}))["conclusion"] != "failure"
    hub.faults.extend(broken("GET", "/repos/acme/.github") for _ in range(8))
    assert gate(hub, shop, hub.open_pull(shop, "two", {"y.py": "y = 1\n"}))["output"]["title"] == "Could not look"
    hub.faults.clear()
    hub.push(above, "main", {PATH: "annotations: 5\n"})
    assert gate(hub, shop, hub.open_pull(shop, "three", {"z.py": "z = 1\n"}))["conclusion"] != "failure"


def test_an_organization_without_a_policy_to_see_is_said(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    assert (
        "No policy of the organization holds" in summary(hub, shop, hub.open_pull(shop, "one", {"x.py": "x = 1\n"}))[1]
    )
