"""The stand-in and the bot against all that GitHub publishes: whole descriptions, its own examples of webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from bot.github.commits import MUTATION
from bot.jobs import jobs_for
from tests.github.contract.description import FACTS, Description
from tests.github.contract.extract import extracted
from tests.github.contract.packages import EXAMPLES, GRAPHQL, OPENAPI, NpmFailed, installed
from tests.github.graphql import SDL
from tests.github.standin import GitHubStandIn
from tests.github.talk import Talk
from tests.github.test_main_job import BASE, BROKEN, RunningBot, gate
from tests.github.test_standin_answers import conversation
from tests.github.world import MANIFEST

pytestmark = [pytest.mark.contract, pytest.mark.timeout(900)]

EXAMPLES_VERSION = "7.6.1"
UNASKED = ("installation", "installation_repositories", "ping")
Example = tuple[str, dict[str, Any]]


@pytest.fixture(scope="session")
def modules() -> Path:
    graphql = SDL.read_text().split()[2]
    return installed({OPENAPI: Description.read().version, GRAPHQL: graphql, EXAMPLES: EXAMPLES_VERSION})


def newest(folder: Path, pattern: str) -> Path:
    """The file or folder of the newest Enterprise Server."""
    return max(folder.glob(pattern), key=lambda path: [int(n) for n in path.stem[5:].split(".") if n.isdigit()])


@pytest.fixture(scope="session", params=["api.github.com", "ghes"])
def whole(request: pytest.FixtureRequest, modules: Path) -> Description:
    folder = modules / OPENAPI / "generated"
    named = {"api.github.com": folder / "api.github.com.json", "ghes": newest(folder, "ghes-?.??.json")}
    return Description.read(named[request.param])


@pytest.fixture
def held(hub: GitHubStandIn, whole: Description) -> GitHubStandIn:
    """A stand-in that is held to a whole description."""
    hub.server.description = whole
    return hub


def test_every_operation_is_answered_as_the_whole_description_says(held: GitHubStandIn) -> None:
    shop = held.create_repository("acme/shop", BASE, writers=("alice",))
    talk = Talk(held)
    for method, path, given in conversation(talk, shop, held.open_pull(shop, "mail", {"mail.py": "x = 1\n"})):
        alone = path.startswith("/app") or path.endswith("/installation")
        (talk.as_app if alone else talk)(method, path, **given)


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_the_main_job_keeps_to_the_whole_description(held: GitHubStandIn, tmp_path: Path, prefix: str) -> None:
    bot = RunningBot(held, tmp_path / "data", PRODGATE_GITHUB_API_URL=f"{held.url}{prefix}")
    held.connect(bot.url)
    shop = held.create_repository("acme/shop", BASE, writers=("alice",))
    number = held.open_pull(shop, "mail", BROKEN)
    assert gate(held, shop, number)["conclusion"] == "failure"
    comment = held.say(shop, number, "/fix", "alice")
    held.wait_for(lambda: (comment, "rocket") in shop.reactions)
    assert gate(held, shop, number)["conclusion"] in ("success", "neutral")
    bot.stop()
    assert any(path.startswith(f"{prefix}/repos/") for _, path in held.world.requests)


def test_the_extract_is_what_the_packages_say(modules: Path) -> None:
    rest, sdl = extracted(modules)
    assert rest == FACTS.read_text(), "run: make github-facts"
    assert sdl == SDL.read_text(), "run: make github-facts"


def test_the_extract_holds_facts_and_no_prose() -> None:
    assert len(FACTS.read_bytes()) < 400_000
    prose = {"description", "summary", "example", "examples", "externalDocs"}
    assert [key for key in words(json.loads(FACTS.read_text())) if key in prose or key.startswith("x-")] == []
    assert '"""' not in SDL.read_text()


def words(node: Any, *, names: bool = False) -> Iterator[str]:
    """The keys of a description that are not names of fields, paths or schemas."""
    if isinstance(node, list):
        for item in node:
            yield from words(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if not names:
                yield key
            yield from words(value, names=not names and key in ("properties", "schemas", "paths"))


def test_our_graphql_is_good_under_the_whole_schema(modules: Path) -> None:
    schema = build_schema((modules / GRAPHQL / "schema.graphql").read_text(), assume_valid=True, assume_valid_sdl=True)
    assert validate(schema, parse(MUTATION)) == []
    assert validate(schema, parse(MUTATION.replace("oid", "sha"))) != []


def test_an_absent_npm_and_an_unknown_version_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NpmFailed, match=r"could not install @octokit/openapi@0\.0\.0-none"):
        installed({OPENAPI: "0.0.0-none"}, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NpmFailed, match="npm is not installed"):
        installed({OPENAPI: "0.0.0-none"}, tmp_path)


