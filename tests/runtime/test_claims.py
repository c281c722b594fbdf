"""Open pull requests that take the same place in a history of migrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import RunningBot, gate

NUMBERED = {"db/migrations/1_start.sql": "CREATE TABLE t (a int);\n"}
REVISION = "revision = {!r}\ndown_revision = {!r}\n\n\ndef upgrade():\n    pass\n"
GRAPH = {"alembic/env.py": "", "alembic/versions/a.py": REVISION.format("a", None)}

ORDERS: dict[str, tuple[Mapping[str, str], Mapping[str, str], Mapping[str, str], Mapping[str, str]]] = {
    "numbers": (
        NUMBERED,
        {"db/migrations/2_one.sql": "CREATE TABLE one (a int);\n"},
        {"db/migrations/2_two.sql": "CREATE TABLE two (a int);\n"},
        {"db/migrations/2_two.sql": None, "db/migrations/3_two.sql": "CREATE TABLE two (a int);\n"},  # type: ignore[dict-item]
    ),
    "a graph": (
        GRAPH,
        {"alembic/versions/b.py": REVISION.format("b", "a")},
        {"alembic/versions/c.py": REVISION.format("c", "a")},
        {"alembic/versions/c.py": REVISION.format("c", "b")},
    ),
}


def told(hub: GitHubStandIn, shop: Repository, number: int) -> list[str]:
    """What the finished gate of a pull request says of others."""
    check: dict[str, Any] = gate(hub, shop, number)
    return [note["message"] for note in check["annotations"] if "place-taken" in note["title"]]


@pytest.mark.parametrize("order", ORDERS)
def test_both_are_told_of_each_other_until_one_moves(order: str, hub: GitHubStandIn, bot: RunningBot) -> None:
    base, first, second, moved = ORDERS[order]
    shop = hub.create_repository("acme/shop", base)
    one = hub.open_pull(shop, "one", first)
    assert told(hub, shop, one) == []
    two = hub.open_pull(shop, "two", second)
    hub.wait_for(lambda: told(hub, shop, two) and told(hub, shop, one))
    assert f"#{two}" in told(hub, shop, one)[0]
    assert f"#{one}" in told(hub, shop, two)[0]
    hub.push(shop, "two", moved)
    hub.wait_for(lambda: not told(hub, shop, one))
    assert told(hub, shop, two) == []


def test_closing_one_frees_the_other(hub: GitHubStandIn, bot: RunningBot) -> None:
    base, first, second, _ = ORDERS["numbers"]
    shop = hub.create_repository("acme/shop", base)
    one, two = hub.open_pull(shop, "one", first), hub.open_pull(shop, "two", second)
    hub.wait_for(lambda: told(hub, shop, two) and told(hub, shop, one))
    hub.close(shop, one)
    hub.wait_for(lambda: not told(hub, shop, two))


def test_those_that_add_migrations_are_judged_again_when_the_base_moves(hub: GitHubStandIn, bot: RunningBot) -> None:
    base, first, second, _ = ORDERS["a graph"]
    shop = hub.create_repository("acme/shop", base)
    one = hub.open_pull(shop, "one", first)
    two = hub.open_pull(shop, "two", second)
    plain = hub.open_pull(shop, "plain", {"notes.txt": "A word.\n"})
    hub.wait_for(lambda: told(hub, shop, two) and told(hub, shop, one))
    before = gate(hub, shop, plain)["external_id"]
    hub.merge(shop, one)
    check = hub.wait_for(lambda: _branched(gate(hub, shop, two)))
    assert check["conclusion"] == "failure"
    assert gate(hub, shop, plain)["external_id"] == before


def _branched(check: dict[str, Any]) -> dict[str, Any] | None:
    return check if any("both the newest" in note["message"] for note in check["annotations"]) else None
