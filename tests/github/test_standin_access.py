"""Tokens of the stand-in: never more than `app.yml` asks for, only their repositories, only for their hour."""

from __future__ import annotations

import base64
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn
from tests.github.talk import Talk
from tests.github.test_main_job import BASE
from tests.github.world import MANIFEST

HEAD = {"name": "prodgate", "status": "in_progress"}


def test_a_token_holds_what_the_manifest_asks_for(talk: Talk) -> None:
    minted = talk.mint().json()
    assert minted["permissions"] == MANIFEST["default_permissions"]
    assert minted["token"].startswith("ghs_4242_")
    assert len(minted["token"]) > 400
    assert minted["expires_at"].endswith("Z")
    assert "." not in minted["expires_at"]


def test_a_token_is_narrowed_and_never_widened(talk: Talk, shop: Repository, hub: GitHubStandIn) -> None:
    other = hub.create_repository("acme/other", BASE)
    talk.token = talk.mint(repository_ids=[shop.id], permissions={"contents": "read"}).json()["token"]
    assert talk("GET", "/repos/acme/shop/git/ref/heads/main").status_code == 200
    assert talk("GET", f"/repos/acme/{other.name}/git/ref/heads/main").status_code == 404
    assert talk("GET", "/repos/acme/shop/pulls").status_code == 403
    assert [r["id"] for r in talk("GET", "/installation/repositories").json()["repositories"]] == [shop.id]
    assert talk.mint(permissions={"administration": "write"}).status_code == 422
    assert talk.mint(permissions={"metadata": "write"}).status_code == 422
    assert talk.mint(repository_ids=[99]).status_code == 422
    assert talk.mint(installation=99).status_code == 404


