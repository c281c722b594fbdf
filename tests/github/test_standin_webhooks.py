"""The webhooks of the stand-in: those that GitHub would send, in full, some twice and some late."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bot.jobs import jobs_for
from tests.github.faults import dropped
from tests.github.post import Post
from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn
from tests.github.talk import Talk
from tests.github.test_main_job import BASE
from tests.github.world import World

Heard = list[tuple[str, str, dict[str, Any]]]


class Listener(BaseHTTPRequestHandler):
    """Takes every delivery that is signed, and remembers it."""

    heard: Heard
    secret: str

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        mark = "sha256=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        right = hmac.compare_digest(mark, self.headers["x-hub-signature-256"])
        if right:
            self.heard.append((self.headers["x-github-event"], self.headers["x-github-delivery"], json.loads(body)))
        self.send_response(202 if right else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def heard(hub: GitHubStandIn) -> Iterator[Heard]:
    taken: Heard = []
    kind = type("Bound", (Listener,), {"heard": taken, "secret": hub.webhook_secret})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        hub.connect(f"http://127.0.0.1:{server.server_address[1]}")
        yield taken
        server.shutdown()
        thread.join()


def told(hub: GitHubStandIn, heard: Heard) -> list[str]:
    """What was heard since it was last asked, each once, by event and action, in the order in which it was sent."""
    hub.webhooks.ping()
    hub.wait_for(lambda: any(event == "ping" for event, _, _ in heard) and hub.idle)
    sent = {guid: event for event, guid, _ in heard}
    payloads = {guid: payload for _, guid, payload in heard}
    order = [guid for guid in hub.sent if guid in sent]
    heard.clear()
    words = [f"{sent[guid]}.{payloads[guid].get('action', '')}".rstrip(".") for guid in order]
    return [word for word in words if word != "ping"]


def test_a_pull_request_brings_push_suite_and_opened(hub: GitHubStandIn, heard: Heard, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    opened = next(payload for event, _, payload in hub_wait(hub, heard, "pull_request"))
    assert told(hub, heard) == ["push", "check_suite.requested", "pull_request.opened"]
    assert (opened["number"], opened["pull_request"]["head"]["sha"]) == (number, shop.tip("mail"))
    assert opened["installation"]["id"] == 77
    hub.push(shop, "mail", {"mail.py": "x = 2\n"})
    assert told(hub, heard) == ["push", "check_suite.requested", "pull_request.synchronize"]


def hub_wait(hub: GitHubStandIn, heard: Heard, event: str) -> Heard:
    found: Heard = hub.wait_for(lambda: [item for item in heard if item[0] == event])
    return found


def test_a_fork_has_no_push_and_no_suite(hub: GitHubStandIn, talk: Talk, heard: Heard, shop: Repository) -> None:
    fork = hub.fork(shop, "bob")
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"}, "bob", fork)
    opened = hub_wait(hub, heard, "pull_request")[0][2]["pull_request"]
    assert told(hub, heard) == ["pull_request.opened"]
    assert (opened["head"]["repo"]["fork"], opened["head"]["label"]) == (True, "bob:mail")
    hub.push(fork, "mail", {"mail.py": "x = 2\n"})
    assert told(hub, heard) == ["pull_request.synchronize"]
    talk("POST", "/repos/acme/shop/check-runs", json={"name": "prodgate", "head_sha": fork.tip("mail")})
    created = hub_wait(hub, heard, "check_run")[0][2]["check_run"]
    assert (created["pull_requests"], created["check_suite"]["head_branch"]) == ([], None)
    hub.delete_fork(fork)
    assert talk("GET", f"/repos/acme/shop/pulls/{number}").json()["head"]["repo"] is None


def test_every_write_of_the_app_is_told_of(hub: GitHubStandIn, talk: Talk, heard: Heard, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    told(hub, heard)
    body = {"name": "prodgate", "head_sha": shop.tip("mail"), "status": "in_progress"}
    run = talk("POST", "/repos/acme/shop/check-runs", json=body).json()["id"]
    assert told(hub, heard) == ["check_run.created"]
    talk("PATCH", f"/repos/acme/shop/check-runs/{run}", json={"status": "completed", "conclusion": "success"})
    assert told(hub, heard) == ["check_run.completed"]
    made = talk("POST", f"/repos/acme/shop/issues/{number}/comments", json={"body": "x"}).json()["id"]
    assert hub_wait(hub, heard, "issue_comment")[0][2]["comment"]["user"]["type"] == "Bot"
    talk("PATCH", f"/repos/acme/shop/issues/comments/{made}", json={"body": "y"})
    talk("POST", f"/repos/acme/shop/pulls/{number}/reviews", json={"event": "COMMENT", "body": "x"})
    after_comments = ["issue_comment.created", "issue_comment.edited"]
    assert told(hub, heard) == after_comments, "app.yml does not ask to hear of reviews"
    talk.commit("acme/shop", "mail", shop.tip("mail"), {"path": "mail.py"})
    pushed = hub_wait(hub, heard, "push")[0][2]
    assert (pushed["sender"]["login"], pushed["after"]) == ("prodgate[bot]", shop.tip("mail"))
    assert told(hub, heard) == ["push", "check_suite.requested", "pull_request.synchronize"]


def test_what_people_do_is_told_of(hub: GitHubStandIn, heard: Heard, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"}, draft=True)
    told(hub, heard)
    shop.git("update-ref", "refs/heads/release", shop.tip("main"))
    actions = (
        (lambda: hub.ready(shop, number), ["pull_request.ready_for_review"]),
        (lambda: hub.retarget(shop, number, "release"), ["pull_request.edited"]),
        (lambda: hub.close(shop, number), ["pull_request.closed"]),
        (lambda: hub.reopen(shop, number), ["pull_request.reopened"]),
        (lambda: hub.say(shop, number, "/fix", "alice"), ["issue_comment.created"]),
        (
            lambda: hub.force_push(shop, "mail", {"other.py": "y = 1\n"}),
            ["push", "check_suite.requested", "pull_request.synchronize"],
        ),
        (
            lambda: hub.enqueue(shop, number),
            ["pull_request.enqueued", "push", "check_suite.requested", "merge_group.checks_requested"],
        ),
        (lambda: hub.delete_branch(shop, "mail"), ["push", "pull_request.closed"]),
    )
    for act, expected in actions:
        act()
        assert told(hub, heard) == expected
    assert shop.pulls[number].head != ""


def test_a_comment_on_a_pull_request_is_one(hub: GitHubStandIn, heard: Heard, shop: Repository) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    hub.say(shop, number, "/fix env", "alice")
    payload = hub_wait(hub, heard, "issue_comment")[0][2]
    assert payload["issue"]["pull_request"]["url"].endswith(f"/pulls/{number}")
    assert [(job.kind, job.pull) for job in jobs_for("issue_comment", payload, 4242)] == [("repair", number)]


def test_buttons_name_the_pull_request_and_absent_ones_cannot_be_pressed(
    hub: GitHubStandIn, talk: Talk, heard: Heard, shop: Repository
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    action = {"label": "Fix", "description": "d", "identifier": "prodgate-fix"}
    done = {"status": "completed", "conclusion": "failure", "actions": [action]}
    talk("POST", "/repos/acme/shop/check-runs", json={"name": "prodgate", "head_sha": shop.tip("mail"), **done})
    with pytest.raises(ValueError, match="no button"):
        hub.press(shop, number, "prodgate-waive")
    hub.press(shop, number, "prodgate-fix")
    hub.rerun(shop, number)
    hub.rerun_all(shop, number)
    hub.wait_for(lambda: {p.get("action") for _, _, p in heard} >= {"requested_action", "rerequested"})
    pressed = next(p for _, _, p in heard if p.get("action") == "requested_action")
    assert [(job.kind, job.pull) for job in jobs_for("check_run", pressed, 4242)] == [("repair", number)]
    assert told(hub, heard)[-3:] == ["check_run.requested_action", "check_run.rerequested", "check_suite.rerequested"]


def test_where_the_app_is_not_installed_nothing_is_told(hub: GitHubStandIn, heard: Heard) -> None:
    above = hub.create_repository("acme/.github", BASE)
    installation = hub.world.install("acme", {"shop"})
    hub.push(above, "main", {"x": "1"})
    assert told(hub, heard) == []
    installation.selected = None
    hub.webhooks.installed(installation, "installation_repositories", "added")
    hub.webhooks.installed(installation, "installation", "created")
    payload = hub_wait(hub, heard, "installation")[0][2]
    assert [r["full_name"] for r in payload["repositories"]] == ["acme/.github"]
    assert [job.kind for job in jobs_for("installation", payload, 4242)] == ["sweep"]


def test_a_delivery_that_failed_or_was_dropped_is_listed_and_made_again_on_request(
    hub: GitHubStandIn, talk: Talk, heard: Heard, shop: Repository
) -> None:
    hub.faults.extend([dropped("push")] * 2)
    hub.push(shop, "main", {"x": "1"})
    hub.wait_for(lambda: any(event == "push" for event, _, _ in hub.deliveries) and hub.idle)
    failed = talk.as_app("GET", "/app/hook/deliveries", params={"status": "failure"}).json()
    assert {made["event"] for made in failed} == {"push"}
    assert not any(event == "push" for event, _, _ in heard)
    hub.faults.clear()
    assert talk.as_app("POST", f"/app/hook/deliveries/{failed[0]['id']}/attempts").status_code == 202
    _, guid, _ = hub_wait(hub, heard, "push")[0]
    assert guid == failed[0]["guid"]
    hub.wait_for(lambda: hub.idle)
    listed = talk.as_app("GET", "/app/hook/deliveries", params={"per_page": 1})
    assert (listed.json()[0]["guid"], listed.json()[0]["redelivery"]) == (guid, True)
    older = following(listed.headers["link"])
    assert talk.as_app("GET", older).json()[0]["id"] < listed.json()[0]["id"]


def following(link: str) -> str:
    return link.partition("<")[2].partition(">")[0]


def arrivals(hub: GitHubStandIn, world: World, heard: Heard, seed: int) -> list[int]:
    """The places in the sequence of twenty deliveries, as they arrive."""
    post = Post(world, hub.webhook_secret, seed)
    hub.wait_for(lambda: hub.idle)
    heard.clear()
    post.address = hub.address
    for number in range(20):
        post.send("ping", {"number": number})
    post.start()
    post.stop()
    return [payload["number"] for _, _, payload in heard]


def test_some_arrive_twice_and_some_late_and_the_seed_decides(hub: GitHubStandIn, heard: Heard) -> None:
    first = arrivals(hub, hub.world, heard, 7)
    assert set(first) == set(range(20))
    assert 20 < len(first) < 40, "some twice"
    assert first != sorted(first), "some late"
    assert arrivals(hub, hub.world, heard, 7) == first
    assert arrivals(hub, hub.world, heard, 8) != first
