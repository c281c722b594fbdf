from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.github.demo import Demo
from tests.github.standin import GitHubStandIn

QUIET = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync")  # fmt: skip


def launch(playwright: Playwright) -> Browser:
    """The machine's own Chromium or Chrome; fails without one."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "neither chromium nor google-chrome is installed"
    alone = ("--no-sandbox",) if os.geteuid() == 0 else ()
    return playwright.chromium.launch(executable_path=found, args=[*QUIET, *alone])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The real bot beside the stand-in for GitHub."""
    with GitHubStandIn() as hub, tempfile.TemporaryDirectory(prefix="prodgate-browser-") as folder:
        made = Demo(hub, Path(folder))
        try:
            made.start()
            yield made
        finally:
            made.stop()
        assert hub.violations == []
