"""`/fix` in every situation: who may ask, what is committed, what is suggested, what is left and why."""

from __future__ import annotations

from typing import Any

from tests.github.faults import before
from tests.github.repository import Repository, Special
from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import BASE, BROKEN, RunningBot, gate

FIXED = "A=\nMAIL_KEY=\n"


def answered(hub: GitHubStandIn, repository: Repository, comment: int) -> tuple[str, str]:
    """The last reaction to a comment and the only reply to it."""
    end = hub.wait_for(lambda: [r for c, r in repository.reactions if c == comment and r != "eyes"])
    replies = [c["body"] for c in repository.comments if f"prodgate-fix-{comment} " in c["body"]]
    assert len(replies) == 1
    return end[0], replies[0]


def asked(
    hub: GitHubStandIn, repository: Repository, number: int, words: str, author: str = "alice"
) -> tuple[str, str]:
    gate(hub, repository, number)
    return answered(hub, repository, hub.say(repository, number, words, author))


def test_the_commit_names_the_rules_and_is_the_only_one(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", BROKEN)
    end, reply = asked(hub, shop, number, "/fix")
    assert (end, shop.file("mail", ".env.example")) == ("rocket", FIXED)
    message = shop.says("log", "-1", "--format=%B", "mail")
    assert message.startswith("Fix env/undeclared-read\n\n- env/undeclared-read: mail.py")
    assert shop.tip("mail") in shop.signed
    assert shop.tip("mail") in reply
    assert "Fixed automatically" in gate(hub, shop, number)["output"]["summary"]


def test_a_branch_that_moves_is_planned_again(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", BROKEN)
    gate(hub, shop, number)
    hub.faults.append(before("POST", "/graphql", lambda: hub.push(shop, "mail", {"other.py": "x = 1\n"})))
    end, _ = asked(hub, shop, number, "/fix")
    assert (end, shop.file("mail", ".env.example")) == ("rocket", FIXED)
    assert shop.file("mail", "other.py") == "x = 1\n"


def test_a_file_keeps_its_executable_bit(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", {"start.py": "x = 1\n"}, writers=("alice",))
    number = hub.open_pull(shop, "mail", {".env.example": Special("100755", b"A=\n"), **BROKEN})
    end, _ = asked(hub, shop, number, "/fix")
    assert (end, shop.file("mail", ".env.example")) == ("rocket", FIXED)
    assert shop.says("ls-tree", "mail", ".env.example").startswith("100755")


def test_words_choose_and_what_they_do_not_mean_is_said(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", BROKEN)
    assert "I know no rule" in asked(hub, shop, number, "/fix env/undeclard")[1]
    assert asked(hub, shop, number, "/fix security")[0] == "confused"
    assert shop.file("mail", ".env.example") == "A=\n"
    assert asked(hub, shop, number, "/fix mail.py")[0] == "rocket"


def test_old_findings_are_fixed_only_when_all_is_said(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", {**BASE, **BROKEN}, writers=("alice",))
    number = hub.open_pull(shop, "mail", {"other.py": "x = 1\n"})
    end, reply = asked(hub, shop, number, "/fix")
    assert (end, reply.splitlines()[0]) == ("confused", "There is nothing to fix.")
    assert asked(hub, shop, number, "/fix all")[0] == "rocket"
    assert shop.file("mail", ".env.example") == FIXED


def test_quoted_fenced_and_edited_words_and_bots_ask_for_nothing(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", BROKEN)
    gate(hub, shop, number)
    for body in ("> /fix", "```\n/fix\n```", "    /fix", "try `/fix`", "please /fix"):
        hub.say(shop, number, body, "alice")
    last = hub.say(shop, number, "/fix nonsense", "alice")
    answered(hub, shop, last)
    assert {comment for comment, _ in shop.reactions} == {last}
    assert shop.file("mail", ".env.example") == "A=\n"


def test_a_fork_that_lets_maintainers_edit_gets_the_commit(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    fork = hub.fork(shop, "bob")
    number = hub.open_pull(shop, "mail", BROKEN, author="bob", source=fork, maintainers_may_edit=True)
    assert asked(hub, shop, number, "/fix")[0] == "rocket"
    assert fork.file("mail", ".env.example") == FIXED
    assert gate(hub, shop, number)["conclusion"] in ("success", "neutral")


def test_an_organizations_fork_gets_suggestions_where_they_fit_and_else_the_patch(
    hub: GitHubStandIn, bot: RunningBot
) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    fork = hub.fork(shop, "other", "Organization")
    change = {**BROKEN, ".env.example": "A=\nB=\n"}
    number = hub.open_pull(shop, "mail", change, author="bob", source=fork, maintainers_may_edit=True)
    end, reply = asked(hub, shop, number, "/fix")
    assert end == "rocket"
    assert "stand as suggestions in a review" in reply
    (review,) = shop.pulls[number].reviews
    (comment,) = review["comments"]
    assert (comment["path"], comment["line"], comment["body"]) == (
        ".env.example",
        2,
        "```suggestion\nB=\nMAIL_KEY=\n```",
    )
    fork_two = hub.fork(shop, "third", "Organization")
    second = hub.open_pull(shop, "mail", BROKEN, author="bob", source=fork_two)
    end, reply = asked(hub, shop, second, "/fix")
    assert end == "confused"
    assert "I may not push to this fork. This patch fixes `.env.example`" in reply
    assert "```diff" in reply and "+MAIL_KEY=" in reply


def test_the_author_of_a_fork_may_ask_for_its_own_branch(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    fork = hub.fork(shop, "bob")
    number = hub.open_pull(shop, "mail", BROKEN, author="bob", source=fork, maintainers_may_edit=True)
    assert asked(hub, shop, number, "/fix", "mallory")[0] == "confused"
    assert asked(hub, shop, number, "/fix", "bob")[0] == "rocket"


def summary(hub: GitHubStandIn, repository: Repository, number: int) -> tuple[str, str]:
    check: dict[str, Any] = gate(hub, repository, number)
    return check["conclusion"], check["output"]["summary"]


DIRECTIVE = "# prodgate: ignore env/undeclared-read — the platform sets it"
SUPPRESSED = {"mail.py": f'import os\n\n{DIRECTIVE}\nKEY = os.environ["MAIL_KEY"]\n'}
STRICT = {".github/prodgate.yml": "rules:\n  env/undeclared-read: {allow_suppression: false}\n"}


def test_a_suppression_needs_the_approval_of_another_writer(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", {**BASE, **STRICT}, writers=("alice", "carol"))
    number = hub.open_pull(shop, "mail", SUPPRESSED, author="alice")
    conclusion, text = summary(hub, shop, number)
    assert conclusion == "failure"
    assert "does not count" in text
    for reviewer in ("alice", "mallory"):
        hub.review(shop, number, "APPROVED", reviewer)
    first = gate(hub, shop, number)["external_id"]
    hub.rerun(shop, number)
    hub.wait_for(lambda: gate(hub, shop, number)["external_id"] != first)
    assert gate(hub, shop, number)["conclusion"] == "failure"
    hub.review(shop, number, "APPROVED", "carol")
    hub.rerun(shop, number)
    hub.wait_for(lambda: gate(hub, shop, number)["conclusion"] != "failure")
    assert "This change suppresses" in summary(hub, shop, number)[1]
