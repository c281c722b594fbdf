"""Hostile pull requests through the whole App: a clear outcome, nothing that GitHub refuses, nothing obeyed."""

from __future__ import annotations

import os
from pathlib import Path

from tests.github.repository import Special
from tests.github.standin import GitHubStandIn
from tests.github.test_main_job import BASE, BROKEN, RunningBot, gate
from tests.runtime.conftest import lines

READ = "import os\nos.environ[{!r}]\n"


def test_what_cannot_be_read_is_named_and_the_gate_fails(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    files = {
        "nul.py": "import os\n'\0'\n",
        "latin.py": Special("100644", "x = 'é'\n".encode("latin-1")),
        "large.py": "x = 1\n" * 900_000,
        "picture.png": Special("100644", os.urandom(50_000)),
    }
    run = gate(hub, shop, hub.open_pull(shop, "mail", files))
    assert (run["conclusion"], run["output"]["title"]) == ("failure", "Could not look everywhere")
    for path in ("nul.py", "latin.py", "large.py"):
        assert path in run["output"]["summary"]
    assert "picture.png" not in run["output"]["summary"]


def test_names_titles_and_links_are_text_and_nothing_more(hub: GitHubStandIn, bot: RunningBot, tmp_path: Path) -> None:
    shop = hub.create_repository("acme/shop", BASE)
    ran = tmp_path / "ran"
    names = (f"$(touch {ran.name}).py", "a\nb.py", "`x`@acme ![i](https:..x).py", "-rf.py", "<b>.py")
    files = {name: READ.format(f"NAME{n}") for n, name in enumerate(names)}
    evil = f"open({str(ran)!r}, 'w')\n"
    mine = {"bot/__init__.py": evil, "rules/__init__.py": evil, "sitecustomize.py": evil, "conftest.py": evil}
    links = {"passwd.py": Special("120000", b"/etc/passwd"), "module": Special("160000", b"1" * 40)}
    title = f"`touch {ran}` <script>alert(1)</script> @acme/everybody"
    number = hub.open_pull(shop, "a;touch${IFS}ran", {**files, **mine, **links}, title=title)
    run = gate(hub, shop, number)
    assert run["conclusion"] == "failure"
    assert {a["path"] for a in run["annotations"] if "env/" in a["title"]} >= set(names)
    text = run["output"]["summary"] + (run["output"].get("text") or "")
    assert "root:x:" not in text
    assert not ran.exists()
    assert [line for line in lines(bot) if line["level"] == "error"] == []


def test_an_empty_change_passes(hub: GitHubStandIn, bot: RunningBot) -> None:
    shop = hub.create_repository("acme/shop", {**BASE, **BROKEN})
    run = gate(hub, shop, hub.open_pull(shop, "mail", {}))
    assert run["conclusion"] in ("success", "neutral")
    assert run["annotations"] == []