@pytest.fixture(scope="session")
def examples(modules: Path) -> list[Example]:
    """Every published payload of an event that the App hears, of github.com and of the newest Enterprise Server.

    They are those of an App's installation here, as ours always are.
    """
    folder = modules / EXAMPLES
    found: list[Example] = []
    for index in (folder / "api.github.com", newest(folder, "ghes-??")):
        for event in json.loads((index / "index.json").read_text()):
            if event["name"] in {*MANIFEST["default_events"], *UNASKED}:
                found += [(event["name"], {"installation": {"id": 3}, **example}) for example in event["examples"]]
    return found


KINDS: dict[tuple[str, str], str] = {
    ("pull_request", "opened"): "check",
    ("pull_request", "synchronize"): "check",
    ("pull_request", "reopened"): "check",
    ("pull_request", "ready_for_review"): "check",
    ("pull_request", "closed"): "close",
    ("check_run", "rerequested"): "check",
    ("check_suite", "rerequested"): "check",
    ("merge_group", "checks_requested"): "group",
}


def expected(event: str, payload: dict[str, Any]) -> set[str]:
    """The kinds of jobs that an example asks for. None of them comments on a pull request or presses our buttons."""
    if event.startswith("installation"):
        return set() if payload["action"] in ("deleted", "suspend", "removed") else {"sweep"}
    if event == "push":
        branch = payload["repository"]["default_branch"]
        return {"sweep"} if payload["ref"] == f"refs/heads/{branch}" else set()
    if payload.get("action") == "requested_action":
        return {"check"} if payload["check_run"]["pull_requests"] else set()
    kind = KINDS.get((event, payload.get("action", "")))
    return {kind} if kind else set()


def app_of(payload: dict[str, Any]) -> int:
    run = payload.get("check_run") or payload.get("check_suite") or {}
    return int((run.get("app") or {}).get("id", 1))


def test_every_published_payload_is_understood(examples: list[Example]) -> None:
    wrong = []
    for event, payload in examples:
        kinds = {job.kind for job in jobs_for(event, payload, app_of(payload))}
        if kinds != expected(event, payload):
            wrong.append((event, payload.get("action"), kinds))
    assert wrong == []
    assert len(examples) > 80
    assert {event for event, _ in examples} == {*MANIFEST["default_events"], *UNASKED}


def variants(examples: list[Example], event: str, action: str) -> list[dict[str, Any]]:
    return [json.loads(json.dumps(p)) for name, p in examples if (name, p.get("action")) == (event, action)]


def from_fork(payload: dict[str, Any]) -> dict[str, Any]:
    payload["pull_request"]["head"]["repo"] |= {"id": 99, "fork": True, "full_name": "bob/shop"}
    return payload


def from_gone_fork(payload: dict[str, Any]) -> dict[str, Any]:
    payload["pull_request"]["head"] |= {"repo": None, "user": None}
    return payload


@pytest.mark.parametrize("changed", [from_fork, from_gone_fork])
def test_a_published_payload_of_a_fork_is_understood(
    examples: list[Example], changed: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    payloads = [changed(payload) for payload in variants(examples, "pull_request", "opened")]
    assert len(payloads) >= 4
    for payload in payloads:
        (job,) = jobs_for("pull_request", payload, 1)
        assert (job.kind, job.repository, job.head) == (
            "check",
            payload["repository"]["id"],
            payload["pull_request"]["head"]["sha"],
        )


def test_a_published_comment_on_a_pull_request_is_understood(examples: list[Example]) -> None:
    payloads = variants(examples, "issue_comment", "created")
    assert len(payloads) >= 5
    for payload in payloads:
        payload["issue"]["pull_request"] = {"url": "https://host.example/pulls/1"}
        payload["comment"] |= {"body": "/fix env", "user": {"login": "alice", "type": "User"}}
        (job,) = jobs_for("issue_comment", payload, 1)
        assert (job.kind, job.pull, job.words) == ("repair", payload["issue"]["number"], "env")


def test_a_published_suite_of_a_fork_names_no_pull_request(examples: list[Example]) -> None:
    for payload in variants(examples, "check_suite", "rerequested"):
        payload["check_suite"] |= {"pull_requests": [], "head_branch": None}
        (job,) = jobs_for("check_suite", payload, app_of(payload))
        assert (job.kind, job.pull, job.head) == ("check", 0, payload["check_suite"]["head_sha"])
