"""The stand-in answers every operation that it knows as GitHub's description says, and in no other way."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.github.operation import operations
from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn
from tests.github.talk import Talk

RUN = {"name": "prodgate", "status": "completed", "conclusion": "failure", "actions": [
    {"label": "Fix", "description": "Commit the fixes", "identifier": "prodgate-fix"}
]}  # fmt: skip
NOTE = {"path": "mail.py", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m", "title": "t"}


def conversation(talk: Talk, shop: Repository, number: int) -> list[tuple[str, str, dict[str, Any]]]:
    """A request for every operation, with ids that exist."""
    hub, head, repo = talk.hub, shop.tip("mail"), "/repos/acme/shop"
    comment = hub.say(shop, number, "hello", "alice")
    hub.webhooks.ping()
    delivery = hub.wait_for(lambda: hub.world.deliveries)[0]["id"]
    blob, tree = shop.resolve(f"{head}:mail.py", "blob"), shop.resolve(head, "tree")
    output = {"title": "t", "summary": "s", "annotations": [NOTE]}
    run = talk("POST", f"{repo}/check-runs", json={**RUN, "head_sha": head, "output": output}).json()["id"]
    mine = talk("POST", f"{repo}/issues/{number}/comments", json={"body": "there"}).json()["id"]
    reviewed = {"event": "COMMENT", "comments": [{"path": "mail.py", "line": 1, "side": "RIGHT", "body": "x"}]}
    entry = {"path": "run.sh", "mode": "100755", "type": "blob", "sha": blob}
    made = talk("POST", f"{repo}/git/commits", json={"message": "m", "tree": tree, "parents": [head]}).json()["sha"]
    return [
        ("GET", "/app", {}),
        ("GET", "/app/hook/config", {}),
        ("GET", "/app/installations", {}),
        ("GET", "/app/installations/77", {}),
        ("POST", "/app/installations/77/access_tokens", {"json": {"repository_ids": [shop.id]}}),
        ("GET", "/app/hook/deliveries", {"params": {"per_page": 1}}),
        ("POST", f"/app/hook/deliveries/{delivery}/attempts", {}),
        ("GET", f"{repo}/installation", {}),
        ("GET", "/installation/repositories", {"params": {"per_page": 100}}),
        ("GET", repo, {}),
        ("GET", f"{repo}/collaborators/alice/permission", {}),
        ("GET", f"{repo}/branches/main/protection", {}),
        ("GET", f"{repo}/rules/branches/main", {}),
        ("GET", f"{repo}/contents/app.py", {"params": {"ref": "main"}}),
        ("GET", f"{repo}/pulls", {"params": {"state": "all"}}),
        ("GET", f"{repo}/pulls/{number}", {}),
        ("GET", f"{repo}/commits/{head}/pulls", {}),
        ("POST", f"{repo}/pulls/{number}/reviews", {"json": reviewed}),
        ("GET", f"{repo}/pulls/{number}/reviews", {}),
        ("POST", f"{repo}/check-runs", {"json": {"name": "other", "head_sha": head}}),
        ("PATCH", f"{repo}/check-runs/{run}", {"json": {"output": output}}),
        ("GET", f"{repo}/check-runs/{run}", {}),
        ("GET", f"{repo}/check-runs/{run}/annotations", {}),
        ("GET", f"{repo}/commits/{head}/check-runs", {"params": {"filter": "all", "app_id": hub.world.app_id}}),
        ("GET", f"{repo}/commits/{head}/check-suites", {}),
        ("POST", f"{repo}/statuses/{head}", {"json": {"state": "success", "context": "c"}}),
        ("GET", f"{repo}/commits/{head}/statuses", {}),
        ("GET", f"{repo}/issues/{number}/comments", {}),
        ("POST", f"{repo}/issues/{number}/comments", {"json": {"body": "b"}}),
        ("PATCH", f"{repo}/issues/comments/{mine}", {"json": {"body": "c"}}),
        ("POST", f"{repo}/issues/comments/{comment}/reactions", {"json": {"content": "eyes"}}),
        ("GET", f"{repo}/commits/mail", {}),
        ("GET", f"{repo}/git/commits/{head}", {}),
        ("GET", f"{repo}/git/trees/{tree}", {"params": {"recursive": "1"}}),
        ("GET", f"{repo}/git/blobs/{blob}", {}),
        ("POST", f"{repo}/git/blobs", {"json": {"content": base64.b64encode(b"x").decode(), "encoding": "base64"}}),
        ("POST", f"{repo}/git/trees", {"json": {"base_tree": tree, "tree": [entry]}}),
        ("POST", f"{repo}/git/commits", {"json": {"message": "m", "tree": tree, "parents": [head]}}),
        ("GET", f"{repo}/git/ref/heads/mail", {}),
        ("POST", f"{repo}/git/refs", {"json": {"ref": "refs/heads/other", "sha": head}}),
        ("PATCH", f"{repo}/git/refs/heads/mail", {"json": {"sha": made}}),
    ]


def test_every_operation_is_answered_as_published(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    asked = conversation(talk, shop, number)
    for method, path, given in asked:
        alone = path.startswith("/app") or path.endswith("/installation")
        answer = talk.as_app(method, path, **given) if alone else talk(method, path, **given)
        expected = (403,) if path.endswith("/protection") else (200, 201, 202)
        assert answer.status_code in expected, f"{method} {path}: {answer.text}"
    templates = [(known.method, known.pattern) for known in operations()]
    unasked = [(m, p.pattern) for m, p in templates if not any(m == a and p.fullmatch(path) for a, path, _ in asked)]
    assert unasked == []


WITHIN = {"title": "t", "summary": "s"}


def run(**changed: Any) -> dict[str, Any]:
    return {**RUN, "head_sha": "a" * 40, **changed}


@pytest.mark.parametrize(
    ("method", "path", "given", "told"),
    [
        ("GET", "/repos/acme/shop/releases", {}, "unknown route GET /repos/acme/shop/releases"),
        ("GET", "/repos/acme/shop/pulls", {"params": {"stat": "open"}}, "unknown query parameter stat"),
        ("GET", "/repos/acme/shop/pulls", {"params": {"state": "merged"}}, "'merged' is not one of"),
        ("GET", "/repos/acme/shop/pulls", {"params": {"per_page": "101"}}, "per_page is 101"),
        ("GET", "/repos/acme/shop/pulls/first", {}, "'first' is not of type 'integer'"),
        ("POST", "/repos/acme/shop/check-runs", {}, "no body"),
        ("POST", "/repos/acme/shop/check-runs", {"json": {"name": "x"}}, "'head_sha' is a required property"),
        ("POST", "/repos/acme/shop/check-runs", {"json": run(colour=1)}, "unknown field colour"),
    ],
)  # fmt: skip
def test_what_the_description_does_not_know_is_a_violation(
    hub: GitHubStandIn, talk: Talk, shop: Repository, method: str, path: str, given: dict[str, Any], told: str
) -> None:
    assert talk(method, path, **given).status_code in (404, 422)
    assert len(hub.violations) == 1
    assert told in hub.violations.pop()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (run(output={**WITHIN, "annotations": [NOTE] * 51}), "is too long"),
        (run(output={**WITHIN, "summary": "x" * 65_536}), "is too long"),
        (run(output={**WITHIN, "text": "x" * 65_536}), "is too long"),
        (run(output={**WITHIN, "annotations": [{**NOTE, "end_line": 2, "start_column": 1}]}), "columns on"),
        (run(output={**WITHIN, "annotations": [{**NOTE, "start_line": 0, "end_line": 0}]}), "from line 0"),
        (run(output={**WITHIN, "annotations": [{**NOTE, "message": "é" * 32_769}]}), "message is over 64 KB"),
        (run(output={**WITHIN, "annotations": [{**NOTE, "title": "x" * 256}]}), "over 255 characters"),
        (run(output={**WITHIN, "annotations": [{**NOTE, "path": "../x"}]}), "outside the repository"),
        (run(actions=[{"label": "x" * 21, "description": "d", "identifier": "i"}]), "is too long"),
        (run(actions=[{"label": "l", "description": "x" * 41, "identifier": "i"}]), "is too long"),
        (run(actions=[{"label": "l", "description": "d", "identifier": "x" * 21}]), "is too long"),
        (run(actions=[{"label": "l", "description": "d", "identifier": "i"}] * 4), "is too long"),
        (run(conclusion="stale"), "stale"),
        ({"name": "prodgate", "head_sha": "a" * 40, "status": "completed"}, "completed without a conclusion"),
    ],
)
def test_limits_of_a_check_run(
    hub: GitHubStandIn, talk: Talk, shop: Repository, body: dict[str, Any], told: str
) -> None:
    assert talk("POST", "/repos/acme/shop/check-runs", json=body).status_code == 422
    assert shop.checks == []
    assert len(hub.violations) == 1
    assert told in hub.violations.pop()


def test_a_comment_has_its_limit(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    path = f"/repos/acme/shop/issues/{number}/comments"
    assert talk("POST", path, json={"body": "x" * 65_537}).status_code == 422
    assert "65,536 characters" in hub.violations.pop()


def test_an_answer_against_the_description_is_a_violation_too(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    shop.pulls[number].title = None  # type: ignore[assignment]
    assert talk("GET", f"/repos/acme/shop/pulls/{number}").status_code == 200
    assert "answered GET /repos/{owner}/{repo}/pulls/{pull_number}: title: None" in hub.violations[0]
    hub.violations.clear()


def test_graphql_against_the_schema_is_a_violation(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    answer = talk.graphql('{ repository(owner: "acme", name: "shop") { stars } }')
    assert "data" not in answer
    assert "Cannot query field 'stars'" in hub.violations.pop()
    answer = talk.graphql(
        "mutation($i: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $i) { clientMutationId } }",
        i={"branch": {}, "message": {"headline": "x"}},
    )
    assert "expectedHeadOid" in hub.violations.pop()


def test_graphql_tells_of_a_pull_request_and_of_a_file(hub: GitHubStandIn, talk: Talk, shop: Repository) -> None:
    fork = hub.fork(shop, "bob")
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"}, "bob", fork, maintainers_may_edit=True)
    answer = talk.graphql(
        "query($n: Int!) { repository(owner: \"acme\", name: \"shop\") {"
        " pullRequest(number: $n) { headRefOid baseRefOid isCrossRepository maintainerCanModify"
        " headRepositoryOwner { __typename login } }"
        " object(expression: \"main:app.py\") { ... on Blob { text isTruncated } } } }",
        n=number,
    )["data"]["repository"]  # fmt: skip
    assert answer["pullRequest"] == {
        "headRefOid": fork.tip("mail"),
        "baseRefOid": shop.tip("main"),
        "isCrossRepository": True,
        "maintainerCanModify": True,
        "headRepositoryOwner": {"__typename": "User", "login": "bob"},
    }
    assert answer["object"] == {"text": shop.file("main", "app.py").rstrip("\n") + "\n", "isTruncated": False}
