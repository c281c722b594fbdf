"""What was posted is found again by a mark of its own, never by part of another's."""

from __future__ import annotations

from bot.flows.hub import Place
from bot.github.hub import GitHubHub
from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn


async def test_a_reply_is_updated_by_its_own_mark_alone(
    hub: GitHubStandIn, ours: GitHubHub, place: Place, shop: Repository
) -> None:
    number = hub.open_pull(shop, "mail", {"x.py": "x = 1\n"})
    await ours.reply(place, number, "prodgate-fix-123", "one")
    await ours.reply(place, number, "prodgate-fix-12", "two")
    await ours.reply(place, number, "prodgate-fix-12", "two, again")
    said = [comment["body"].partition("\n")[0] for comment in shop.comments if "prodgate-fix" in comment["body"]]
    assert said == ["one", "two, again"]
