"""The demonstration, as somebody on a fresh clone would see it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

PRODGATE = Path(sys.executable).with_name("prodgate")
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.devnull, "PYTHONUNBUFFERED": "1"}


def test_it_shows_a_red_gate_a_fix_commit_and_a_green_gate(tmp_path: Path) -> None:
    done = subprocess.run(
        [str(PRODGATE), "demo"], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.split("──\n")
    assert len(said) == 4, done.stdout
    _, opened, fixed, green = said
    for pack in ("access", "docs", "env", "migrations", "security"):
        assert f"prodgate / {pack}" in opened
    for rule in (
        "access/unguarded-endpoint",
        "env/undeclared-read",
        "migrations/index-not-concurrent",
        "migrations/drop-column",
        "security/semgrep",
        "docs/required-document",
    ):
        assert rule in opened
    assert "✗  prodgate  " in opened
    for line in (
        "+MAIL_KEY=",
        "+CREATE INDEX CONCURRENTLY",
        "dependencies=[Depends(require_user)]",
        "- security/semgrep at web/client.ts:3",
        "- migrations/drop-column at prisma/migrations/3_without_note/migration.sql:1",
    ):
        assert line in fixed
    assert "✓  prodgate  " in green
    assert "/runs/" in green
    assert all(len(line) <= 120 for line in done.stdout.splitlines() if "/runs/" not in line)


def test_keep_leaves_the_page_of_the_run_open_until_it_is_interrupted(tmp_path: Path) -> None:
    log = tmp_path / "said"
    with log.open("wb") as out:
        demo = subprocess.Popen(
            [str(PRODGATE), "demo", "--keep"],
            cwd=tmp_path,
            env=ENVIRONMENT,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + 60
        while "Ctrl-C" not in log.read_text() and time.monotonic() < until:
            time.sleep(0.1)
        address = next(line for line in log.read_text().splitlines() if "/runs/" in line).strip()
        assert "All good" in httpx.get(address, trust_env=False).text
    finally:
        os.killpg(demo.pid, signal.SIGINT)
    assert demo.wait(30) == 0
