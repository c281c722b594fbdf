"""What happens while a run is under way: the head goes, the fork goes, the worker is stopped, frozen or killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine import ATTEMPTS, FROZEN
from bot.git.mirror import PAUSES
from tests.github.faults import Fault, before, broken, dropped, limited, slow
from tests.github.repository import Repository
from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import BASE, BROKEN, RunningBot, gate
from tests.github.test_main_job_on_postgres import Fleet
from tests.runtime.conftest import logged
from tests.runtime.test_events import GOOD, gates

FETCH = ("POST", "/git-upload-pack")


def posted_once(repository: Repository) -> bool:
    """Whether no check run is there twice, and none is left in progress."""
    names = [(check["name"], check["head_sha"]) for check in repository.checks]
    return len(names) == len(set(names)) and all(check["status"] == "completed" for check in repository.checks)


def forget(repository: Repository) -> None:
    """What no ref names any more is gone, as GitHub's own clean-up does in time."""
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "-q", "--prune=now")


def test_a_head_that_moved_on_while_it_could_not_be_fetched_is_superseded(
    hub: GitHubStandIn, settled: RunningBot
) -> None:
    shop = hub.create_repository("acme/shop", BASE)

    def replace() -> None:
        hub.faults.append(dropped("pull_request"))
        hub.force_push(shop, "mail", {**BROKEN, ".env.example": "A=\nMAIL_KEY=\n"})

    hub.faults.extend([Fault(*FETCH, status=502, meanwhile=replace), *[broken(*FETCH)] * len(PAUSES)])
    number = hub.open_pull(shop, "mail", BROKEN)
    older = shop.tip("mail")
    superseded = hub.wait_for(lambda: gates(shop, older))[0]
    assert (superseded["conclusion"], superseded["output"]["title"]) == ("cancelled", "Superseded")
    hub.send("push", shop, ref="refs/heads/main")
    assert gate(hub, shop, number)["conclusion"] in GOOD


