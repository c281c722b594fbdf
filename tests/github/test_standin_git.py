"""The stand-in's git: real commits, modes kept where GitHub keeps them, refs of pull requests, refusals."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.github.repository import Files, Repository, Special
from tests.github.standin import GitHubStandIn
from tests.github.talk import Talk

REPO = "/repos/acme/shop"


def text(path: str, content: str) -> dict[str, str]:
    return {"path": path, "contents": base64.b64encode(content.encode()).decode()}


def mode(repository: Repository, branch: str, path: str) -> str:
    return repository.says("ls-tree", branch, path).split()[0]


@pytest.fixture
def number(hub: GitHubStandIn, shop: Repository) -> int:
    return hub.open_pull(shop, "mail", {"mail.py": "x = 1\ny = 2\n", "run.sh": Special("100755", b"#!/bin/sh\n")})


def test_a_commit_through_graphql_is_signed_and_loses_the_mode(talk: Talk, shop: Repository, number: int) -> None:
    before = shop.tip("mail")
    assert mode(shop, "mail", "run.sh") == "100755"
    made = talk.commit("acme/shop", "mail", before, text("run.sh", "#!/bin/sh\nexit\n"), {"path": "mail.py"})
    commit = made["data"]["createCommitOnBranch"]["commit"]
    assert commit == {"oid": shop.tip("mail"), "signature": {"isValid": True}}
    assert mode(shop, "mail", "run.sh") == "100644"
    assert shop.resolve("mail:mail.py", "blob") is None
    shown = talk("GET", f"{REPO}/commits/{commit['oid']}").json()["commit"]
    assert shown["verification"]["verified"] is True
    assert shown["author"]["name"] == "prodgate[bot]"
    assert talk("GET", f"{REPO}/commits/{before}").json()["commit"]["verification"]["reason"] == "unsigned"


def test_a_stale_head_and_wrong_changes_are_refused(talk: Talk, shop: Repository, number: int) -> None:
    head = shop.tip("mail")

    def refusal(head: str, *changes: dict[str, str], branch: str = "mail") -> tuple[str, str]:
        error = talk.commit("acme/shop", branch, head, *changes)["errors"][0]
        return error["type"], error["message"]

    stale = f'Expected branch to point to "{"0" * 40}" but it did not. Pull and try again.'
    assert refusal("0" * 40, text("x", "y")) == ("STALE_DATA", stale)
    assert "more than once" in refusal(head, text("x", "y"), text("x", "z"))[1]
    assert "does not exist" in refusal(head, {"path": "absent.py"})[1]
    assert "not valid Base64" in refusal(head, {"path": "x", "contents": "!"})[1]
    assert refusal(head, text("x", "y"), branch="absent")[0] == "NOT_FOUND"
    assert shop.tip("mail") == head


def commit_by_objects(talk: Talk, shop: Repository, parent: str, entry: dict[str, Any], **extra: Any) -> str:
    tree = talk("POST", f"{REPO}/git/trees", json={"base_tree": shop.resolve(parent, "tree"), "tree": [entry]})
    body = {"message": "Fix", "tree": tree.json()["sha"], "parents": [parent], **extra}
    return str(talk("POST", f"{REPO}/git/commits", json=body).json()["sha"])


def test_a_commit_by_objects_keeps_modes_and_is_never_forced(talk: Talk, shop: Repository, number: int) -> None:
    head = shop.tip("mail")
    blob = talk("POST", f"{REPO}/git/blobs", json={"content": "#!/bin/sh\nexit\n"}).json()["sha"]
    entry = {"path": "run.sh", "mode": "100755", "type": "blob", "sha": blob}
    oid = commit_by_objects(talk, shop, head, entry)
    moved = talk("PATCH", f"{REPO}/git/refs/heads/mail", json={"sha": oid, "force": False})
    assert moved.json()["object"]["sha"] == shop.tip("mail") == oid
    assert (mode(shop, "mail", "run.sh"), shop.file("mail", "run.sh")) == ("100755", "#!/bin/sh\nexit\n")
    assert talk("GET", f"{REPO}/git/commits/{oid}").json()["verification"]["verified"] is True
    aside = commit_by_objects(talk, shop, head, {**entry, "mode": "100644"})
    refused = talk("PATCH", f"{REPO}/git/refs/heads/mail", json={"sha": aside})
    assert (refused.status_code, refused.json()["message"]) == (422, "Update is not a fast forward")
    assert talk("PATCH", f"{REPO}/git/refs/heads/mail", json={"sha": aside, "force": True}).status_code == 200
    person = {"name": "Bob", "email": "bob@example.org"}
    named = commit_by_objects(talk, shop, head, entry, author=person)
    assert talk("GET", f"{REPO}/git/commits/{named}").json()["verification"]["verified"] is False


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("git/blobs", {"content": "!", "encoding": "base64"}, "not valid Base64"),
        ("git/trees", {"tree": [{"path": "a", "mode": "100644", "type": "blob", "sha": "1" * 40}]}, "tree: "),
        ("git/trees", {"tree": [{"path": "../a", "mode": "100644", "type": "blob", "content": "x"}]}, "malformed path"),
        ("git/commits", {"message": "m", "tree": "1" * 40}, "Tree SHA does not exist"),
        ("git/refs", {"ref": "refs/heads/main", "sha": "1" * 40}, "Reference already exists"),
        ("git/refs", {"ref": "refs/heads/new", "sha": "1" * 40}, "Object does not exist"),
        ("check-runs", {"name": "prodgate", "head_sha": "1" * 40}, "No commit found for SHA"),
    ],
)
def test_objects_that_are_not_there_are_refused(
    talk: Talk, shop: Repository, path: str, body: dict[str, Any], told: str
) -> None:
    refused = talk("POST", f"{REPO}/{path}", json=body)
    assert refused.status_code == 422
    assert told in refused.json()["message"]


def test_the_heads_and_merges_of_pull_requests_are_refs(hub: GitHubStandIn, shop: Repository, number: int) -> None:
    def ref(kind: str) -> str | None:
        return shop.resolve(f"refs/pull/{number}/{kind}")

    assert ref("head") == shop.tip("mail")
    assert shop.says("rev-parse", f"{ref('merge')}^1", f"{ref('merge')}^2").split() == [
        shop.tip("main"),
        shop.tip("mail"),
    ]
    hub.push(shop, "mail", {"other.py": "z = 3\n"})
    assert ref("head") == shop.tip("mail")
    assert shop.resolve(f"{ref('merge')}:other.py", "blob") is not None
    hub.push(shop, "main", {"mail.py": "conflict\n"})
    before = ref("merge")
    hub.push(shop, "mail", {"mail.py": "x = 9\n"})
    assert ref("merge") == before, "what does not merge has no new test merge"
    fork = hub.fork(shop, "bob")
    from_fork = hub.open_pull(shop, "topic", {"topic.py": "t = 1\n"}, "bob", fork)
    assert shop.resolve(f"refs/pull/{from_fork}/head") == fork.tip("topic")


def test_files_are_shown_as_what_they_are(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    special: Files = {
        "link": Special("120000", b"app.py"),
        "sub": Special("160000", b"1" * 40),
        "big.bin": b"x" * 1_100_000,
    }
    hub.push(shop, "main", special)

    def shown(path: str) -> Any:
        return talk("GET", f"{REPO}/contents/{path}").json()

    assert base64.b64decode(shown("app.py")["content"]).decode() == shop.file("main", "app.py")
    assert (shown("link")["type"], shown("link")["target"]) == ("symlink", "app.py")
    assert shown("sub")["type"] == "submodule"
    assert (shown("big.bin")["encoding"], shown("big.bin")["content"]) == ("none", "")
    assert talk("GET", f"{REPO}/contents/absent").status_code == 404
    hub.push(shop, "main", {"docs/a.md": "a", "docs/b.md": "b"})
    assert [entry["name"] for entry in shown("docs")] == ["a.md", "b.md"]


def test_review_comments_lie_on_lines_of_the_diff(talk: Talk, shop: Repository, number: int) -> None:
    path = f"{REPO}/pulls/{number}/reviews"

    def status(**comment: Any) -> int:
        comment = {"path": "mail.py", "side": "RIGHT", "body": "```suggestion\nx\n```", **comment}
        return talk("POST", path, json={"event": "COMMENT", "comments": [comment]}).status_code

    assert status(line=2) == 200
    assert status(line=2, start_line=1, start_side="RIGHT") == 200
    assert status(line=3) == 422
    assert status(line=1, start_line=2) == 422
    assert status(line=1, side="LEFT") == 422
    assert status(line=1, path="app.py") == 422
    assert talk("POST", path, json={"event": "COMMENT"}).status_code == 422
    assert len(shop.pulls[number].reviews) == 2
    assert talk("GET", path).json()[0]["user"]["login"] == "prodgate[bot]"
