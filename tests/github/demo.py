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

from tests.github.standin import GitHubStandIn

BASE = {
    "README.md": "# Shop\n\n" + "The shop sells things to people who want to have them. " * 8,
    ".env.example": "DATABASE_URL=\n",
    "api/db.py": 'import os\n\nDATABASE_URL = os.environ["DATABASE_URL"]\n',
}
CHANGE = {
    "api/mail.py": 'import os\n\nMAIL_KEY = os.environ["MAIL_KEY"]\nREGION = os.getenv("MAIL_REGION", "eu")\n',
    "migrations/0002_trim.sql": "ALTER TABLE users DROP COLUMN email;\n",
    "web/client.ts": 'import https from "node:https";\n\n'
    "export const agent = new https.Agent({ rejectUnauthorized: false });\n",
}


def main() -> None:
    """Runs the demonstration and exits 0, or says what did not come true and exits 1."""
    with GitHubStandIn() as hub, tempfile.TemporaryDirectory(prefix="prodgate-demo-") as folder:
        bot = start(hub, Path(folder))
        try:
            play(hub)
        except TimeoutError:
            sys.exit("demo: the bot did not answer in time")
        finally:
            bot.terminate()
            bot.wait(30)
        if hub.violations:
            sys.exit(f"demo: GitHub's contract was violated: {hub.violations}")


def start(hub: GitHubStandIn, folder: Path) -> subprocess.Popen[bytes]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = {"PATH": os.environ["PATH"], "HOME": os.devnull, **hub.settings(folder / "data", port)}
    prodgate = Path(sys.executable).with_name("prodgate")
    bot = subprocess.Popen([str(prodgate), "serve"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    print(f"A stand-in for GitHub listens at {hub.url}, prodgate serve at {address}.")

    def ready() -> bool:
        try:
            return httpx.get(f"{address}/readyz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    hub.wait_for(ready)
    hub.connect(address)
    return bot


def play(hub: GitHubStandIn) -> None:
    shop = hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = hub.open_pull(shop, "mail", CHANGE)
    print(f"\nalice opens pull request #{number} in acme/shop with {len(CHANGE)} files.\n")
    hub.wait_for(lambda: hub.checks(shop, number).get("prodgate"))
    show(hub.checks(shop, number))

    print("alice comments: /fix\n")
    before = shop.tip("mail")
    comment = hub.say(shop, number, "/fix", "alice")
    hub.wait_for(lambda: (comment, "rocket") in shop.reactions)
    print(shop.git("show", "--stat", "--patch", "--format=commit %h%n%n%B", "mail").decode())
    print("prodgate replies:\n" + "\n".join(f"  {line}" for line in shop.comments[-1]["body"].splitlines()[:-2]))

    print("\nalice verifies certificates again and keeps the column.\n")
    fixed = CHANGE["web/client.ts"].replace("rejectUnauthorized: false", "rejectUnauthorized: true")
    hub.push(shop, "mail", {"web/client.ts": fixed, "migrations/0002_trim.sql": None})
    hub.wait_for(lambda: shop.tip("mail") != before and hub.checks(shop, number).get("prodgate"))
    show(hub.checks(shop, number))
    hub.wait_for(lambda: hub.mergeable(shop, number))
    print("The gate lets it merge.")


def show(checks: dict[str, dict[str, Any]]) -> None:
    for name in sorted(checks):
        check = checks[name]
        print(f"  {check['conclusion']:8} {name}: {check['output']['title']}")
    for note in checks["prodgate"]["annotations"]:
        print(
            f"    {note['path']}:{note['start_line']}: {note['annotation_level']}: {note['message']} [{note['title']}]"
        )
    print()


if __name__ == "__main__":
    main()