def test_a_fetch_that_fails_for_a_moment_leaves_no_mark_on_the_gate(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.extend([broken(*FETCH), broken(*FETCH, status=503)])
    number = hub.open_pull(shop, "calm", {"calm.py": "x = 1\n"})
    assert gate(hub, shop, number)["conclusion"] in GOOD
    assert hub.faults == []
    assert posted_once(shop)


def test_a_limit_that_lasts_leaves_the_gate_open_and_others_go_on(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop, other = (hub.create_repository(name, BASE) for name in ("acme/shop", "other/shop"))
    hub.faults.append(limited("GET", "/repos/acme/.github", retry_after=3000))
    hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: logged(settled, "job put back", "check"))
    number = hub.open_pull(other, "mail", BROKEN)
    assert gate(hub, other, number)["conclusion"] == "failure"
    assert [(check["name"], check["status"]) for check in shop.checks] == [("prodgate", "in_progress")]
    assert not logged(settled, "job given up", "check")


def test_a_head_that_is_gone_from_github_is_judged_no_more(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)

    def replace() -> None:
        hub.faults.append(dropped("pull_request"))
        hub.force_push(shop, "mail", {**BROKEN, ".env.example": "A=\nMAIL_KEY=\n"})
        forget(shop)

    hub.faults.append(before(*FETCH, replace))
    number = hub.open_pull(shop, "mail", BROKEN)
    assert gate(hub, shop, number)["conclusion"] in GOOD, "tried again, the run is of the new head"


def test_a_force_push_ends_the_judging_of_what_it_replaced(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(slow(*FETCH, seconds=8))
    number = hub.open_pull(shop, "mail", BROKEN)
    older = shop.tip("mail")
    hub.wait_for(lambda: hub.faults == [])
    hub.force_push(shop, "mail", {**BROKEN, ".env.example": "A=\nMAIL_KEY=\n"})
    assert hub.wait_for(lambda: gates(shop, older))[0]["conclusion"] == "cancelled"
    assert gate(hub, shop, number)["conclusion"] in GOOD
    assert posted_once(shop)


def test_a_head_branch_that_is_deleted_ends_the_work(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(slow(*FETCH, seconds=8))
    hub.open_pull(shop, "mail", BROKEN)
    older = shop.tip("mail")
    hub.wait_for(lambda: hub.faults == [])
    hub.delete_branch(shop, "mail")
    assert hub.wait_for(lambda: gates(shop, older))[0]["conclusion"] == "cancelled"
    assert posted_once(shop)


def test_a_fork_that_is_deleted_in_mid_run_is_judged_from_the_repository_itself(
    hub: GitHubStandIn, settled: RunningBot
) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    fork = hub.fork(shop, "bob")
    hub.faults.append(before(*FETCH, lambda: hub.delete_fork(fork)))
    number = hub.open_pull(shop, "mail", BROKEN, author="bob", source=fork)
    assert gate(hub, shop, number)["conclusion"] == "failure"
    assert posted_once(shop)


def test_a_base_that_is_gone_in_mid_run_is_left_for_the_one_that_is_there(
    hub: GitHubStandIn, settled: RunningBot
) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    start = shop.commit("release", {"notes.txt": "x\n"}, "Release", shop.tip("main"))

    def advance() -> None:
        shop.commit("release", {"notes.txt": "y\n"}, "Advance", start)

    def withdraw() -> None:
        shop.git("update-ref", "refs/heads/release", start)
        forget(shop)

    hub.faults.extend([before("GET", "/pulls/", advance), before(*FETCH, withdraw)])
    number = hub.open_pull(shop, "calm", {"calm.py": "x = 1\n"}, base="release")
    assert gate(hub, shop, number)["conclusion"] in GOOD
    assert posted_once(shop)
    assert len(gates(shop, shop.tip("calm"))) == 1


def test_a_base_that_moves_whenever_it_is_looked_at_is_no_pass_and_is_followed_no_further(
    hub: GitHubStandIn, settled: RunningBot
) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    shop.commit("release", {"notes.txt": "x\n"}, "Release", shop.tip("main"))

    def advance() -> None:
        shop.commit("release", {"notes.txt": f"{shop.tip('release')}\n"}, "Advance", shop.tip("release"))

    hub.faults.extend([Fault(*FETCH, status=404, meanwhile=advance)] * 20)
    number = hub.open_pull(shop, "calm", {"calm.py": "x = 1\n"}, base="release")
    ended = gate(hub, shop, number)
    assert (ended["conclusion"], ended["output"]["title"]) == ("failure", "Could not look")
    assert hub.faults, "it would have been followed until it could be looked at"
    assert posted_once(shop)


def test_a_worker_that_is_told_to_stop_hands_its_work_to_the_next(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(slow(*FETCH, seconds=40))
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: hub.faults == [])
    settled.stop()
    assert gates(shop, shop.tip("mail")) == [], "the run is not over"
    settled.start(hub)
    assert gate(hub, shop, number)["conclusion"] == "failure"
    hub.wait_for(lambda: posted_once(shop))
    runs = {line["run"] for line in logged(settled, "job begins", "check")}
    assert len(runs) == 1, "the same run goes on"


def test_a_worker_that_is_told_to_stop_lets_a_short_job_end(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(slow(*FETCH, seconds=2))
    hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: hub.faults == [])
    settled.stop()
    assert gates(shop, shop.tip("mail"))[0]["conclusion"] == "failure"
    assert posted_once(shop)


def test_a_worker_that_stands_still_for_a_while_goes_on(hub: GitHubStandIn, settled: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(slow(*FETCH, seconds=1))
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: hub.faults == [])
    settled.process.send_signal(signal.SIGSTOP)
    hub.wait_for(lambda: _state(settled.process.pid) == "T")
    settled.process.send_signal(signal.SIGCONT)
    assert gate(hub, shop, number)["conclusion"] == "failure"
    hub.wait_for(lambda: posted_once(shop))


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_job_that_kills_its_worker_each_time_is_given_up_with_a_failed_gate(
    hub: GitHubStandIn, settled: RunningBot
) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    for turn in range(ATTEMPTS + 1):
        hub.faults.append(slow(*FETCH, seconds=30))
        if turn == 0:
            number = hub.open_pull(shop, "mail", BROKEN)
        else:
            settled.start(hub)
        hub.wait_for(lambda: hub.faults == [])
        settled.kill()
    settled.start(hub)
    ended = gate(hub, shop, number)
    assert (ended["conclusion"], ended["output"]["title"]) == ("failure", "Could not look")
    assert "given up" in ended["output"]["summary"]
    hub.wait_for(lambda: posted_once(shop))
    other = hub.open_pull(shop, "calm", {"calm.py": "x = 1\n"})
    assert gate(hub, shop, other)["conclusion"] in GOOD, "the next job is done"


@pytest.fixture
def fleet(hub: GitHubStandIn, tmp_path: Path, postgres_url: str) -> Iterator[Fleet]:
    running = Fleet(hub, tmp_path, postgres_url)
    yield running
    running.stop()


def test_a_frozen_worker_is_taken_over_from_and_ends_itself_when_it_wakes(hub: GitHubStandIn, fleet: Fleet) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(slow(*FETCH, seconds=3))
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: hub.faults == [])
    frozen = next(process for process in fleet.processes[1:] if _fetches(process.pid))
    frozen.send_signal(signal.SIGSTOP)
    assert gates(shop, shop.tip("mail")) == []
    assert gate(hub, shop, number)["conclusion"] == "failure"
    frozen.send_signal(signal.SIGCONT)
    assert frozen.wait(30) == FROZEN
    hub.wait_for(lambda: posted_once(shop))
    assert len(gates(shop, shop.tip("mail"))) == 1


def test_what_a_stopping_worker_of_several_leaves_another_has_at_once(hub: GitHubStandIn, fleet: Fleet) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    hub.faults.append(slow(*FETCH, seconds=60))
    number = hub.open_pull(shop, "mail", BROKEN)
    hub.wait_for(lambda: hub.faults == [])
    leaving = next(process for process in fleet.processes[1:] if _fetches(process.pid))
    leaving.terminate()
    leaving.wait(30)
    assert gate(hub, shop, number)["conclusion"] == "failure"
    hub.wait_for(lambda: posted_once(shop))


def _fetches(pid: int) -> bool:
    """Whether a process has git fetch among its children."""
    found: list[Any] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            try:
                found.append(Path(f"/proc/{child}/cmdline").read_bytes())
            except OSError:
                continue
    return any(b"fetch" in words for words in found)
