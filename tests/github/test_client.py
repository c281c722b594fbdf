"""The bot's side of GitHub's API, against the stand-in: what githubkit does not do by itself, it does."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator

import pytest

from bot.flows.hub import HubError, Place
from bot.github.client import Client, Refused
from bot.github.hub import GitHubHub
from bot.web.webhook import signed
from tests.github.asking import MINT, QUERY, REPO, asked, comment, get
from tests.github.clock import Still
from tests.github.counting import Counting
from tests.github.faults import Fault, slow, unauthorized
from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn
from tests.github.talk import Talk
from tests.github.test_main_job import BASE


async def test_no_request_waits_for_ever(hub: GitHubStandIn, shop: Repository, clock: Still) -> None:
    client = Client(hub.world.app_id, hub.private_key, hub.url, clock=clock, timeout=0.3)
    hub.faults.extend([slow("GET", "/pulls", 2)] * 4)
    with pytest.raises(HubError, match="not reached for GET"):
        await get(client)
    assert len(clock.pauses) == 3


async def test_requests_at_once_mint_one_token(hub: GitHubStandIn, shop: Repository, client: Client) -> None:
    await asyncio.gather(*(get(client) for _ in range(10)))
    assert hub.world.requests.count(MINT) == 1
    await asyncio.gather(*(client.token(77, shop.id) for _ in range(5)))
    assert hub.world.requests.count(MINT) == 2, "one more, narrowed to the repository"


async def test_a_token_is_renewed_before_it_ends(
    hub: GitHubStandIn, shop: Repository, client: Client, clock: Still
) -> None:
    await get(client)
    clock.at += 3600 - 301
    await get(client)
    assert hub.world.requests.count(MINT) == 1
    clock.at += 2
    await get(client)
    assert hub.world.requests.count(MINT) == 2


async def test_two_hosts_share_no_token(hub: GitHubStandIn, shop: Repository, client: Client) -> None:
    with GitHubStandIn() as other:
        other.create_repository("acme/shop", BASE)
        theirs = Client(other.world.app_id, other.private_key, other.url)
        assert await get(client) == await get(theirs) == []
        assert await client.token(77) != await theirs.token(77)
        assert (other.violations, other.world.refusals) == ([], [])


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_read_survives_a_refused_connection_and_a_write_says_so(hub: GitHubStandIn) -> None:
    port = closed_port()
    opened: list[Counting] = []
    clock = Still(lambda: opened.append(Counting(port)))
    client = Client(hub.world.app_id, hub.private_key, f"http://127.0.0.1:{port}", clock=clock)
    with pytest.raises(HubError, match="not reached for POST"):
        await client.app_request("POST", "/app/hook/deliveries/1/attempts")
    assert opened == []
    assert (await client.app_request("GET", "/app")).json() == {}
    assert clock.pauses == [1]
    opened[0].stop()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_token_that_is_no_longer_known_is_replaced(
    hub: GitHubStandIn, shop: Repository, client: Client, method: str
) -> None:
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    path = f"/issues/{number}/comments"
    await get(client)
    hub.faults.extend([unauthorized(method, path)] * 5)
    ask = get(client, path) if method == "GET" else comment(client, number)
    with pytest.raises(Refused, match="401"):
        await ask
    assert hub.world.requests.count(MINT) == 2, "once, not again and again"
    hub.faults[1:] = []
    await (get(client, path) if method == "GET" else comment(client, number))
    assert hub.world.requests.count(MINT) == 3


async def test_many_requests_with_a_bad_token_mint_one_other(
    hub: GitHubStandIn, shop: Repository, client: Client
) -> None:
    await get(client)
    hub.world.secret = "another" * 10
    await asyncio.gather(*(get(client) for _ in range(10)))
    assert hub.world.requests.count(MINT) == 2


async def test_graphql_of_an_enterprise_server_is_beside_rest(
    hub: GitHubStandIn, shop: Repository, clock: Still
) -> None:
    client = Client(hub.world.app_id, hub.private_key, f"{hub.url}/api/v3", clock=clock)
    assert (await client.graphql(77, QUERY, {}))["repository"]["databaseId"] == shop.id
    assert await get(client) == []
    assert ("POST", "/api/graphql") in hub.world.requests
    assert ("GET", f"/api/v3{REPO}/pulls") in hub.world.requests


@pytest.fixture
def counting() -> Iterator[Counting]:
    server = Counting()
    yield server
    server.stop()


async def test_requests_share_one_connection(hub: GitHubStandIn, counting: Counting) -> None:
    client = Client(hub.world.app_id, hub.private_key, counting.url)
    for _ in range(20):
        await client.app_request("GET", "/app")
    assert len(counting.connections) == 1


async def test_nothing_is_answered_from_a_cache(hub: GitHubStandIn, shop: Repository, client: Client) -> None:
    assert await get(client) == []
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"})
    assert [pull["number"] for pull in await get(client)] == [number]
    assert asked(hub, "GET", "/pulls") == 2


async def test_a_client_works_though_nothing_else_holds_its_parts(hub: GitHubStandIn, shop: Repository) -> None:
    client = Client(hub.world.app_id, hub.private_key, hub.url)
    await get(client)
    gc.collect()
    assert await get(client) == []
    assert (await Client(hub.world.app_id, hub.private_key, hub.url).app_request("GET", "/app")).json()["id"] == 4242


async def test_a_path_that_looks_like_the_apps_goes_with_the_installations_token(
    hub: GitHubStandIn, shop: Repository, client: Client
) -> None:
    hub.push(shop, "main", {"docs/installation": "text\n"})
    assert (await get(client, "/contents/docs/installation"))["name"] == "installation"
    assert hub.world.refusals == []


@pytest.mark.parametrize("end", ["2099-01-01T00:00:00Z", "2099-01-01T00:00:00.123Z", "2099-01-01T00:00:00+00:00"])
async def test_the_end_of_a_token_may_have_fractions(
    hub: GitHubStandIn, shop: Repository, client: Client, talk: Talk, end: str
) -> None:
    token = talk.mint().json()["token"]
    hub.faults.append(Fault(*MINT, 201, body={"token": token, "expires_at": end}))
    assert await client.token(77) == token
    assert await get(client) == []


def test_only_sha256_under_a_secret_that_is_not_empty_is_a_signature() -> None:
    sha1 = b"sha1=" + b"a" * 40
    empty = b"sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    assert not signed(b"", sha1, [b"secret"])
    assert not signed(b"", empty, [b""]), "the right signature of nothing under an empty secret"
    assert not signed(b"", "sha256=é".encode("latin-1"), [b"secret"])


async def test_a_body_that_github_refuses_is_a_refusal_and_no_other_error(
    hub: GitHubStandIn, shop: Repository, client: Client
) -> None:
    note = {"path": "x", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
    output = {"title": "t", "summary": "s", "annotations": [note] * 51}
    body = {"name": "prodgate", "head_sha": shop.tip("main"), "output": output}
    with pytest.raises(Refused) as refused:
        await client.request(77, "POST", f"{REPO}/check-runs", json=body)
    assert refused.value.status == 422
    assert len(hub.violations) == 1
    hub.violations.clear()


async def test_payloads_are_read_as_they_come(
    hub: GitHubStandIn, shop: Repository, ours: GitHubHub, place: Place
) -> None:
    fork = hub.fork(shop, "bob")
    number = hub.open_pull(shop, "mail", {"mail.py": "x = 1\n"}, "bob", fork, draft=True)
    head = fork.tip("mail")
    assert (await ours.pull(place, number)).head_full_name == "bob/shop"
    hub.delete_fork(fork)
    pull = await ours.pull(place, number)
    assert (pull.head, pull.head_full_name, pull.fork, pull.draft) == (head, "", True, True)
    shop.permissions["carol"] = "maintain"
    assert [await ours.permission(place, login) for login in ("alice", "carol", "dave")] == ["write", "write", "read"]
    assert await ours.repositories(77) == [place]