@pytest.mark.parametrize(
    ("permission", "method", "path", "body"),
    [
        ("checks", "POST", "check-runs", {"name": "prodgate", "head_sha": "{head}"}),
        ("contents", "POST", "git/blobs", {"content": "x"}),
        ("statuses", "POST", "statuses/{head}", {"state": "success"}),
        ("pull_requests", "POST", "pulls/{number}/reviews", {"event": "COMMENT", "body": "x"}),
        ("issues", "POST", "issues/comments/{comment}/reactions", {"content": "eyes"}),
    ],
)
def test_every_write_needs_its_permission(
    hub: GitHubStandIn, talk: Talk, shop: Repository, permission: str, method: str, path: str, body: dict[str, str]
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    comment = hub.say(shop, number, "hello", "alice")
    words = {"head": shop.tip("mail"), "number": number, "comment": comment}
    path, body = path.format(**words), {key: text.format(**words) for key, text in body.items()}
    granted = {**MANIFEST["default_permissions"], permission: "read"}
    talk.token = talk.mint(permissions=granted).json()["token"]
    refused = talk(method, f"/repos/acme/shop/{path}", json=body)
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    talk.token = ""
    assert talk(method, f"/repos/acme/shop/{path}", json=body).status_code in (200, 201)


def test_comments_on_pull_requests_need_one_of_two_permissions(
    hub: GitHubStandIn, talk: Talk, shop: Repository
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    path = f"/repos/acme/shop/issues/{number}/comments"
    for permission, status in (("issues", 201), ("pull_requests", 201), ("checks", 403)):
        talk.token = talk.mint(permissions={permission: "write"}).json()["token"]
        assert talk("POST", path, json={"body": "x"}).status_code == status


def test_repositories_of_others_are_not_there(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    hub.create_repository("corp/shop", BASE)
    assert talk("GET", "/repos/corp/shop").status_code == 404
    assert talk.as_app("GET", "/repos/corp/shop/installation").json()["id"] == 78
    hub.world.install("acme", {"other"})
    assert talk("GET", "/repos/acme/shop").status_code == 404
    assert talk.as_app("GET", "/repos/acme/shop/installation").status_code == 404


def test_a_token_ends_with_its_hour_and_with_its_installation(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    talk.token = talk.mint().json()["token"]
    hub.world.installations[77].suspended = True
    assert talk("GET", "/repos/acme/shop").status_code == 403
    assert talk.mint().status_code == 403
    hub.world.installations[77].suspended = False
    hub.world.token_seconds = -1
    talk.token = talk.mint().json()["token"]
    assert talk("GET", "/repos/acme/shop").status_code == 401
    talk.token = "ghs_" + "x" * 36
    assert talk("GET", "/repos/acme/shop").status_code == 401


def test_the_apps_own_token_is_checked(hub: GitHubStandIn, talk: Talk) -> None:
    def status(token: str) -> int:
        return httpx.get(f"{hub.url}/app", headers={"authorization": f"Bearer {token}"}, trust_env=False).status_code

    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = int(time.time())
    claims = {"iat": now, "exp": now + 540, "iss": "4242"}
    assert status(talk.app_token()) == 200
    assert status(talk.app_token(seconds=700)) == 401
    assert status(talk.app_token(seconds=-5)) == 401
    assert status(jwt.encode(claims, stranger, algorithm="RS256")) == 401
    assert status(jwt.encode({**claims, "iss": "4243"}, hub.private_key, algorithm="RS256")) == 401
    assert status(talk.mint().json()["token"]) == 401, "an installation is not the App"


def contents(path: str, text: str = "x = 2\n") -> dict[str, str]:
    return {"path": path, "contents": base64.b64encode(text.encode()).decode()}


def test_a_workflow_needs_its_own_permission(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    head = shop.tip("main")
    shop.git("update-ref", "refs/heads/mail", head)
    workflow = ".github/workflows/test.yml"
    refused = talk.commit("acme/shop", "mail", head, contents(workflow))["errors"][0]
    assert (refused["type"], workflow in refused["message"]) == ("FORBIDDEN", True)
    assert shop.tip("mail") == head
    blob = talk("POST", "/repos/acme/shop/git/blobs", json={"content": "on: push\n"}).json()["sha"]
    entry = {"path": workflow, "mode": "100644", "type": "blob", "sha": blob}
    made = talk("POST", "/repos/acme/shop/git/trees", json={"base_tree": shop.resolve(head, "tree"), "tree": [entry]})
    body = {"message": "m", "tree": made.json()["sha"], "parents": [head]}
    oid = talk("POST", "/repos/acme/shop/git/commits", json=body).json()["sha"]
    ref = "/repos/acme/shop/git/refs/heads/mail"
    assert talk("PATCH", ref, json={"sha": oid}).status_code == 403
    hub.world.installations[77].permissions["workflows"] = "write"
    talk.token = ""
    assert talk("PATCH", ref, json={"sha": oid}).status_code == 200
    assert "errors" not in talk.commit("acme/shop", "mail", oid, contents(workflow))


def test_a_persons_fork_may_be_pushed_to_when_they_let_maintainers(
    hub: GitHubStandIn, talk: Talk, shop: Repository
) -> None:
    closed, opened, theirs = hub.fork(shop, "bob"), hub.fork(shop, "carol"), hub.fork(shop, "corp", "Organization")
    for fork, allowed in ((closed, False), (opened, True), (theirs, True)):
        hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"}, fork.owner, fork, maintainers_may_edit=allowed)
    refused = {fork.owner: talk.commit(fork.full_name, "mail", fork.tip("mail"), contents("mail.py")).get("errors")
               for fork in (closed, opened, theirs)}  # fmt: skip
    assert refused["carol"] is None
    assert opened.file("mail", "mail.py") == "x = 2\n"
    assert [refused[owner][0]["type"] for owner in ("bob", "corp")] == ["FORBIDDEN", "FORBIDDEN"]
    for number, pull in shop.pulls.items():
        if pull.author == "carol":
            hub.close(shop, number)
    assert talk.commit("carol/shop", "mail", opened.tip("mail"), contents("mail.py"))["errors"]


def test_git_is_read_with_a_token_for_that_repository(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    hub.create_repository("acme/other", BASE)
    token = talk.mint(repository_ids=[shop.id], permissions={"contents": "read"}).json()["token"]

    def status(name: str, password: str, service: str = "git-upload-pack") -> int:
        url = f"{hub.url}/acme/{name}.git/info/refs"
        auth = ("x-access-token", password)
        return httpx.get(url, params={"service": service}, auth=auth, trust_env=False).status_code

    assert status("shop", token) == 200
    assert status("shop", token, "git-receive-pack") == 403
    assert status("other", token) == 404
    assert status("shop", "nonsense") == 401
    checks = talk.mint(permissions={"checks": "write"}).json()["token"]
    assert status("shop", checks) == 403
