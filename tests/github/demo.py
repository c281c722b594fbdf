"""What `make demo` shows: the real bot, a pull request with a problem per pack, `/fix`, and the gate turning green."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from tests.github.sample import BASE, BY_HAND, CHANGE
from tests.github.standin import GitHubStandIn
from tests.github.world import Repository

MARKS = {"success": ("✓", "green"), "neutral": ("●", "yellow"), "failure": ("✗", "red")}
LEVELS = {"failure": "red", "warning": "yellow", "notice": "cyan"}
DIFF = {"+": "green", "-": "red"}
WIDTH = 100


class Failed(Exception):
    """The demonstration did not come true; the message says what."""


def main(keep: bool) -> None:
    """Runs the demonstration and exits 0, or says what did not come true and exits 1."""
    with GitHubStandIn() as hub, tempfile.TemporaryDirectory(prefix="prodgate-demo-") as folder:
        demo = Demo(hub, Path(folder))
        try:
            demo.start()
            demo.play()
            if keep:
                demo.keep()
        except (Failed, TimeoutError) as problem:
            last = "".join(demo.log.read_text("utf-8", "replace").splitlines(keepends=True)[-10:])
            sys.exit(f"demo: {problem}\n{last}")
        except KeyboardInterrupt:
            pass
        finally:
            demo.stop()


class Demo:
    """A bot registered at the stand-in, and what is said of both."""

    def __init__(self, hub: GitHubStandIn, folder: Path) -> None:
        self.out = Console(highlight=False, emoji=False)
        self.out.width = min(self.out.width, WIDTH) if self.out.is_terminal else WIDTH
        self.hub = hub
        self.log = folder / "prodgate.log"
        self.address = f"http://127.0.0.1:{_free_port()}"
        self.signing_key = os.urandom(32).hex()
        self._data = folder / "data"
        self._bot: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        port = int(self.address.rpartition(":")[2])
        env = {
            "PATH": os.environ["PATH"],
            "HOME": os.devnull,
            **self.hub.settings(self._data, port),
            "PRODGATE_PUBLIC_URL": self.address,
            "PRODGATE_SECRET_KEY": self.signing_key,
        }
        prodgate = Path(sys.executable).with_name("prodgate")
        with self.log.open("wb") as log:
            self._bot = subprocess.Popen([str(prodgate), "serve"], env=env, stdout=log, stderr=log)
        self.hub.wait_for(self._ready)
        self.hub.connect(self.address)
        self.out.print(f"[dim]GitHub[/]    {self.hub.url}  [dim]a stand-in on this machine[/]")
        self.out.print(f"[dim]Prodgate[/]  {self.address}  [dim]prodgate serve, the real thing[/]")

    def _ready(self) -> bool:
        if self._bot is None or self._bot.poll() is not None:
            raise Failed("prodgate serve ended at once")
        try:
            return httpx.get(f"{self.address}/readyz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        if self._bot is not None:
            self._bot.terminate()
            self._bot.wait(30)

    def play(self) -> None:
        shop = self.hub.create_repository("acme/shop", BASE, writers=("alice",))
        number = self.hub.open_pull(shop, "mail", CHANGE)
        self._title(f"alice opens pull request #{number} in acme/shop: {len(CHANGE)} files")
        self._judged(shop, number, "failure")

        self._title("alice comments: /fix")
        before = shop.tip("mail")
        comment = self.hub.say(shop, number, "/fix", "alice")
        self.hub.wait_for(lambda: (comment, "rocket") in shop.reactions)
        if shop.tip("mail") == before:
            raise Failed("/fix made no commit")
        self._commit(shop)

        self._title("alice does the rest by hand: verifies certificates, keeps the column, writes the runbook")
        self.hub.push(shop, "mail", BY_HAND)
        gate = self._judged(shop, number, "success")
        self.hub.wait_for(lambda: self.hub.mergeable(shop, number))
        if self.hub.violations:
            raise Failed(f"GitHub's contract was violated: {self.hub.violations}")
        self.out.print(f"\n[bold green]The gate is green: pull request #{number} may be merged.[/]")
        self.out.print("The page of this run, open while everything runs (--keep):")
        self.out.print(Text(gate["details_url"], "dim"), soft_wrap=True)

    def keep(self) -> None:
        self.out.print("\nEverything keeps running; Ctrl-C ends it.")
        if self._bot is not None:
            self._bot.wait()

    def _title(self, text: str) -> None:
        self.out.print()
        self.out.print(Rule(Text(text, "bold"), align="left", style="dim"))

    def _judged(self, shop: Repository, number: int, wanted: str) -> dict[str, Any]:
        """Shows the check runs of the head as they land, the gate last, and then its annotations."""
        shown: set[str] = set()

        def landed() -> dict[str, Any] | None:
            checks = self.hub.checks(shop, number)
            for name in sorted(checks, key=lambda name: (name == "prodgate", name)):
                if name not in shown and (name != "prodgate" or shown >= {*checks} - {"prodgate"}):
                    shown.add(name)
                    self._check(checks[name])
            return checks["prodgate"] if "prodgate" in shown else None

        gate: dict[str, Any] = self.hub.wait_for(landed)
        self._annotations(gate["annotations"])
        if gate["conclusion"] != wanted:
            raise Failed(f"the gate says {gate['conclusion']}, not {wanted}")
        return gate

    def _check(self, check: dict[str, Any]) -> None:
        mark, colour = MARKS[check["conclusion"]]
        title = check["output"]["title"]
        bold = "bold" if check["name"] == "prodgate" else ""
        line = Text.assemble("  ", (mark, colour), "  ", (f"{check['name']:22}", bold), "  ", (title, bold))
        self.out.print(line)

    def _annotations(self, notes: list[dict[str, Any]]) -> None:
        for note in notes:
            place = f"{note['path']}:{note['start_line']}"
            self.out.print()
            self.out.print(
                Text.assemble("  ", (place, LEVELS[note["annotation_level"]]), ("  " + note["title"], "dim"))
            )
            self.out.print(Text(f"    {note['message']}"))

    def _commit(self, shop: Repository) -> None:
        oid, title = shop.git("show", "--no-patch", "--format=%h%n%s", "mail").decode().splitlines()
        said = Text.assemble(("  commit ", "dim"), (oid, "yellow"), "  ", (title, "bold"))
        self.out.print(said.append("  made through the API, so GitHub signs it", "dim"))
        for line in shop.git("show", "--unified=0", "--format=", "mail").decode().splitlines():
            if line.startswith("+++ "):
                self.out.print(Text(f"\n  {line[6:]}", "bold"))
            elif line[0] in DIFF and not line.startswith("--- "):
                self.out.print(Text(f"    {line}", DIFF[line[0]]))
        left = shop.comments[-1]["body"].partition("Not fixed:")[2].partition("<!--")[0]
        self.out.print("\n  and replies what it left alone:")
        for line in filter(None, left.splitlines()):
            self.out.print(Text(f"  {line.replace('`', '')}", "dim"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
