"""How a `/fix` ends where it cannot do everything, and that it ends."""

from __future__ import annotations

from typing import Any

from tests.github.faults import before
from tests.github.repository import Repository
from tests.github.shapes import pulls
from tests.github.standin import GitHubStandIn
from tests.github.test_fix import answered, asked
from tests.github.test_main_job import BASE, BROKEN, RunningBot, gate

GOOD = ("success", "neutral")


def test_a_branch_that_keeps_moving_is_tried_three_times(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", BROKEN)
    gate(hub, shop, number)
    moved: list[str] = []
    for turn in range(4):
        push = {f"other{turn}.py": "x = 1\n"}
        hub.faults.append(before("POST", "/graphql", lambda push=push: moved.append(hub.push(shop, "mail", push))))
    end, reply = asked(hub, shop, number, "/fix")
    assert (end, len(moved), len(hub.faults)) == ("confused", 3, 1)
    assert "The branch kept moving while I worked" in reply
    assert shop.tip("mail") == moved[-1]
    assert shop.file("mail", ".env.example") == "A=\n"


def test_what_cannot_be_fixed_is_listed_with_the_reason(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    shell = "import subprocess\n\nsubprocess.run(x, shell=True)\n"
    number = hub.open_pull(shop, "mail", {**BROKEN, "run.py": shell})
    end, reply = asked(hub, shop, number, "/fix")
    assert end == "rocket"
    fixed, _, left = reply.partition("Not fixed:")
    assert "`env/undeclared-read` at `mail.py:3`" in fixed
    assert "- `security/bandit` at `run.py:3` — no automatic fix" in left


def test_a_fix_is_one_commit_and_starts_its_own_check_but_no_other_fix(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", BROKEN)
    opened = shop.tip("mail")
    asked(hub, shop, number, "/fix")
    fixed = shop.tip("mail")
    assert gate(hub, shop, number)["conclusion"] in GOOD
    assert shop.says("rev-list", "--count", f"{opened}..mail") == "1"
    end, reply = asked(hub, shop, number, "/fix")
    assert (end, reply.splitlines()[0]) == ("confused", "There is nothing to fix.")
    assert shop.tip("mail") == fixed
    assert len([comment for comment in shop.comments if comment["user"]["type"] == "Bot"]) == 2


def comment(
    hub: GitHubStandIn, repository: Repository, number: int, author: str, action: str = "created", **fields: Any
) -> int:
    """Sends a comment `/fix` with fields of our own; its id."""
    identity = hub.say(repository, number, "words before the command", author)
    record = next(made for made in repository.comments if made["id"] == identity)
    made = {**pulls.comment(repository, {**record, "body": "/fix"}), **fields}
    issue = pulls.issue(repository, repository.pulls[number])
    hub.send("issue_comment", repository, action=action, issue=issue, comment=made, sender=made["user"])
    return identity


def test_what_a_comment_says_of_its_author_is_not_believed(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", BROKEN)
    gate(hub, shop, number)
    stranger = comment(hub, shop, number, "mallory", author_association="OWNER")
    end, reply = answered(hub, shop, stranger)
    assert (end, "needs write access" in reply, shop.file("mail", ".env.example")) == ("confused", True, "A=\n")
    writer = comment(hub, shop, number, "alice", author_association="NONE")
    assert answered(hub, shop, writer)[0] == "rocket"


def test_bots_and_edited_comments_ask_for_nothing(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice", "helper[bot]"))
    number = hub.open_pull(shop, "mail", BROKEN)
    gate(hub, shop, number)
    comment(hub, shop, number, "helper[bot]")
    comment(hub, shop, number, "alice", "edited")
    comment(hub, shop, number, "alice", "deleted")
    last = hub.say(shop, number, "/fix nonsense", "alice")
    answered(hub, shop, last)
    assert {said for said, _ in shop.reactions} == {last}
    assert shop.file("mail", ".env.example") == "A=\n"
