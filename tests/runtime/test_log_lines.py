"""What the running bot says while it judges."""

from __future__ import annotations

from tests.github.faults import broken
from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import BASE, BROKEN, RunningBot, gate
from tests.runtime.conftest import lines, logged


def test_every_line_of_a_job_names_delivery_repository_pull_request_and_run(
    hub: GitHubStandIn, bot: RunningBot
) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    number = hub.open_pull(shop, "mail", BROKEN)
    gate(hub, shop, number)
    hub.wait_for(lambda: logged(bot, "job done", "check"))
    delivered = next(guid for event, guid, _ in hub.deliveries if event == "pull_request")
    of_the_job = [line for line in lines(bot) if line.get("job") == "check" and "run" in line]
    assert {"job begins", "job done"} <= {line["event"] for line in of_the_job}
    assert {(line["delivery"], line["repository"], line["pull"], line["job"]) for line in of_the_job} == {
        (delivered, "acme/shop", number, "check")
    }
    assert len({line["run"] for line in of_the_job}) == 1
    taken = next(line for line in lines(bot) if line["event"] == "delivery taken")
    assert (taken["delivery"], taken["repository"], taken["pull"]) == (delivered, "acme/shop", number)


def test_a_job_that_fails_tells_why_and_no_secret(hub: GitHubStandIn, settled: RunningBot) -> None:
    bot, shop = settled, hub.create_repository("acme/shop", BASE)
    hub.faults.extend([broken("GET", "/pulls/", 500)] * 8)
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: logged(bot, "job failed", "check"))
    failed = logged(bot, "job failed", "check")[0]
    assert "GitHub answered 500" in failed["exception"]
    assert (failed["repository"], failed["level"]) == ("acme/shop", "error")
    told = bot.log.read_text()
    assert not any(secret in told for secret in (hub.webhook_secret, "PRIVATE KEY", "ghs_", "newnew", "oldold"))
    assert gate(hub, shop, number)["conclusion"] == "failure", "a failed step is tried again"
